"""Looking at a file tells the secrets in it, and what was not looked into."""

import gzip
import io
import random
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlumod.secrets import ceilings
from qlumod.secrets.binary.noise import is_random
from qlumod.secrets.found import Found, Unread
from qlumod.secrets.look import look
from tests.secrets.harmless import harmless
from tests.secrets.harmless_again import gvdb, harmless_again
from tests.secrets.held_out import held_out
from tests.secrets.held_out_again import held_out_again
from tests.secrets.held_out_fresh import held_out_fresh
from tests.secrets.held_out_services import held_out_services
from tests.secrets.held_out_services_again import held_out_services_again
from tests.secrets.planted import PEM, cpio, planted, sqlite, tarred, texts, zipped
from tests.secrets.red_team import red_team


def kinds(path, data):
    return [found.kind for found in look(path, data).found]


@pytest.mark.programs
def test_every_planted_kind_is_found():
    missed = [kind for kind, path, data in planted() if not look(path, data).found]
    assert missed == []


def test_kinds_that_were_chosen_later_are_found():
    missed = [kind for kind, path, data in later() if not look(path, data).found]
    assert missed == []


def test_what_is_missed_of_the_fresh_lot_is_known():
    missed = {kind for kind, path, data in held_out_fresh() if not look(path, data).found}
    assert missed == {
        "Xymon's client",
        "MySQL's exporter",
        "PHP's session",
        "SSSD's kernel of smart cards",
        "WeeChat",
        "ssh-askpass in a script",
    }


def later():
    yield from (*held_out(), *held_out_again(), *red_team())
    yield from (*held_out_services(), *held_out_services_again())


HARMLESS = (*harmless(), *harmless_again())


@pytest.mark.parametrize(
    ("path", "data"),
    [pytest.param(*case, id=f"{n} {case[0]}") for n, case in enumerate(HARMLESS)],
)
def test_what_is_harmless_is_left_alone(path, data):
    sight = look(path, data)
    assert sight.found == ()
    assert sight.unread == ()


@pytest.mark.parametrize(
    ("path", "data", "kind"),
    [
        ("/x", PEM, "a PEM private key"),
        ("/x", PEM.replace(b"EC ", b"OPENSSH "), "an OpenSSH private key"),
        ("/x.gz", gzip.compress(PEM, mtime=0), "a PEM private key"),
        ("/x", b"PuTTY-User-Key-File-3: ssh-ed25519\n", "a PuTTY private key"),
        ("/x", b"AGE-SECRET-KEY-1" + b"Q0P9" * 14 + b"QQ\n", "an age private key"),
        ("/x", b"\5\2\0\0\0\x30\0\2\0\7EXAMPLE" + bytes(40), "a Kerberos keytab"),
    ],
)
def test_a_private_key_is_told_as_one(path, data, kind):
    sight = look(path, data)
    assert sight.private
    assert Found(kind=kind, private=True, where=sight.found[0].where) in sight.found


@pytest.mark.parametrize(
    ("data", "private"),
    [
        (b"(private-key (rsa (n #00C0#) (e #010001#) (d #" + b"0A1B" * 16 + b"#)))", True),
        (b"(protected-private-key (ecc (curve Ed25519) (d #" + b"0A1B" * 16 + b"#)))", True),
        (b'(private-key (dsa (x "' + b"aZ9-" * 8 + b'")))', True),
        (b"(public-key (ecc (curve Ed25519) (q #" + b"0A1B" * 16 + b"#)))", False),
        (b"(private-key (ecc (curve Ed25519)))", False),
    ],
)
def test_the_secret_part_makes_an_expression_private(data, private):
    assert look("/etc/x/key", data).private == private


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        (b"password hunter22", True),
        (b"Password: ask", False),
        (b"Xauth password hunter22", True),
        (b"password protected", False),
        (b"the password policy2", False),
        (b"password sufficient pam_unix2.so", False),
        (b"passwd 1:4.13+dfsg1-1", False),
        (b"proxy_pass http://h", False),
        (b"fastcgi_pass php-fpm8;", False),
        (b"uwsgi_pass 127.0.0.1:9000;", False),
        (b"db_pass hunter22", True),
    ],
)
def test_a_word_behind_password_is_one_where_no_language_has_it(line, secret):
    assert bool(kinds("/etc/v/x.conf", b"a b\n" + line + b"\n")) == secret


@pytest.mark.parametrize(
    ("path", "rows", "secret"),
    [
        ("/etc/v/users", b"bob:hunter22\nalice:Xk3jd82j\n", True),
        ("/etc/v/users", b"bob:x:1000:1000\n", False),
        ("/etc/v/colours", b"bob:hunter22\n", False),
        ("/etc/v/auth.hosts", b"node1:10.0.0.1\nnode2:10.0.0.2\n", False),
        ("/etc/radcli/servers", b"radius.b.org:1812 Xk3jd82j\n", True),
        ("/etc/radcli/servers", b"radius.b.org:1812 secret\n", False),
        ("/etc/v/login.conf", b"timeout 60s\nmechanism SCRAM1\n", False),
        ("/etc/v/any", b"a:the realm:" + b"0a1b2c3d" * 4 + b"\n", True),
        ("/usr/share/v/any", b"a:the realm:" + b"0a1b2c3d" * 4 + b"\n", False),
    ],
)
def test_a_table_of_logins_is_known_by_its_name_and_by_all_its_rows(path, rows, secret):
    assert bool(kinds(path, b"# a table\n\n" + rows)) == secret


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        (b"ldapsearch -x -D cn=a -w hunter22 -b dc=b", True),
        (b"ldapsearch -x -D cn=a -y /etc/pw -b dc=b", False),
        (b"openssl pkcs12 -export -passout pass:hunter22", True),
        (b"openssl pkcs12 -export -passout file:/etc/pw", False),
        (b'zip -P "$PASSWORD" x.zip y', False),
        (b"echo hunter22 | cryptsetup open /dev/x y -", True),
        (b"cat /etc/pw | cryptsetup open /dev/x y -", False),
        (b"curl -H 'X-Auth-Token: 0a1b2c3d4e5f6a7b' https://b.org", True),
        (b'curl -H "X-Auth-Token: $TOKEN" https://b.org', False),
    ],
)
def test_a_password_among_arguments_is_found(line, secret):
    assert bool(kinds("/usr/local/bin/x", b"#!/bin/sh\n" + line + b"\n")) == secret
    assert not kinds("/usr/share/doc/x", b"so say\n  zip -P hunter22 x.zip\n")


