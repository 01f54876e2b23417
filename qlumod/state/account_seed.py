"""Seeding the accounts of the release's table into the four files, before a package adds one."""

from collections.abc import Iterable, Sequence

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.accounts import Accounts
from qlumod.state.account_files import (
    GROUP,
    GSHADOW,
    PASSWD,
    SHADOW,
    TABLES,
    Rows,
    account_file,
    rows,
)
from qlumod.state.kind import Files

_SECONDS_A_DAY = 86400


def day_of(epoch: int) -> str:
    """The day of a time, in the format of shadow(5)."""
    return str(epoch // _SECONDS_A_DAY)


def seed(files: Files, accounts: Accounts, epoch: int) -> Files:
    """Append the missing entries of the table to the four files.

    The entries are those that adduser, useradd or systemd-sysusers would write on the day of
    `epoch`, so that these programs find them and change nothing. Raises if a name or an id is
    already in use.
    """
    groups = rows(files, GROUP)
    day = day_of(epoch)
    tables: dict[str, Rows] = {table.path: rows(files, table.path) for table in TABLES}
    faults = list(_taken(files, accounts))
    ids = {name: row[2] for name, row in groups.items()}
    ids |= {group.name: str(group.gid) for group in accounts.groups}
    for group in accounts.groups:
        tables[GROUP].setdefault(group.name, (group.name, "x", str(group.gid), ""))
        tables[GSHADOW].setdefault(group.name, (group.name, group.password, "", ""))
    for user in accounts.users:
        if user.group not in ids:
            faults.append(
                QlumodError(f"account table: user {user.name}: there is no group {user.group}")
            )
            continue
        passwd = (user.name, "x", str(user.uid), ids[user.group], user.gecos, user.home, user.shell)
        tables[PASSWD].setdefault(user.name, passwd)
        expires = "" if user.expires is None else str(user.expires)
        shadow = (user.name, user.password, day, "", "", "", "", expires, "")
        tables[SHADOW].setdefault(user.name, shadow)
    raise_faults(faults)
    return {table.path: account_file(table, tables[table.path].values()) for table in TABLES}


def _taken(files: Files, accounts: Accounts) -> Iterable[QlumodError]:
    """An error for each entry of the table whose name or id is already in use."""
    wanted: Sequence[tuple[str, str, dict[str, int]]] = (
        (PASSWD, "user", {user.name: user.uid for user in accounts.users}),
        (GROUP, "group", {group.name: group.gid for group in accounts.groups}),
    )
    for path, what, ids in wanted:
        present = {name: int(row[2]) for name, row in rows(files, path).items()}
        owners = {number: name for name, number in present.items()}
        for name, number in ids.items():
            if present.get(name, number) != number:
                yield QlumodError(
                    f"{path}: {what} {name} has id {present[name]}, but {number} in the account "
                    "table"
                )
            elif owners.get(number, name) != name:
                yield QlumodError(
                    f"{path}: id {number} of {what} {name} in the account table belongs to "
                    f"{what} {owners[number]}"
                )
