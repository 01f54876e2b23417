"""Absolute paths taken apart: the last name, the directory, and those that fit a pattern."""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from qlumod.errors import QlumodError


def directory_of(path: str) -> str:
    """The path of the directory that a path lies in."""
    return "/" + "/".join(_names(path)[:-1])


def name_in(path: str) -> str:
    """The last name of a path, which must be one: what is made or removed has its own name."""
    names = _names(path)
    if not names or names[-1] == "..":
        raise QlumodError(f"{path!r} is no path of a file")
    return names[-1]


def fitting(pattern: str, names: Callable[[str], Iterable[str]]) -> list[str]:
    """The paths that may fit a pattern, in which ``*`` stands within one name.

    `names` tells those in a directory; a part without ``*`` is taken whether it is there or not.
    """
    found = [""]
    for part in pattern.strip("/").split("/"):
        if "*" in part:
            found = [
                f"{parent}/{name}"
                for parent in found
                for name in names(parent or "/")
                if fnmatchcase(name, part)
            ]
        else:
            found = [f"{parent}/{part}" for parent in found]
    return found


def _names(path: str) -> list[str]:
    """The names in a path but those that lead nowhere."""
    return [name for name in path.split("/") if name not in ("", ".")]
