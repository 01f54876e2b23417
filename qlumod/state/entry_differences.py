"""The differences between two entries of a path: what a layer stores of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qlumod.model.tree import TreeEntry

_OVERLAY = ("trusted.overlay.", "user.overlay.")
ACCESS_LISTS = "system.posix_acl_"
"""The names of access control lists among the attributes of a path: a squashfs stores none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of users and groups by their ids, for errors."""

    users: Mapping[int, str] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)


def same(one: TreeEntry, other: TreeEntry) -> bool:
    """Whether two entries are equal in everything that a layer stores, except times."""
    return _what_counts(one) == _what_counts(other)


def differences(was: TreeEntry, now: TreeEntry, names: Names) -> tuple[str, ...]:
    """The differences between two entries of a path, as text for people."""
    before, after = _what_counts(was, names), _what_counts(now, names)
    return tuple(
        f"{name} was {before[name]}, is {after[name]}"
        for name in before
        if before[name] != after[name]
    )


def _what_counts(entry: TreeEntry, names: Names | None = None) -> dict[str, str]:
    names = names or Names()
    return {
        "type": entry.type,
        "mode": f"{entry.mode:04o}",
        "uid": _named(entry.uid, names.users),
        "gid": _named(entry.gid, names.groups),
        "target": entry.target,
        "device": str(entry.rdev),
        "size": str(entry.size) if entry.type == "f" else "",
        "content": entry.digest,
        "attributes": " ".join(
            f"{name}={value.hex()}"
            for name, value in entry.xattrs
            if not name.startswith((*_OVERLAY, ACCESS_LISTS))
        ),
    }


def _named(number: int, names: Mapping[int, str]) -> str:
    """An id with its name, if it has one."""
    return f"{number} ({names[number]})" if number in names else str(number)
