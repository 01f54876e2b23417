"""The table of accounts: what is read, and the whole text of every error."""

import pytest

from qlumod.errors import QlumodError
from qlumod.model.accounts_file import accounts_text, parse_accounts
from qlumod.model.names import FlavorName, PackageName
from tests.support.documents import ACCOUNTS

MORE = """
User: chrony
Uid: 410
Group: nogroup
Gecos: Chrony daemon,,,
Home: /var/lib/chrony
Home-Mode: 0750
Shell: /usr/sbin/nologin
Password: !*
Packages: chrony chrony-tools
Flavors: bookworm
"""


def error_of(text: str) -> str:
    with pytest.raises(QlumodError) as caught:
        parse_accounts(text, "accounts", (FlavorName("bookworm"), FlavorName("trixie")))
    return str(caught.value)


def changed(old: str, new: str) -> str:
    assert old in ACCOUNTS + MORE
    return (ACCOUNTS + MORE).replace(old, new)


def test_the_table_says_what_its_fields_say() -> None:
    accounts = parse_accounts(ACCOUNTS + MORE, "accounts")
    assert [(g.name, g.gid, g.password) for g in accounts.groups] == [("munge", 414, "!")]
    chrony, munge = accounts.users
    assert (chrony.name, chrony.uid, chrony.group) == ("chrony", 410, "nogroup")
    assert (chrony.gecos, chrony.home, chrony.home_mode) == (
        "Chrony daemon,,,",
        "/var/lib/chrony",
        0o750,
    )
    assert (chrony.password, chrony.packages) == ("!*", ("chrony", "chrony-tools"))
    assert (munge.gecos, munge.home_mode, munge.password, munge.flavors) == ("", None, "!", ())


def test_a_module_gets_the_accounts_that_its_packages_make_in_its_flavor() -> None:
    accounts = parse_accounts(ACCOUNTS + MORE, "accounts")

    def made(flavor: str, *packages: str) -> tuple[list[str], list[str]]:
        found = accounts.made_by(map(PackageName, packages), FlavorName(flavor))
        return [u.name for u in found.users], [g.name for g in found.groups]

    assert made("bookworm", "munge", "chrony-tools") == (["chrony", "munge"], ["munge"])
    assert made("trixie", "munge", "chrony") == (["munge"], ["munge"])
    assert made("bookworm", "slurmd") == ([], [])


def test_an_account_may_be_made_otherwise_in_another_flavor() -> None:
    other = MORE.replace("bookworm", "trixie").replace("Password: !*\n", "Expires: 1\n")
    accounts = parse_accounts(ACCOUNTS + MORE + other, "accounts")
    for flavor, found in ("bookworm", ("!*", None)), ("trixie", ("!", 1)):
        made = accounts.made_by([PackageName("chrony")], FlavorName(flavor))
        assert [(user.password, user.expires) for user in made.users] == [found]
    assert parse_accounts(accounts_text(accounts), "accounts").digest == accounts.digest


def test_a_table_read_from_its_canonical_text_is_the_same() -> None:
    accounts = parse_accounts(ACCOUNTS + MORE, "accounts")
    again = parse_accounts(accounts_text(accounts), "accounts")
    assert (again.users, again.groups, again.digest) == (
        accounts.users,
        accounts.groups,
        accounts.digest,
    )


