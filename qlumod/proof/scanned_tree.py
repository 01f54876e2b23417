"""A scanned tree for the comparison, and the file format of a scan."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import chain
from operator import attrgetter
from typing import Any

from qlumod.errors import QlumodError
from qlumod.model.lines import lines_of
from qlumod.model.numbers import is_id
from qlumod.model.packed import gzipped, unpacked_lines
from qlumod.model.tree import TreeEntry
from qlumod.state.kind import StateFile

MOST_SCAN = 1 << 28
"""The most bytes of a compressed scan: one of a million paths has a fifth of them."""
_MOST_UNPACKED = 1 << 30
_WHAT, _REMEDY = "what was kept of a root", "prove it anew: --fresh"
_DAMAGED = (
    StopIteration, ValueError, TypeError, LookupError, AttributeError, RecursionError,
)  # fmt: skip
"""Exceptions of json, and of values that `dumped` does not write."""
_FIELDS = tuple(field.name for field in fields(TreeEntry))
_VALUES = attrgetter(*_FIELDS)
_XATTRS = _FIELDS.index("xattrs")
_ACCOUNTS = ("/etc/passwd", "/etc/group")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedTree:
    """All paths of a root, and the bytes of the files that are compared by entry."""

    entries: Mapping[str, TreeEntry]
    data: Mapping[str, bytes]
    """The bytes by path; always includes `/etc/passwd` and `/etc/group` if the root has them."""

    def users(self) -> dict[int, str]:
        """The names of the root's users by id; the first name of an id is used."""
        return _names(self.data.get(_ACCOUNTS[0], b""))

    def groups(self) -> dict[int, str]:
        """The names of the root's groups by id."""
        return _names(self.data.get(_ACCOUNTS[1], b""))

    def state_files(self) -> dict[str, StateFile]:
        """All files with known bytes and all symbolic links, in the form for rules of state."""
        users, groups = self.users(), self.groups()
        found = {}
        for path, entry in self.entries.items():
            data = entry.target.encode(errors="surrogateescape") if entry.type == "l" else None
            if entry.type == "f":
                data = self.data.get(path)
            if data is not None:
                found[path] = StateFile(
                    data=data,
                    mode=entry.mode,
                    user=users.get(entry.uid, str(entry.uid)),
                    group=groups.get(entry.gid, str(entry.gid)),
                    link=entry.type == "l",
                )
        return found


def dumped(tree: ScannedTree) -> bytes:
    """Write a tree as compressed JSON lines: first the data, then one line per entry."""
    data = {path: b64encode(content).decode() for path, content in tree.data.items()}
    rows = chain([data], map(_row, tree.entries.values()))
    return gzipped((json.dumps(row).encode() + b"\n" for row in rows), level=1)


def loaded(text: bytes) -> ScannedTree:
    """Read what `dumped` wrote; raises `QlumodError`."""
    try:
        return _loaded(unpacked_lines(text, _WHAT, most=_MOST_UNPACKED))
    except QlumodError as fault:
        raise QlumodError(fault.brief, remedy=_REMEDY) from fault
    except _DAMAGED as fault:
        raise QlumodError(f"{_WHAT} is damaged: {fault}", remedy=_REMEDY) from fault


def _loaded(lines: Iterator[bytes]) -> ScannedTree:
    data = {path: b64decode(content) for path, content in json.loads(next(lines)).items()}
    entries = map(_entry, map(json.loads, lines))
    return ScannedTree(entries={entry.path: entry for entry in entries}, data=data)


def _row(entry: TreeEntry) -> list[Any]:
    values = [*_VALUES(entry)]
    values[_XATTRS] = [(name, value.hex()) for name, value in entry.xattrs]
    return values


def _entry(row: list[Any]) -> TreeEntry:
    values = dict(zip(_FIELDS, row, strict=True))
    values["xattrs"] = tuple((name, bytes.fromhex(value)) for name, value in values["xattrs"])
    values["inode"] = tuple(values["inode"])
    return TreeEntry(**values)


def _names(table: bytes) -> dict[int, str]:
    names: dict[int, str] = {}
    for line in lines_of(table.decode(errors="surrogateescape")):
        name, *values = line.split(":")
        if len(values) > 1 and is_id(values[1]):
            names.setdefault(int(values[1]), name)
    return names
