"""Accounts: what a module adds to passwd, group, shadow, gshadow, subuid and subgid; the union."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.names import ModuleName
from qlumod.state.account_files import (
    GROUP,
    GSHADOW,
    MEMBERS,
    PASSWD,
    PATHS,
    RANGES,
    SHADOW,
    SUBGID,
    SUBUID,
    TABLES,
    Row,
    Rows,
    Table,
    account_file,
    is_base,
    members_of,
    rows,
    wrong_row,
)
from qlumod.state.fragment import in_fragment, joined, keyed, stanza, write_fragment
from qlumod.state.kind import Files, Fragments, StateFile, encoded, text_of

_DATE = 2
"""The field of shadow with the day of the last password change."""
_FIELDS = {path: path.rpartition("/")[2].capitalize() for path in PATHS}
"""The fragment's field for a line of a file: ``Passwd``, ``Shadow`` …"""


class AccountsKind:
    """A union by name; one name with two ids, or one id with two names, is an error.

    A fragment has a stanza for each account, with its lines; for each group of a lower module that
    got new members (``Members``, ``Gmembers``); and for each new range of subordinate ids.
    """

    name = "accounts"
    patterns = PATHS
    targets: tuple[str, ...] = ()

    def claims(self, path: str, target: str = "") -> bool:
        """Whether the path is one of the six files."""
        del target
        return path in PATHS

    def capture(self, below: Files, above: Files) -> bytes:
        """The accounts that the build added, and the new members of existing groups."""
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
        """The lines by name, without ids and dates; a primary group is given by its name."""
        groups = {row[2]: name for name, row in rows(files, GROUP).items()}
        forms: Mapping[str, Callable[[Row], Row]] = {
            PASSWD: lambda row: (row[0], row[1], groups.get(row[3], row[3]), *row[4:]),
            SHADOW: lambda row: (*row[:_DATE], *row[_DATE + 1 :]),
            GROUP: lambda row: (row[0], row[1], *sorted(members_of(row))),
            GSHADOW: lambda row: (*row[:MEMBERS], *sorted(members_of(row))),
            SUBUID: lambda row: (row[0], row[2]),
            SUBGID: lambda row: (row[0], row[2]),
        }
        return {
            path: encoded("".join(f"{':'.join(row)}\n" for row in sorted(map(form, found))))
            for path, form in forms.items()
            if path in files
            for found in [list(rows(files, path).values())]
        }


def _settled(path: str, row: Row) -> Row:
    """The fields of a line that no other module may change."""
    if path in (GROUP, GSHADOW):
        return row[:MEMBERS]
    return (*row[:_DATE], *row[_DATE + 1 :]) if path == SHADOW else row


def _meddling(table: Table, below: Files, above: Files) -> Iterable[QlumodError]:
    """An error for each account of a lower module that the build removed or changed."""
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
        elif table.path in (GROUP, GSHADOW) and (
            gone := {*members_of(row)} - {*members_of(now[name])}
        ):
            yield QlumodError(
                f"{table.path}: the build took {', '.join(sorted(gone))} out of group {name} of "
                "a module below"
            )


def _unlocked(below: Files, above: Files) -> Iterable[QlumodError]:
    """An error for each new account with a password (a secret) or an empty password."""
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
    """A stanza for each group of a lower module that got new members."""
    was = {path: rows(below, path) for path in (GROUP, GSHADOW)}
    now = {path: rows(above, path) for path in (GROUP, GSHADOW)}
    for name in was[GROUP]:
        new = {
            field: [
                who for who in members_of(now[path][name]) if who not in members_of(was[path][name])
            ]
            for path, field in ((GROUP, "Members"), (GSHADOW, "Gmembers"))
            if name in was[path] and name in now[path]
        }
        if any(new.values()):
            values = {field: " ".join(who) for field, who in new.items() if who}
            yield stanza({"Member-Of": name, **values})


def _ranges(below: Files, above: Files) -> Iterable[str]:
    for path in (SUBUID, SUBGID):
        rows(above, path)  # raises if a line is malformed
        was = text_of(below, path).split("\n")
        for line in text_of(above, path).split("\n"):
            if line.strip() and line not in was:
                yield stanza({"Range-Of": line.partition(":")[0], _FIELDS[path]: line})


class _Union:
    """The accounts of several modules, merged one by one."""

    def __init__(self) -> None:
        self.faults: list[QlumodError] = []
        self._rows: dict[str, Rows] = {table.path: {} for table in (*TABLES, *RANGES)}
        self._modules: dict[tuple[str, str], ModuleName] = {}

    def take(self, module: ModuleName, values: Mapping[str, str]) -> None:
        """Add the lines of one stanza of a fragment."""
        if "Member-Of" in values:
            self._add_members(GROUP, values["Member-Of"], values.get("Members", ""))
            self._add_members(GSHADOW, values["Member-Of"], values.get("Gmembers", ""))
            return
        for path, field in _FIELDS.items():
            row = tuple(values.get(field, "").split(":"))
            if field in values and (wrong := wrong_row(path, row)):
                self.faults.append(QlumodError(f"module {module}: state/accounts: {path}: {wrong}"))
            elif field in values:
                self._add(module, path, row)

    def files(self) -> dict[str, StateFile]:
        ids = {path: self._rows[path] for path in (PASSWD, GROUP)}
        order = {
            PASSWD: _in_order(ids[PASSWD]),
            SHADOW: _in_order(ids[PASSWD]),
            GROUP: _in_order(ids[GROUP]),
            GSHADOW: _in_order(ids[GROUP]),
        }
        tables = {
            table.path: account_file(
                table,
                [
                    self._rows[table.path][name]
                    for name in order[table.path]
                    if name in self._rows[table.path]
                ],
            )
            for table in TABLES
        }
        ranges = {
            table.path: account_file(table, self._rows[table.path].values()) for table in RANGES
        }
        return {**tables, **ranges}

    def _add_members(self, path: str, group: str, members: str) -> None:
        row = self._rows[path].get(group)
        if row:
            names = dict.fromkeys([*members_of(row), *members.split()])
            self._rows[path][group] = (*row[:MEMBERS], ",".join(names))

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
            self._add_members(path, name, row[MEMBERS].replace(",", " "))

    def _check_range(self, module: ModuleName, path: str, row: Row) -> None:
        """Note an error if a range overlaps one of another name.

        Subordinate ids are assigned in order, so independent builds assign the same ranges.
        """
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
    """The accounts of base-passwd in the order of the file, then all others by id."""
    base = [name for name, row in table.items() if is_base(int(row[2]))]
    others = [name for name, row in table.items() if not is_base(int(row[2]))]
    return [*base, *sorted(others, key=lambda name: (int(table[name][2]), name))]


ACCOUNTS = AccountsKind()
