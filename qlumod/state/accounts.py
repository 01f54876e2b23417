"""Accounts: passwd, group and their shadows, and the ranges of subordinate ids.

Modes as shadow's tools and base-passwd leave them: passwd, group, subuid and subgid 0644
root:root, shadow and gshadow 0640 root:shadow.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.accounts import Accounts
from qlumod.model.accounts_file import accounts_text, parse_accounts
from qlumod.model.characters import not_allowed, unseen
from qlumod.model.names import ModuleName
from qlumod.model.numbers import is_id
from qlumod.state.fragment import fields, in_fragment, joined, keyed, stanza, write_fragment
from qlumod.state.kind import Files, Fragments, Malformed, StateFile, encoded, parsed, text_of

PASSWD, SHADOW = "/etc/passwd", "/etc/shadow"
GROUP, GSHADOW = "/etc/group", "/etc/gshadow"
SUBUID, SUBGID = "/etc/subuid", "/etc/subgid"
PATHS = (PASSWD, SHADOW, GROUP, GSHADOW, SUBUID, SUBGID)

Row = tuple[str, ...]
"""The fields of a line."""
Rows = dict[str, Row]
"""The lines of a file by name, in the file's order."""

_DATE = 2
"""The field of shadow that says when the password was changed."""
_MEMBERS = 3
"""The last field of group and of gshadow: the members."""
_SECONDS_A_DAY = 86400
_MAKES_ACCOUNTS = r"(?:^[ug]!?\s|\b(?:adduser|addgroup|useradd|groupadd)\b)"
_TABLE_IDS = range(400, 1000)
"""Where ids of the release's table are looked for: systemd-sysusers counts down from 999."""
_LIKE_A_TOKEN = re.compile(r"(?=\S*\d)(?=\S*[^\W\d_])\S{20,}")
"""No name of anybody: it is proposed for no table, which everybody reads."""
_SHOWN = 40
"""How much of a malformed line is told."""
_LAST_OF_BASE, _NOBODY = 99, 65534
"""base-passwd's ids: 0 to 99 and 65534 (Policy 9.2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One of the four files: what one says of its lines."""

    path: str
    what: str
    width: int
    """Fields in a line."""
    ids: tuple[int, ...] = ()
    """Which of them are ids, or numbers of ids."""
    mode: int
    owners: tuple[str, str]


TABLES = (
    Table(path=PASSWD, what="user", width=7, ids=(2, 3), mode=0o644, owners=("root", "root")),
    Table(path=SHADOW, what="user", width=9, mode=0o640, owners=("root", "shadow")),
    Table(path=GROUP, what="group", width=4, ids=(2,), mode=0o644, owners=("root", "root")),
    Table(path=GSHADOW, what="group", width=4, mode=0o640, owners=("root", "shadow")),
)
_RANGES = (
    Table(path=SUBUID, what="range of", width=3, ids=(1, 2), mode=0o644, owners=("root", "root")),
    Table(path=SUBGID, what="range of", width=3, ids=(1, 2), mode=0o644, owners=("root", "root")),
)
_TABLES = {table.path: table for table in (*TABLES, *_RANGES)}
_FIELDS = {path: path.rpartition("/")[2].capitalize() for path in PATHS}
"""The field of a fragment that holds a file's line: ``Passwd``, ``Shadow`` …"""


class AccountsKind:
    """A union by name; one name with two ids, or one id with two names, is an error.

    A fragment has one stanza for each account with its lines, and for each group below that got
    new members (``Members``, ``Gmembers``), and for each new range of subordinate ids.
    """

    name = "accounts"
    patterns = PATHS
    targets: tuple[str, ...] = ()

    def claims(self, path: str, target: str = "") -> bool:
        """Whether it is one of the six files."""
        del target
        return path in PATHS

    def capture(self, below: Files, above: Files) -> bytes:
        """The accounts that the build added, and the members of groups that were there."""
        raise_faults(
            [
                *(fault for table in TABLES for fault in _meddling(table, below, above)),
                *_unlocked(below, above),
            ]
        )
        blocks = [
            *_added((PASSWD, SHADOW), below, above),
            *_added((GROUP, GSHADOW), below, above),
            *_joined(below, above),
            *_ranges(below, above),
        ]
        return write_fragment(joined(blocks)) if blocks else b""

    def merge(self, fragments: Fragments) -> Files:
        """All accounts of all modules."""
        if not any(fragment for _, fragment in fragments):
            return {}
        union = _Union()
        for module, fragment in fragments:
            for values, _ in in_fragment(module, self.name, fragment, keyed):
                union.take(module, values)
        raise_faults(union.faults)
        return union.files()

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """By name, without ids and dates; a primary group by its name."""
        groups = {row[2]: name for name, row in rows(files, GROUP).items()}
        forms: Mapping[str, Callable[[Row], Row]] = {
            PASSWD: lambda row: (row[0], row[1], groups.get(row[3], row[3]), *row[4:]),
            SHADOW: lambda row: (*row[:_DATE], *row[_DATE + 1 :]),
            GROUP: lambda row: (row[0], row[1], *sorted(_names(row))),
            GSHADOW: lambda row: (*row[:_MEMBERS], *sorted(_names(row))),
            SUBUID: lambda row: (row[0], row[2]),
            SUBGID: lambda row: (row[0], row[2]),
        }
        return {
            path: encoded("".join(f"{':'.join(row)}\n" for row in sorted(map(form, found))))
            for path, form in forms.items()
            if path in files
            for found in [list(rows(files, path).values())]
        }


