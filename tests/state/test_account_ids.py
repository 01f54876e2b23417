"""The ids of accounts in modules and on a machine, and where the two differ."""

import pytest

from qlumod.model.names import ModuleName
from qlumod.state.account_ids import (
    GROUP,
    USER,
    AccountId,
    differing,
    ids_in_fragment,
    ids_in_lines,
    services_of,
)

FRAGMENT = b"""\
Format: 1

Name: munge
Passwd: munge:x:400:401::/nonexistent:/usr/sbin/nologin
Shadow: munge:!:19000::::::

Name: munge
Group: munge:x:401:
Gshadow: munge:!::

Member-Of: shadow
Members: munge

Range-Of: munge
Subuid: munge:100000:65536
"""


def test_a_fragment_has_users_and_groups_with_their_ids() -> None:
    assert ids_in_fragment(ModuleName("slurm"), FRAGMENT) == (
        AccountId(USER, 400, "munge"),
        AccountId(GROUP, 401, "munge"),
    )


def test_lines_of_another_form_are_passed_over() -> None:
    text = "root:x:0:0:root:/root:/bin/sh\n+::::::\n:x:1:\nodd\nbig:x:99999999999:\nx:x:-1:\n"
    assert list(ids_in_lines(USER, text)) == [AccountId(USER, 0, "root")]


@pytest.mark.parametrize(
    ("text", "services"),
    [
        ("passwd: files systemd sss", ("files", "systemd", "sss")),
        ("group: ldap\n passwd :\tfiles [NOTFOUND=return] ldap # nis\n", ("files", "ldap")),
        ("passwd: compat [success=merge unavail=continue] sss", ("compat", "sss")),
        ("#passwd: sss\npasswd_compat: nis\n", ("files",)),
        ("", ("files",)),
    ],
)
def test_the_services_of_users_are_named(text: str, services: tuple[str, ...]) -> None:
    assert services_of(text, USER) == services


def test_accounts_differ_by_id_or_by_name() -> None:
    munge = AccountId(USER, 400, "munge")
    found = {
        "files": [AccountId(USER, 997, "munge"), AccountId(USER, 400, "anna")],
        "sss": [
            AccountId(USER, 400, "munge"),
            AccountId(USER, 400, "anna"),
            AccountId(GROUP, 998, "munge"),
            AccountId(GROUP, 400, "staff"),
            AccountId(USER, 401, "slurm"),
        ],
    }
    assert differing([munge], found) == {
        (munge, AccountId(USER, 400, "anna")): ("files", "sss"),
        (munge, AccountId(USER, 997, "munge")): ("files",),
    }
