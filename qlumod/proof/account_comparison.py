"""Comparing accounts by name: only ids may differ; independent of the rules of state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from qlumod.model.difference import Aspect, Difference
from qlumod.model.lines import lines_of
from qlumod.model.numbers import is_id
from qlumod.proof.scanned_tree import ScannedTree


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The format of an account file; each field has the aspect that a difference in it has."""

    path: str
    noun: str
    fields: tuple[tuple[str, Aspect], ...]


_TABLES = (
    _Table(
        path="/etc/passwd",
        noun="user",
        fields=(
            ("password", Aspect.ENTRY),
            ("uid", Aspect.ID),
            ("primary group", Aspect.ENTRY),
            ("gecos", Aspect.ENTRY),
            ("home", Aspect.ENTRY),
            ("shell", Aspect.ENTRY),
        ),
    ),
    _Table(
        path="/etc/group",
        noun="group",
        fields=(("password", Aspect.ENTRY), ("gid", Aspect.ID), ("members", Aspect.ENTRY)),
    ),
    _Table(
        path="/etc/shadow",
        noun="user",
        fields=(
            ("password", Aspect.ENTRY),
            ("day of change", Aspect.ENTRY),
            *((name, Aspect.ENTRY) for name in ("minimum", "maximum", "warning", "inactive")),
            ("expiry", Aspect.ENTRY),
            ("reserved", Aspect.ENTRY),
        ),
    ),
    _Table(
        path="/etc/gshadow",
        noun="group",
        fields=(
            ("password", Aspect.ENTRY),
            ("administrators", Aspect.ENTRY),
            ("members", Aspect.ENTRY),
        ),
    ),
)


def is_account_file(path: str) -> bool:
    """Whether a path is one of the four account files."""
    return any(table.path == path for table in _TABLES)


def account_differences(reference: ScannedTree, stack: ScannedTree) -> Iterator[Difference]:
    """The differences between the accounts of two trees, by name and field."""
    for table in _TABLES:
        if reference.data.get(table.path) == stack.data.get(table.path):
            continue
        expected, found = _rows(reference, table), _rows(stack, table)
        yield from _differing(table, expected, found)
        if list(expected) != list(found) and expected.keys() == found.keys():
            yield Difference(path=table.path, aspect=Aspect.ORDER, subject="accounts")


def _differing(
    table: _Table, expected: Mapping[str, list[str]], found: Mapping[str, list[str]]
) -> Iterator[Difference]:
    width = len(table.fields)
    for name in sorted({*expected, *found}):
        if len(expected.get(name, ())) != width or len(found.get(name, ())) != width:
            yield Difference(
                path=table.path,
                aspect=Aspect.ENTRY,
                subject=f"{table.noun} {name}",
                reference=":".join(expected.get(name, ())),
                stack=":".join(found.get(name, ())),
            )
            continue
        for (field, aspect), one, other in zip(
            table.fields, expected[name], found[name], strict=True
        ):
            if one != other:
                yield Difference(
                    path=table.path,
                    aspect=aspect,
                    subject=f"{table.noun} {name}: {field}",
                    reference=one,
                    stack=other,
                )


def _rows(tree: ScannedTree, table: _Table) -> dict[str, list[str]]:
    """The fields by name, in the file's order; a repeated name is a separate row."""
    groups = tree.groups()
    rows: dict[str, list[str]] = {}
    for line in lines_of(tree.data.get(table.path, b"").decode(errors="surrogateescape")):
        name, *values = line.split(":")
        if table.path == "/etc/passwd" and len(values) > 2 and is_id(values[2]):
            values[2] = groups.get(int(values[2]), f"#{values[2]}")
        if table.path in ("/etc/group", "/etc/gshadow") and values:
            values[-1] = ",".join(sorted(values[-1].split(",")))
        while name in rows:
            name += " again"
        rows[name] = values
    return rows