def rows(files: Files, path: str) -> Rows:
    """The lines of one of the files, by name; raises where one is malformed."""
    return {row[0]: row for row in parsed(path, text_of(files, path), partial(_rows, path))}


def _rows(path: str, text: str) -> list[Row]:
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            row = tuple(line.split(":"))
            if wrong := _wrong(_TABLES[path], row):
                raise Malformed(number, wrong)
            found.append(row)
    return found


def _wrong(table: Table, row: Row) -> str:
    """What is wrong with a line; empty: nothing. Of shadow, no field is told but the name."""
    for field in row:
        for char in unseen(field):
            return not_allowed(char)
    if not row[0]:
        return f"the {table.what} has no name" if table in TABLES else "the range is nobody's"
    if len(row) != table.width:
        return f"{table.what} {row[0][:_SHOWN]!r}: {len(row)} fields, and {table.width} are needed"
    for number in table.ids:
        if not is_id(row[number]):
            return f"{table.what} {row[0][:_SHOWN]!r}: {row[number][:_SHOWN]!r} is no id"
    return ""


def day_of(epoch: int) -> str:
    """The day of a time, as shadow(5) has it."""
    return str(epoch // _SECONDS_A_DAY)


def seed(files: Files, accounts: Accounts, epoch: int) -> Files:
    """The four files with the entries of the table that are not there yet, at their ends.

    They are what adduser, useradd or systemd-sysusers would write on the day of `epoch`, so that
    these find them and change nothing. Raises where a name or an id is taken already.
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
    return {table.path: _file(table, tables[table.path].values()) for table in TABLES}


def unregistered(
    files: Files,
    accounts: Accounts,
    base: Iterable[str],
    makers: Mapping[str, str] | None = None,
    homes: Mapping[str, int] | None = None,
) -> tuple[str, ...]:
    """For each account that is not in the table, or has another id there: the stanza to add.

    `base` are the names of users and groups that need none: base-passwd's. `makers` are the
    packages that made them, as far as is known (see `makers_of`), `homes` the modes of the homes
    that were made with users. The stanzas suggest ids that nobody has, the same for a user and the
    group of its name.
    """
    known = frozenset(base)
    suggested = _Suggestions(files, accounts)
    registered = {
        PASSWD: {user.name: str(user.uid) for user in accounts.users},
        GROUP: {group.name: str(group.gid) for group in accounts.groups},
    }
    write_user = partial(_user_stanza, homes=homes or {})
    return tuple(
        write(row, suggested.number(row[0]), files, (makers or {}).get(row[0], "PACKAGE"))
        for path, write in ((GROUP, _group_stanza), (PASSWD, write_user))
        for name, row in rows(files, path).items()
        if name not in known and registered[path].get(name) != row[2]
    )


def require_readable(stanzas: Sequence[str], accounts: Accounts) -> None:
    """Raise where the account table could not hold the stanzas of `unregistered`."""
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


def makers_of(names: Iterable[str], scripts: Mapping[str, str]) -> dict[str, str]:
    """Which package made an account: the one whose script or sysusers file says so.

    `scripts` are the texts by package. A line that makes accounts and has the name in it counts
    more than a mere mention; of several packages the first by name is taken.
    """
    found = {}
    lines = {package: text.replace("\\\n", " ") for package, text in sorted(scripts.items())}
    for name in names:
        word = rf"(?<![\w-]){re.escape(name)}(?![\w-])"
        for pattern in (rf"{_MAKES_ACCOUNTS}.*{word}", word):
            line = re.compile(pattern, re.MULTILINE)
            package = next((key for key, text in lines.items() if line.search(text)), "")
            if package:
                found[name] = package
                break
    return found


def base_names(files: Files) -> frozenset[str]:
    """The users and groups with ids that base-passwd gives out: they need no registration."""
    return frozenset(
        name
        for path in (PASSWD, GROUP)
        for name, row in rows(files, path).items()
        if _is_base(int(row[2])) or (path == GROUP and int(row[2]) == 100)
    )


class _Suggestions:
    """Ids that nobody has yet, one for each name."""

    def __init__(self, files: Files, accounts: Accounts) -> None:
        taken = {int(row[2]) for path in (PASSWD, GROUP) for row in rows(files, path).values()}
        taken |= {user.uid for user in accounts.users} | {group.gid for group in accounts.groups}
        self._free = (number for number in _TABLE_IDS if number not in taken)
        self._given = {user.name: user.uid for user in accounts.users}
        self._given |= {group.name: group.gid for group in accounts.groups}

    def number(self, name: str) -> str:
        """The table's id of a name, else a new one."""
        if name not in self._given:
            self._given[name] = next(self._free, 0)
            if not self._given[name]:
                raise QlumodError(f"account table: no id is left for {name}")
        return str(self._given[name])


def _group_stanza(row: Row, number: str, files: Files, maker: str) -> str:
    values = {"Group": row[0], "Gid": number}
    return stanza({**values, **_password(rows(files, GSHADOW), row[0]), "Packages": maker})


def _user_stanza(
    row: Row, number: str, files: Files, maker: str, *, homes: Mapping[str, int]
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
            "Packages": maker,
        }
    )


