"""Which of qlumod's own files decide a result: those that are imported on the way to it.

A result in the cache is "up to date" only as long as the code is the same that would make it again.
So its identity has the digest of that code: of the files of some entry points, of all that they
import, directly or not, and of what lies beside these files and is no Python.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from types import MappingProxyType

import qlumod
from qlumod.model.digests import digest_value
from qlumod.model.names import Digest

HARMLESS: Mapping[str, str] = MappingProxyType(
    {
        "__init__.py": "it says which version this is, and nothing of what that does",
        "cli/": "it says what to make, and all that it says is in the identities",
        "errors.py": "an error makes no result",
        "events.py": "what is announced changes nothing",
        "late.py": "it decides when other people's modules are imported",
    }
)
"""Rooms that decide no result whatever it is, and why; a path of the package, or a directory."""

PACKAGE = Path(qlumod.__file__).parent
"""Where the files lie."""

_NAME = r"qlumod(?:\.\w+)*"
_IMPORT = re.compile(
    rf"^[ \t]*(?:from[ \t]+({_NAME})[ \t]+import[ \t]+(\([^)]*\)|[^\n]+)|import[ \t]+({_NAME}))",
    re.MULTILINE,
)
_CALLED = re.compile(rf'"({_NAME})(?::\w+)?"')
"""A module, or a function of one, that is called by its name: `namespace.call_inside`."""
_PYTHON = (".py", ".pyc")
_WORD = re.compile(r"\w+")


@cache
def code_digest(*entries: str, harmless: tuple[str, ...] = ()) -> Digest:
    """The digest of the files of a closure, as they are when it is asked for first."""
    files = closure(*entries, harmless=harmless)
    return digest_value({path: (PACKAGE / path).read_bytes() for path in files})


def closure(
    *entries: str, harmless: Iterable[str] = (), package: Path = PACKAGE
) -> tuple[str, ...]:
    """The paths below the package of all files that decide what the entries' code does, sorted.

    What is `harmless` is neither among them nor followed.
    """
    left_out = (*HARMLESS, *harmless)
    there = _files(package)
    found: set[str] = set()
    ahead = list(entries)
    while ahead:
        path = ahead.pop()
        if path not in found and not _is_in(path, left_out):
            found.add(path)
            names = imports((package / path).read_text(encoding="utf-8"))
            ahead += there.intersection(chain.from_iterable(map(_paths_of, names)))
    folders = {Path(path).parent for path in found}
    beside = {p for p in there if not p.endswith(_PYTHON) and Path(p).parent in folders}
    return tuple(sorted(found | beside))


def imports(text: str) -> Iterator[str]:
    """The names of qlumod's modules that a source text imports or calls, and of what is in them."""
    for module, names, alone in _IMPORT.findall(text):
        yield module or alone
        yield from (f"{module}.{word}" for word in _WORD.findall(names))
    yield from _CALLED.findall(text)


def _is_in(path: str, rooms: Iterable[str]) -> bool:
    return any(path.startswith(room) if room.endswith("/") else path == room for room in rooms)


def _paths_of(name: str) -> tuple[str, str]:
    """Where the file of a module is, if there is one of that name."""
    path = name.partition(".")[2].replace(".", "/")
    return f"{path}.py", f"{path}/__init__.py".lstrip("/")


def _files(package: Path) -> frozenset[str]:
    """The paths of all files below the package."""
    return frozenset(
        str(Path(folder, name).relative_to(package))
        for folder, _, names in os.walk(package)
        for name in names
    )