def test_a_damaged_database_of_settings_is_told_and_read_all_the_same():
    sight = look("/etc/dconf/db/x", gvdb({"/a/password": b"s\0hunter22\0"})[:-3])
    assert [unread.why for unread in sight.unread] == ["it is a damaged database of GVariant"]
    assert sight.found


@pytest.mark.parametrize("size", [16, 32, 64, 128, 256, 1024, 8192])
def test_bytes_of_chance_are_known_at_all_sizes_of_keys(size):
    chance = random.Random(size)
    assert all(is_random(chance.randbytes(size)) for _ in range(50))


def test_a_password_is_no_private_key():
    sight = look("/etc/v.ini", b"[db]\nuser = u\npassword = hunter22\n")
    assert sight.found == (Found(kind="a password in a setting", private=False, where="line 3"),)


def test_the_place_is_told():
    tar = tarred("etc/keys/a.pem", b"# a key\n" + PEM)
    sight = look("/opt/v/x.tar.gz", gzip.compress(tar, mtime=0))
    assert str(sight.found[0]) == (
        "a PEM private key (unpacked (gzip), etc/keys/a.pem in the archive, line 2)"
    )


def test_names_of_members_do_not_reach_a_terminal_as_they_are():
    sight = look("/x.zip", zipped("a\x1b]0;b\n", PEM))
    assert sight.found[0].where == "a?]0;b? in the archive, line 1"


def test_no_secret_stands_in_what_is_told():
    for _, path, data in texts_as_bytes():
        sight = look(path, data)
        assert "hunter22" not in str(sight)


def texts_as_bytes():
    return tuple(texts())


def test_a_bomb_ends_at_the_ceiling():
    bomb = gzip.compress(bytes(64 << 20))
    assert look("/x.gz", bomb).unread == (Unread(where="", why="it unpacks to too much"),)


def test_a_secret_before_the_ceiling_is_found():
    bomb = gzip.compress(PEM + bytes(64 << 20))
    sight = look("/x.gz", bomb)
    assert sight.private
    assert sight.unread


def test_too_many_members_are_told():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(ceilings.MEMBERS + 1):
            archive.writestr(str(number), "x")
    assert look("/x.zip", file.getvalue()).unread == (
        Unread(where="", why="there are more than 20000 members in it"),
    )


def test_levels_beyond_the_ceiling_are_told():
    data = PEM
    for _ in range(ceilings.DEPTH + 2):
        data = zipped("inner", data)
    assert [unread.why for unread in look("/x.zip", data).unread] == [
        "there are more than 6 levels in it"
    ]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x04\x22\x4d\x18" + bytes(20), "it is compressed by lz4"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(20), "it is an archive of 7-Zip"),
        (b"hsqs" + bytes(20), "it is a squashfs"),
        (
            gzip.compress(b"x" * 9000, mtime=0)[:30],
            "it is damaged: it cannot be unpacked to its end",
        ),
        (b"PK\x03\x04" + bytes(40), "it is a damaged zip archive"),
    ],
)
def test_what_cannot_be_opened_is_told(data, why):
    assert [unread.why for unread in look("/x", data).unread] == [why]


def test_equal_bytes_tell_equally():
    for _, path, data in held_out():
        assert look(path, data) == look(path, data)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30), st.binary(max_size=2000))
def test_any_bytes_have_an_answer(name, data):
    look(f"/{name}", data)


FRAGMENTS = (
    b"-----BEGIN", b" PRIVATE KEY-----", b"\n", b"password", b"=", b"\x1f\x8b\x08", b"PK\x03\x04",
    b"070701", b"0" * 110, b"!<arch>\n", b"SQLite format 3\0", b"\x30\x82", b"\x02\x01\x00", b"\xfe\xed\xfe\xed",
    b"\x05\x02", b"\x95\x01", b"\xff\xfe", b"a\0", b"TDB file\n", b"ustar", b"MII", b"A" * 40, b"30" * 50,
    b"\0" * 30, b"\x28\xb5\x2f\xfd", b"BZh9", b"\xfd7zXZ\0", b"\x78\x9c", b"$6$", b"machine", b"://", b"@",
    b"ghp_", b"a1" * 18, b"\0\0\0\x07ssh-rsa", b"\0\0\0\1\0\0\0\x14", b"{", b'"kty"', b"\\n", b"&#10;",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=20), max_size=40))
def test_any_pieces_of_formats_have_an_answer(pieces):
    look("/etc/x", b"".join(pieces))


WHOLE = (
    *(data for _, _, data in held_out()),
    zipped("a/b", PEM * 5),
    tarred("a/b", PEM * 5),
    sqlite("k", PEM * 5),
    cpio("a/b", PEM),
    gzip.compress(PEM, mtime=0),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(WHOLE), st.data())
def test_damaged_secrets_have_an_answer(data, draw):
    at = draw.draw(st.integers(0, len(data)))
    look("/etc/x", data[:at] + draw.draw(st.binary(max_size=4)) + data[at + 1 :])