def _password(shadow: Rows, name: str) -> dict[str, str]:
    password = shadow[name][1] if name in shadow else "!"
    return {} if password == "!" else {"Password": password}


def _is_base(number: int) -> bool:
    return number <= _LAST_OF_BASE or number == _NOBODY


def _taken(files: Files, accounts: Accounts) -> Iterable[QlumodError]:
    """What of the table cannot be seeded, since names or ids are given away already."""
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


def _names(row: Row) -> list[str]:
    return [name for name in row[_MEMBERS].split(",") if name]


def _settled(path: str, row: Row) -> Row:
    """The fields of a line that must stay as they are once a module has made it."""
    if path in (GROUP, GSHADOW):
        return row[:_MEMBERS]
    return (*row[:_DATE], *row[_DATE + 1 :]) if path == SHADOW else row


def _meddling(table: Table, below: Files, above: Files) -> Iterable[QlumodError]:
    """Accounts of modules below that the build removed or changed."""
    now = rows(above, table.path)
    for name, row in rows(below, table.path).items():
        if name not in now:
            yield QlumodError(
                f"{table.path}: the build removed {table.what} {name} of a module below"
            )
        elif _settled(table.path, row) != _settled(table.path, now[name]):
            yield QlumodError(
                f"{table.path}: the build changed {table.what} {name} of a module below",
                details=[f"was: {':'.join(row)}", f"now: {':'.join(now[name])}"],
            )
        elif table.path in (GROUP, GSHADOW) and (gone := {*_names(row)} - {*_names(now[name])}):
            yield QlumodError(
                f"{table.path}: the build took {', '.join(sorted(gone))} out of group {name} of "
                "a module below"
            )


def _unlocked(below: Files, above: Files) -> Iterable[QlumodError]:
    """New accounts with a password, which would be a secret, or with an empty one."""
    for path, what in ((SHADOW, "user"), (GSHADOW, "group")):
        was = rows(below, path)
        for name, row in rows(above, path).items():
            if name not in was and row[1][:1] not in ("!", "*") and (row[1] or path == SHADOW):
                yield QlumodError(
                    f"{path}: the build gave {what} {name} "
                    f"{'a password' if row[1] else 'no password at all'}",
                    remedy="lock it: passwords come from the site, never from a layer",
                )


def _added(paths: Sequence[str], below: Files, above: Files) -> Iterable[str]:
    was = rows(below, paths[0])
    now = {path: rows(above, path) for path in paths}
    for name in now[paths[0]]:
        if name not in was:
            lines = {
                _FIELDS[path]: ":".join(now[path][name]) for path in paths if name in now[path]
            }
            yield stanza({"Name": name, **lines})


def _joined(below: Files, above: Files) -> Iterable[str]:
    """Memberships in groups of modules below."""
    was = {path: rows(below, path) for path in (GROUP, GSHADOW)}
    now = {path: rows(above, path) for path in (GROUP, GSHADOW)}
    for name in was[GROUP]:
        new = {
            field: [who for who in _names(now[path][name]) if who not in _names(was[path][name])]
            for path, field in ((GROUP, "Members"), (GSHADOW, "Gmembers"))
            if name in was[path] and name in now[path]
        }
        if any(new.values()):
            values = {field: " ".join(who) for field, who in new.items() if who}
            yield stanza({"Member-Of": name, **values})


