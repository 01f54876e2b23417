"""The account files: passwd, group, shadow, gshadow, and the ranges of subordinate ids.

They have the modes that shadow's tools and base-passwd give them: passwd, group, subuid and subgid
0644 root:root, shadow and gshadow 0640 root:shadow.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from qlumod.model.characters import not_allowed, unseen
from qlumod.model.numbers import is_id
from qlumod.state.kind import Files, Malformed, StateFile, encoded, parsed, text_of

PASSWD, SHADOW = "/etc/passwd", "/etc/shadow"
GROUP, GSHADOW = "/etc/group", "/etc/gshadow"
SUBUID, SUBGID = "/etc/subuid", "/etc/subgid"
PATHS = (PASSWD, SHADOW, GROUP, GSHADOW, SUBUID, SUBGID)

Row = tuple[str, ...]
"""The fields of a line."""
Rows = dict[str, Row]
"""The lines of a file by name, in the file's order."""

MEMBERS = 3
"""The last field of group and gshadow: the members."""
_SHOWN = 40
"""The maximum number of characters of a malformed line that an error shows."""
_LAST_OF_BASE, _NOBODY = 99, 65534
"""base-passwd's ids: 0 to 99 and 65534 (Policy 9.2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The format of the lines of one of the four files."""

    path: str
    what: str
    width: int
    """The number of fields of a line."""
    ids: tuple[int, ...] = ()
    """The fields that are ids, or counts of ids."""
    mode: int
    owners: tuple[str, str]


TABLES = (
    Table(path=PASSWD, what="user", width=7, ids=(2, 3), mode=0o644, owners=("root", "root")),
    Table(path=SHADOW, what="user", width=9, mode=0o640, owners=("root", "shadow")),
    Table(path=GROUP, what="group", width=4, ids=(2,), mode=0o644, owners=("root", "root")),
    Table(path=GSHADOW, what="group", width=4, mode=0o640, owners=("root", "shadow")),
)
RANGES = (
    Table(path=SUBUID, what="range of", width=3, ids=(1, 2), mode=0o644, owners=("root", "root")),
    Table(path=SUBGID, what="range of", width=3, ids=(1, 2), mode=0o644, owners=("root", "root")),
)
_TABLES = {table.path: table for table in (*TABLES, *RANGES)}


def rows(files: Files, path: str) -> Rows:
    """The lines of one of the files, by name; raises if a line is malformed."""
    return {row[0]: row for row in parsed(path, text_of(files, path), partial(_rows, path))}


def _rows(path: str, text: str) -> list[Row]:
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            row = tuple(line.split(":"))
            if wrong := wrong_row(path, row):
                raise Malformed(number, wrong)
            found.append(row)
    return found


def wrong_row(path: str, row: Row) -> str:
    """The fault of a line, or "". Of a line of shadow, the text has only the name."""
    table = _TABLES[path]
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


def is_base(number: int) -> bool:
    """Whether base-passwd assigns an id."""
    return number <= _LAST_OF_BASE or number == _NOBODY


def members_of(row: Row) -> list[str]:
    """The members in a line of group or gshadow."""
    return [name for name in row[MEMBERS].split(",") if name]


def account_file(table: Table, lines: Iterable[Row]) -> StateFile:
    """One of the files with its mode and owners."""
    text = "".join(f"{':'.join(row)}\n" for row in lines)
    user, group = table.owners
    return StateFile(data=encoded(text), mode=table.mode, user=user, group=group)
