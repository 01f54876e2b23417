"""Accounts that a build added and that the release's table lacks: the stanzas to add."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from qlumod.errors import QlumodError
from qlumod.model.accounts import Accounts
from qlumod.model.accounts_file import accounts_text, parse_accounts
from qlumod.state.account_files import GROUP, GSHADOW, PASSWD, SHADOW, Row, Rows, is_base, rows
from qlumod.state.account_makers import Account
from qlumod.state.fragment import fields, stanza
from qlumod.state.kind import Files

_TABLE_IDS = range(400, 1000)
"""The range for new ids of the release's table: systemd-sysusers counts down from 999."""
_IDS_OF_DEBIAN = range(60000, 65000)
"""Ids that base-passwd's maintainer has given to packages (Policy 9.2.2): they are kept."""
_LIKE_A_TOKEN = re.compile(r"(?=\S*\d)(?=\S*[^\W\d_])\S{20,}")
"""A text that may be a token, not a name: no stanza proposes it, since the table is public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unregistered:
    """An account that the table lacks, or has with another id."""

    path: str
    """``/etc/passwd`` or ``/etc/group``."""
    row: Row
    known: bool
    """Whether the table has it: then its Packages lack the package that made it."""

    @property
    def account(self) -> Account:
        """The file and the name."""
        return self.path, self.row[0]


def unregistered(files: Files, accounts: Accounts, base: Iterable[str]) -> tuple[Unregistered, ...]:
    """The accounts that the table lacks, or has with another id; groups first.

    `base` are the names of users and groups that need no stanza: base-passwd's.
    """
    known = frozenset(base)
    registered = {
        PASSWD: {user.name: str(user.uid) for user in accounts.users},
        GROUP: {group.name: str(group.gid) for group in accounts.groups},
    }
    return tuple(
        Unregistered(path=path, row=row, known=name in registered[path])
        for path in (GROUP, PASSWD)
        for name, row in rows(files, path).items()
        if name not in known and registered[path].get(name) != row[2]
    )


def proposed(
    found: Sequence[Unregistered],
    files: Files,
    accounts: Accounts,
    *,
    makers: Mapping[Account, Sequence[str]],
    homes: Mapping[str, int],
) -> tuple[str, ...]:
    """The stanzas for unregistered accounts.

    `makers` has the packages that create each account; `homes` has the modes of home directories
    that were created with users. The stanzas have unused ids, the same id for a user and the group
    of the same name; an id that Debian has given to the account stays.
    """
    suggested = _Suggestions(found, files, accounts)
    user_stanza = partial(_user_stanza, homes=homes)
    return tuple(
        write(one.row, suggested.number(one.row[0]), files, makers[one.account])
        for one in found
        for write in (_group_stanza if one.path == GROUP else user_stanza,)
    )


def next_free(taken: Collection[int], name: str) -> int:
    """The next unused id of the table for an account."""
    for number in _TABLE_IDS:
        if number not in taken:
            return number
    raise QlumodError(f"account table: no id is left for {name}")


def require_readable(stanzas: Sequence[str], accounts: Accounts) -> None:
    """Raise if the account table could not contain the stanzas of `proposed`."""
    added = [fields(stanza) for stanza in stanzas]
    users = {values.get("User") for values in added}
    groups = {values.get("Group") for values in added if "User" not in values}
    others = replace(
        accounts,
        users=tuple(user for user in accounts.users if user.name not in users),
        groups=tuple(group for group in accounts.groups if group.name not in groups),
    )
    text = "\n".join((accounts_text(others), *stanzas))
    parse_accounts(text, "module-specs/accounts")


def base_names(files: Files) -> frozenset[str]:
    """The users and groups with ids that base-passwd assigns: they need no registration."""
    return frozenset(
        name
        for path in (PASSWD, GROUP)
        for name, row in rows(files, path).items()
        if is_base(int(row[2])) or (path == GROUP and int(row[2]) == 100)
    )


class _Suggestions:
    """Unused ids, one for each name."""

    def __init__(self, found: Iterable[Unregistered], files: Files, accounts: Accounts) -> None:
        taken = {int(row[2]) for path in (PASSWD, GROUP) for row in rows(files, path).values()}
        taken |= accounts.ids
        self._taken = taken
        self._given = {
            one.row[0]: int(one.row[2])
            for one in found
            if int(one.row[2]) in _IDS_OF_DEBIAN and int(one.row[2]) not in accounts.ids
        }
        self._given |= {user.name: user.uid for user in accounts.users}
        self._given |= {group.name: group.gid for group in accounts.groups}

    def number(self, name: str) -> str:
        """The id of a name in the table, the id that Debian has given to it, or a new one."""
        if name not in self._given:
            self._given[name] = next_free({*self._taken, *self._given.values()}, name)
        return str(self._given[name])


def _group_stanza(row: Row, number: str, files: Files, makers: Sequence[str]) -> str:
    values = {"Group": row[0], "Gid": number}
    return stanza(
        {**values, **_password(rows(files, GSHADOW), row[0]), "Packages": " ".join(makers)}
    )


def _user_stanza(
    row: Row, number: str, files: Files, makers: Sequence[str], *, homes: Mapping[str, int]
) -> str:
    name, _, _, gid, gecos, home, shell = row
    group = next((who for who, other in rows(files, GROUP).items() if other[2] == gid), "")
    if not group:
        raise QlumodError(
            f"{PASSWD}: user {name} has group {gid}, and {GROUP} has none of that id",
            remedy="see which package makes the user, and have it make the group, too",
        )
    values = {"User": name, "Uid": number, "Group": group}
    if gecos and not _LIKE_A_TOKEN.search(gecos):
        values["Gecos"] = gecos
    mode = {"Home-Mode": f"{homes[name]:04o}"} if name in homes else {}
    values |= {"Home": home, **mode, "Shell": shell}
    shadow = rows(files, SHADOW)
    expires = shadow[name][7] if name in shadow else ""
    return stanza(
        {
            **values,
            **_password(shadow, name),
            **({"Expires": expires} if expires else {}),
            "Packages": " ".join(makers),
        }
    )


def _password(shadow: Rows, name: str) -> dict[str, str]:
    """The field Password, unless the account is not locked: that is another error."""
    password = shadow[name][1] if name in shadow else "!"
    return {"Password": password} if password in ("!*", "*") else {}