def _ranges(below: Files, above: Files) -> Iterable[str]:
    for path in (SUBUID, SUBGID):
        rows(above, path)  # raises where a line is malformed
        was = text_of(below, path).split("\n")
        for line in text_of(above, path).split("\n"):
            if line.strip() and line not in was:
                yield stanza({"Range-Of": line.partition(":")[0], _FIELDS[path]: line})


class _Union:
    """The accounts of several modules, put together one by one."""

    def __init__(self) -> None:
        self.faults: list[QlumodError] = []
        self._rows: dict[str, Rows] = {table.path: {} for table in (*TABLES, *_RANGES)}
        self._modules: dict[tuple[str, str], ModuleName] = {}

    def take(self, module: ModuleName, values: Mapping[str, str]) -> None:
        """Add what one stanza of a fragment says."""
        if "Member-Of" in values:
            self._add_members(GROUP, values["Member-Of"], values.get("Members", ""))
            self._add_members(GSHADOW, values["Member-Of"], values.get("Gmembers", ""))
            return
        for path, field in _FIELDS.items():
            row = tuple(values.get(field, "").split(":"))
            if field in values and (wrong := _wrong(_TABLES[path], row)):
                self.faults.append(QlumodError(f"module {module}: state/accounts: {path}: {wrong}"))
            elif field in values:
                self._add(module, path, row)

    def files(self) -> dict[str, StateFile]:
        """The six files."""
        ids = {path: self._rows[path] for path in (PASSWD, GROUP)}
        order = {
            PASSWD: _in_order(ids[PASSWD]),
            SHADOW: _in_order(ids[PASSWD]),
            GROUP: _in_order(ids[GROUP]),
            GSHADOW: _in_order(ids[GROUP]),
        }
        tables = {
            table.path: _file(
                table,
                [
                    self._rows[table.path][name]
                    for name in order[table.path]
                    if name in self._rows[table.path]
                ],
            )
            for table in TABLES
        }
        ranges = {table.path: _file(table, self._rows[table.path].values()) for table in _RANGES}
        return {**tables, **ranges}

    def _add_members(self, path: str, group: str, members: str) -> None:
        row = self._rows[path].get(group)
        if row:
            names = dict.fromkeys([*_names(row), *members.split()])
            self._rows[path][group] = (*row[:_MEMBERS], ",".join(names))

    def _add(self, module: ModuleName, path: str, row: Row) -> None:
        name = row[0]
        present = self._rows[path].get(name)
        if present is None:
            check = self._check_range if path in (SUBUID, SUBGID) else self._check_id
            check(module, path, row)
            self._rows[path][name] = row
            self._modules[path, name] = module
        elif _settled(path, present) != _settled(path, row):
            self.faults.append(
                QlumodError(
                    f"{path}: modules {self._modules[path, name]} and {module} disagree about "
                    f"{name}",
                    details=[
                        f"{self._modules[path, name]}: {':'.join(present)}",
                        f"{module}: {':'.join(row)}",
                    ],
                )
            )
        elif path in (GROUP, GSHADOW):
            self._add_members(path, name, row[_MEMBERS].replace(",", " "))

    def _check_range(self, module: ModuleName, path: str, row: Row) -> None:
        """Subordinate ids are handed out in order, so that builds apart hand out the same ones."""
        start, count = int(row[1]), int(row[2])
        for name, other in self._rows[path].items():
            if start < int(other[1]) + int(other[2]) and int(other[1]) < start + count:
                self.faults.append(
                    QlumodError(
                        f"{path}: the ranges of {name} in module {self._modules[path, name]} "
                        f"and of {row[0]} in module {module} overlap"
                    )
                )

    def _check_id(self, module: ModuleName, path: str, row: Row) -> None:
        if path not in (PASSWD, GROUP):
            return
        for name, other in self._rows[path].items():
            if other[2] == row[2]:
                self.faults.append(
                    QlumodError(
                        f"{path}: id {row[2]} is {name} in module {self._modules[path, name]} "
                        f"and {row[0]} in module {module}",
                        remedy="give them different ids in the account table of the release, and "
                        "build both modules from it",
                    )
                )


def _in_order(table: Rows) -> list[str]:
    """base-passwd's order first, as it lies, then by id."""
    base = [name for name, row in table.items() if _is_base(int(row[2]))]
    others = [name for name, row in table.items() if not _is_base(int(row[2]))]
    return [*base, *sorted(others, key=lambda name: (int(table[name][2]), name))]


def _file(table: Table, lines: Iterable[Row]) -> StateFile:
    text = "".join(f"{':'.join(row)}\n" for row in lines)
    user, group = table.owners
    return StateFile(data=encoded(text), mode=table.mode, user=user, group=group)


ACCOUNTS = AccountsKind()
