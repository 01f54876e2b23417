"""The files of qlumod that decide a result: the import closure of its entry points.

A result in the cache is "up to date" only as long as the code is the same that would make it again.
So its identity has the digest of that code: of the files of some entry points, of all that they
import, directly or not, and of what lies beside these files and is no Python.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
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
        "packaging/debian/apt_archives.py": "what it finds is in the lock, which is in identities",
        "packaging/debian/archives/": "what they hold is in the lock, which is in the identities",
        "packaging/debian/solving/": "what apt chooses is in the lock, which is in the identities",
        "packaging/solving/": "what modules get is in the lock, which is in the identities",
    }
)
"""Rooms that decide no result, with the reason; a path in the package, or a directory."""

PACKAGE = Path(qlumod.__file__).parent
"""The directory of the files."""

_NAMED = re.compile(r"(qlumod(?:\.\w+)*)(?:[ \t]+import[ \t]+(\([^)]*\)|[^\n]+))?")
"""A module that is imported, or called by its name (`namespace.call_inside`), or only spoken of."""
_PYTHON = (".py", ".pyc")
_WORD = re.compile(r"\w+")


@cache
def code_digest(*entries: str, harmless: tuple[str, ...] = ()) -> Digest:
    """The digest of the files of a closure, at the time of the first call."""
    return digest_value(closure(*entries, harmless=harmless))


def closure(
    *entries: str, harmless: Iterable[str] = (), package: Path = PACKAGE
) -> Mapping[str, bytes]:
    """All files that decide what the entries' code does, by their paths below the package.

    Files in `harmless` are neither included nor followed.
    """
    left_out = (*HARMLESS, *harmless)
    there = _files(package)
    paths = {_module(path): path for path in there if path.endswith(".py")}
    found: dict[str, bytes] = {}
    ahead = list(entries)
    while ahead:
        path = ahead.pop()
        if path not in found and not _is_in(path, left_out):
            found[path] = _read(f"{package}/{path}")
            ahead += (paths[name] for name in paths.keys() & _imported(found[path]))
    folders = set(map(_folder, found))
    beside = (path for path in there if not path.endswith(_PYTHON) and _folder(path) in folders)
    return {**found, **{path: _read(f"{package}/{path}") for path in beside}}


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a str, for speed
        return file.read()


@cache
def _imported(source: bytes) -> frozenset[str]:
    """The names that a source imports or calls."""
    return frozenset(imports(source.decode("utf-8")))


def imports(text: str) -> Iterator[str]:
    """The names of qlumod's modules that a source imports or calls, and of their members."""
    for module, names in _NAMED.findall(text):
        yield module
        yield from (f"{module}.{word}" for word in _WORD.findall(names))


def _is_in(path: str, rooms: Iterable[str]) -> bool:
    return any(path.startswith(room) if room.endswith("/") else path == room for room in rooms)


def _module(path: str) -> str:
    """The name of the module of a file: ``qlumod.model.names``."""
    return f"qlumod/{path}".removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _files(package: Path) -> frozenset[str]:
    """The paths of all files below the package."""
    top = len(f"{package}/")
    return frozenset(f"{at}/{name}"[top:] for at, _, names in os.walk(package) for name in names)
