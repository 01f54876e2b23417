"""Accounts that the table has not are told, with the stanzas to add."""

import pytest

from qlumod.errors import QlumodError
from qlumod.state.unregistered_accounts import base_names, makers_of, require_readable, unregistered
from tests.state.account_words import BASE, MUNGE, seeded, user


def test_an_account_that_is_not_in_the_table_is_told_with_the_stanza_to_add():
    found = unregistered(
        seeded(user("hacluster", 103)), MUNGE, base_names(BASE), {"hacluster": "p"}
    )
    assert found == (
        "User: hacluster\nUid: 400\nGroup: nogroup\nHome: /\nShell: /nologin\nPackages: p\n",
    )


def test_an_account_with_another_id_than_the_tables_is_told_too():
    assert unregistered(user("munge", 103), MUNGE, base_names(BASE)) == (
        "User: munge\nUid: 410\nGroup: nogroup\nHome: /\nShell: /nologin\nPackages: PACKAGE\n",
    )


@pytest.mark.parametrize("home", ["/var/lib/my app", "/srv/$x", "/var/lib/ü"])
@pytest.mark.parametrize("name", ["Debian-snmp", "hacluster"])
def test_what_is_proposed_for_the_table_can_be_read(name, home):
    above = seeded(user(name, 103, home=home))
    found = unregistered(above, MUNGE, base_names(BASE), {name: "snmpd"})
    require_readable(found, MUNGE)


def test_an_account_that_no_table_can_hold_is_refused():
    above = seeded(user("a" * 40, 103))
    found = unregistered(above, MUNGE, base_names(BASE), {"a" * 40: "snmpd"})
    with pytest.raises(QlumodError, match="is no account name"):
        require_readable(found, MUNGE)


def test_registered_accounts_and_those_of_base_passwd_are_not_told():
    assert unregistered(seeded(), MUNGE, base_names(BASE)) == ()


def test_the_maker_of_an_account_is_the_package_whose_script_says_so():
    scripts = {
        "a": "chown sshd /run",
        "openssh-server": "adduser --system \\\n --no-create-home sshd",
        "systemd": "u systemd-network - 'x'",
        "z": "addgroup --system sshd-keys",
    }
    assert makers_of(["sshd", "systemd-network", "other"], scripts) == {
        "sshd": "openssh-server",
        "systemd-network": "systemd",
    }
