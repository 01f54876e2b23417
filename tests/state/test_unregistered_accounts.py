"""Accounts that the table has not are told, with the stanzas to add."""

import pytest

from qlumod.errors import QlumodError
from qlumod.model.accounts_file import parse_accounts
from qlumod.state.account_files import GROUP, PASSWD
from qlumod.state.account_makers import makers_of
from qlumod.state.unregistered_accounts import (
    base_names,
    proposed,
    require_readable,
    unregistered,
)
from tests.state.account_words import BASE, MUNGE, seeded, user, with_line


def stanzas(above, accounts=MUNGE, maker="pp", base=BASE):
    found = unregistered(above, accounts, base_names(base))
    makers = {one.account: (maker,) for one in found}
    return proposed(found, above, accounts, makers=makers, homes={})


def test_an_account_that_is_not_in_the_table_is_told_with_the_stanza_to_add():
    assert stanzas(seeded(user("hacluster", 103))) == (
        "User: hacluster\nUid: 400\nGroup: nogroup\nHome: /\nShell: /nologin\nPackages: pp\n",
    )


def test_an_account_with_another_id_than_the_tables_is_told_too():
    (found,) = unregistered(user("munge", 103), MUNGE, base_names(BASE))
    assert (found.account, found.row[2], found.known) == ((PASSWD, "munge"), "103", True)


@pytest.mark.parametrize(
    ("number", "accounts", "told"),
    [
        (64045, MUNGE, 64045),
        (60000, MUNGE, 60000),
        (59999, MUNGE, 400),
        (65000, MUNGE, 400),
    ],
)
def test_an_id_that_debian_has_given_stays(number, accounts, told):
    above = with_line(seeded(user("ceph", number), accounts), GROUP, f"ceph:x:{number}:")
    found = stanzas(above, accounts)
    assert [line for stanza in found for line in stanza.splitlines() if "id: " in line] == [
        f"Gid: {told}",
        f"Uid: {told}",
    ]
    parse_accounts("\n".join(("Format: 1\n", *found)), "accounts")


def test_a_user_of_debians_id_gives_it_to_the_group_of_its_name():
    above = with_line(seeded(user("ceph", 64045)), GROUP, "ceph:x:103:")
    assert [
        line for stanza in stanzas(above) for line in stanza.splitlines() if "id: " in line
    ] == [
        "Gid: 64045",
        "Uid: 64045",
    ]


@pytest.mark.parametrize("home", ["/var/lib/my app", "/srv/$x", "/var/lib/ü"])
@pytest.mark.parametrize("name", ["Debian-snmp", "hacluster"])
def test_what_is_proposed_for_the_table_can_be_read(name, home):
    require_readable(stanzas(seeded(user(name, 103, home=home)), maker="snmpd"), MUNGE)


def test_an_account_that_no_table_can_hold_is_refused():
    with pytest.raises(QlumodError, match="is no account name"):
        require_readable(stanzas(seeded(user("a" * 40, 103))), MUNGE)


def test_registered_accounts_and_those_of_base_passwd_are_not_told():
    assert unregistered(seeded(), MUNGE, base_names(BASE)) == ()


def test_the_makers_of_an_account_are_the_packages_whose_scripts_say_so():
    scripts = {
        "a": "chown sshd /run",
        "openssh-server": "adduser --system \\\n --no-create-home sshd",
        "systemd": "u systemd-network - 'x'",
        "z": "addgroup --system sshd-keys",
    }
    accounts = [(PASSWD, "sshd"), (PASSWD, "systemd-network"), (GROUP, "systemd-network")]
    assert makers_of([*accounts, (PASSWD, "other")], scripts) == {
        (PASSWD, "sshd"): ("openssh-server",),
        (PASSWD, "systemd-network"): ("systemd",),
        (GROUP, "systemd-network"): ("systemd",),
    }


@pytest.mark.parametrize(
    ("account", "script", "makes"),
    [
        ((GROUP, "ssl-cert"), "adduser postgres ssl-cert", False),
        ((GROUP, "ssl-cert"), "adduser --quiet postgres ssl-cert || true", False),
        ((GROUP, "ssl-cert"), "usermod -aG ssl-cert postgres", False),
        ((GROUP, "ssl-cert"), "# addgroup ssl-cert is done elsewhere", True),
        ((GROUP, "ssl-cert"), "if ! x; then addgroup --system ssl-cert 2>/dev/null; fi", True),
        ((GROUP, "ceph"), "adduser --system --group --gecos 'C (d); e' --uid 64045 ceph", True),
        ((GROUP, "foo"), "(useradd -r -g nogroup -d /x foo)", True),
        ((PASSWD, "foo"), "USER=foo\n/usr/sbin/adduser --system --ingroup x ${USER}", True),
        ((PASSWD, "foo"), "for u in foo bar; do adduser --system $u; done", True),
        ((PASSWD, "foo"), "adduser --system foo # not bar", True),
        ((PASSWD, "foo"), "adduser --system foo; echo \"it's", True),
        ((GROUP, "foo"), "u! foo - 'x'", True),
        ((PASSWD, "foo"), "g foo - -", True),
        ((PASSWD, "foo"), "u bar - 'for foobar'", False),
    ],
)
def test_a_script_makes_an_account_or_does_not(account, script, makes):
    assert makers_of([account], {"a": script}) == ({account: ("a",)} if makes else {})


@pytest.mark.parametrize(
    ("account", "scripts", "makers"),
    [
        (
            (GROUP, "ssl-cert"),
            {"postgresql": "adduser postgres ssl-cert", "ssl-cert": "addgroup ssl-cert"},
            ("ssl-cert",),
        ),
        (
            (GROUP, "foo"),
            {"a": "adduser --system --ingroup foo foo", "b": "groupadd -r foo"},
            ("b",),
        ),
        ((GROUP, "x"), {"a": "groupadd x", "b": "addgroup --system x"}, ("a", "b")),
        ((PASSWD, "x"), {"a": "echo x", "b": "adduser $1\ncall x"}, ("b",)),
        ((PASSWD, "x"), {"a": "echo x", "b": "echo x"}, ("a",)),
    ],
)
def test_of_several_packages_those_that_make_it_are_named(account, scripts, makers):
    assert makers_of([account], scripts) == {account: makers}