FAULTS = {
    "an id below the system's range": (
        changed("Uid: 414", "Uid: 41"),
        "accounts:8: Uid: 41 is no id of a system account: they are 100-999, and 60000-64999 "
        "where Debian gave one (Policy 9.2.2)",
    ),
    "an id of people": (
        changed("Gid: 414", "Gid: 1000"),
        "accounts:4: Gid: 1000 is no id of a system account: they are 100-999, and 60000-64999 "
        "where Debian gave one (Policy 9.2.2)",
    ),
    "an id in octal": (
        changed("Uid: 414", "Uid: 0414"),
        "accounts:8: Uid: '0414' is no whole number",
    ),
    "one id for two users": (
        changed("Uid: 410", "Uid: 414"),
        "accounts:14: User: 'chrony' has id 414 of 'munge' in line 7",
    ),
    "one id for two groups": (
        ACCOUNTS + "\nGroup: slurm\nGid: 414\nPackages: slurmd\n",
        "accounts:14: Group: 'slurm' has id 414 of 'munge' in line 3",
    ),
    "an id of base-passwd": (
        ACCOUNTS + "\nGroup: slurm\nGid: 100\nPackages: slurmd\n",
        "accounts:14: Group: 'slurm' has id 100 of 'users' of base-passwd",
    ),
    "a user twice": (
        changed("User: chrony", "User: munge"),
        "accounts:14: User: 'munge' is named twice: first in line 7",
    ),
    "another id in another flavor": (
        ACCOUNTS + MORE + MORE.replace("bookworm", "trixie").replace("410", "411"),
        "accounts:25: User: 'chrony' has id 411 here and 410 in line 14: an account has one id "
        "in all flavors",
    ),
    "a user of base-passwd": (
        changed("User: chrony", "User: _apt"),
        "accounts:14: User: '_apt' is named twice: first in base-passwd",
    ),
    "a primary group that nobody makes": (
        changed("Group: nogroup", "Group: chronies"),
        "accounts:14: Group: 'chronies' is neither a group of this table nor of base-passwd\n"
        "To mend it: add a stanza 'Group: chronies'",
    ),
    "names with shell characters": (
        changed("User: chrony", "User: chrony;id").replace("User: munge", "User: ../x"),
        "accounts:7: User: '../x' is no account name: letters, digits, '_' and '-'\n"
        "accounts:14: User: 'chrony;id' is no account name: letters, digits, "
        "'_' and '-'",
    ),
    "a line of passwd inside a field": (
        changed("Chrony daemon,,,", "x:/:/bin/sh"),
        "accounts:17: Gecos: 'x:/:/bin/sh' holds a colon, which separates the fields of passwd",
    ),
    "a home and a shell": (
        changed("/var/lib/chrony", "var/lib").replace("/usr/sbin/nologin", "sh -c"),
        "accounts:11: Shell: 'sh -c' is no absolute path\n"
        "accounts:18: Home: 'var/lib' is no absolute path\n"
        "accounts:20: Shell: 'sh -c' is no absolute path",
    ),
    "a mode": (
        changed("0750", "750x"),
        "accounts:19: Home-Mode: '750x' is no mode: it has three or four octal digits, "
        "as in '0755'",
    ),
    "a password": (
        changed("!*", "$6$x"),
        "accounts:21: Password: '$6$x': an account of a module is locked, by ! or !* or *",
    ),
    "no packages": (
        changed("Packages: chrony chrony-tools\n", ""),
        "accounts:14: Packages: the field is missing",
    ),
    "an unknown flavor": (
        changed("Flavors: bookworm", "Flavors: bookworm sid"),
        "accounts:23: Flavors: the release has no flavor 'sid'",
    ),
    "a stanza that is neither user nor group": (
        ACCOUNTS + "\nAccount: x\n",
        "accounts:14: Group: the field is missing\n"
        "accounts:14: Gid: the field is missing\n"
        "accounts:14: Packages: the field is missing\n"
        "accounts:14: unknown field 'Account'; known are Flavors, Gid, Group, Packages, "
        "Password, User",
    ),
    "an entry in the first stanza": (
        "Format: 1\nGroup: x\nGid: 400\nPackages: xx\n",
        "accounts:2: unknown field 'Group'; known are none but Format\n"
        "accounts:3: unknown field 'Gid'; known are none but Format\n"
        "accounts:4: unknown field 'Packages'; known are none but Format",
    ),
}


@pytest.mark.parametrize("text, error", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_file_and_line(text: str, error: str) -> None:
    assert error_of(text) == error
