"""What belongs together is told as one thing, and nothing else is."""

from collections.abc import Sequence

import pytest

from qlumod.secrets.groups import PathGroup, grouped, origins, patterns


def one(*members):
    return (PathGroup(path=members[0], members=tuple(sorted(members))),)


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("/var/lib/ucf/cache/:etc:roundcube:debian-db.php", "/etc/roundcube/debian-db.php"),
        ("/etc/x.conf.dpkg-new", "/etc/x.conf"),
        ("/etc/x.conf.ucf-dist", "/etc/x.conf"),
        ("/etc/x.conf~", "/etc/x.conf"),
        ("/etc/shadow-", "/etc/shadow"),
        ("/etc/aliases.db", "/etc/aliases"),
        ("/etc/postfix/sasl_passwd.db", "/etc/postfix/sasl_passwd"),
        (
            "/usr/lib/python3/dist-packages/a/__pycache__/b.cpython-311.pyc",
            "/usr/lib/python3/dist-packages/a/b.py",
        ),
        ("/var/backups/shadow.bak", "/etc/shadow"),
        ("/usr/share/emacs/x.elc", "/usr/share/emacs/x.el"),
    ],
)
def test_names_tell_what_a_file_was_made_from(path, origin):
    assert origin in origins(path)


def test_the_cache_of_ucf_goes_with_its_file():
    files = {"/etc/a/b.conf": "1", "/var/lib/ucf/cache/:etc:a:b.conf": "2"}
    assert grouped(files) == one(*files)


def test_a_database_goes_with_the_text_it_was_made_from():
    assert grouped({"/etc/sasl_passwd": "1"}, beside={"/etc/sasl_passwd.db": "2"}) == one(
        "/etc/sasl_passwd", "/etc/sasl_passwd.db"
    )


def test_equal_bytes_go_together_and_the_plainest_path_leads():
    files = {"/var/cache/x": "1", "/etc/x/key": "1", "/etc/x/key.dpkg-old": "1"}
    assert grouped(files) == one("/etc/x/key", "/etc/x/key.dpkg-old", "/var/cache/x")


def test_a_copy_that_looked_harmless_goes_with_its_original():
    assert grouped({"/etc/k": "1"}, beside={"/opt/k": "1", "/opt/other": "2"}) == one(
        "/etc/k", "/opt/k"
    )


def test_a_chain_of_copies_has_one_leader():
    files = {"/etc/a": "1", "/etc/a.db": "2", "/etc/a.db.dpkg-old": "3"}
    assert grouped(files) == one(*files)


def test_what_dbconfig_wrote_goes_with_its_answers():
    files = {"/etc/dbconfig-common/roundcube.conf": "1", "/etc/roundcube/debian-db.php": "2"}
    assert grouped(files) == one(*files)


def test_strangers_are_told_apart():
    files = {"/etc/a.key": "1", "/etc/b.key": "2", "/etc/a.key.d/c": "3"}
    assert [group.path for group in grouped(files)] == sorted(files)


def test_files_without_a_digest_are_no_copies():
    assert len(grouped({"/etc/a": "", "/etc/b": ""})) == 2


def test_a_tree_is_told_once():
    files = {f"/var/lib/x/base/{number}": str(number) for number in range(797)}
    (group,) = grouped({**files}, everything=files)
    assert str(group) == "/var/lib/x/ (797 files)"
    assert len(group.members) == 797
    assert group.tree


def test_a_directory_with_much_else_is_no_tree():
    suspects = {f"/etc/ssl/{number}.key": str(number) for number in range(30)}
    others = [f"/etc/ssl/certs/{number}.pem" for number in range(400)]
    assert len(grouped(suspects, everything=(*suspects, *others))) == 30


def test_a_few_files_are_no_tree():
    files = {f"/var/lib/x/{number}": str(number) for number in range(5)}
    assert len(grouped(files, everything=files)) == 5


LDAP = ("/etc/d/cn=a.ldif", "/etc/d/cn=a/b.ldif", "/etc/d/cn=a/c.ldif", "/etc/d/cn=a/c/d.ldif")


@pytest.mark.parametrize(
    ("paths", "everything", "found"),
    [
        (["/d/a", "/d/b"], ["/d/a", "/d/b", "/d/c"], ["/d/*"]),
        (["/d/a", "/e/b"], ["/d/a", "/e/b"], ["/d/*", "/e/*"]),
        (LDAP, LDAP, ["/etc/d/*.ldif", "/etc/d/cn=a/*.ldif", "/etc/d/cn=a/c/*"]),
        (["/d/a.x", "/d/b.y"], ["/d/a.x", "/d/b.y", "/d/e/f"], ["/d/a.x", "/d/b.y"]),
        (["/d/a", "/d/b"], ["/d/a", "/d/b", "/d/e/f"], ["/d/a", "/d/b"]),
        (["/d/a.d", "/d/b.d"], ["/d/a.d", "/d/b.d", "/d/e.d/f"], ["/d/a.d", "/d/b.d"]),
        (["/d/e/f"], ["/d/e/f"], ["/d/e/*"]),
    ],
)
def test_patterns_match_all_files_and_no_directory(
    paths: Sequence[str], everything: Sequence[str], found: list[str]
) -> None:
    assert list(patterns(paths, everything)) == found
