"""depmod's indexes, split into entries, each of which belongs to an installed kernel module."""

from collections.abc import Callable, Iterator, Mapping

from qlumod.errors import QlumodError
from qlumod.model.lines import lines_of
from qlumod.state.kernel_modules import kernel_module_name
from qlumod.state.kind import Files, decoded_lines, encoded, matches_any

PATTERNS = tuple(
    f"/usr/lib/modules/*/modules.{name}"
    for name in (
        "alias",
        "alias.bin",
        "dep",
        "dep.bin",
        "devname",
        "softdep",
        "symbols",
        "symbols.bin",
        "weakdep",
    )
)
_MAGIC = 0xB007F457
_OFFSET = 0x0FFFFFFF
_PREFIX, _VALUES, _CHILDREN = 0x80000000, 0x40000000, 0x20000000
_NUMBER = 4
"""The size of a number in bytes."""


class ModuleIndexes:
    """The entries of the text and binary indexes; each one begins with a module's name."""

    name = "kernel-modules"

    def claims(self, path: str, target: str = "") -> bool:
        """Whether the path is such an index."""
        return not target and matches_any(path, PATTERNS)

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """A line for each entry, sorted."""
        return {
            path: encoded("".join(f"{line}\n" for line in sorted(_whole(path, file.data))))
            for path, file in files.items()
            if self.claims(path)
        }

    def alike(self, one: bytes, other: bytes) -> bool:
        """Whether two binary indexes differ only in the order of the modules (depmod's numbers)."""
        try:
            return _without_order(one) == _without_order(other)
        except (ValueError, LookupError, RecursionError):
            return False


MODULE_INDEXES = ModuleIndexes()


def _whole(path: str, data: bytes) -> list[str]:
    try:
        return list(_lines(path, data))
    except (ValueError, LookupError, RecursionError) as fault:
        raise QlumodError(
            f"{path}: it is no index as depmod writes it: {fault}",
            remedy="see which package brings it, and have it mended or leave it out",
        ) from fault


def _lines(path: str, data: bytes) -> Iterator[str]:
    name = path.rpartition("/")[2].removeprefix("modules.")
    if name.endswith(".bin"):
        for key, value, _ in _entries(data):
            yield f"{key} {_unordered(value)}" if name == "dep.bin" else f"{value} {key}"
    else:
        for line in lines_of(decoded_lines(data)):
            module = "" if line.startswith("#") else f"{_MODULE_OF[name](line)} "
            yield f"{module}{_unordered(line) if name == 'dep' else line}"


def _unordered(line: str) -> str:
    """A module and its sorted dependencies: other installed modules may change their order."""
    module, colon, needed = line.partition(":")
    return " ".join((f"{module}{colon}", *sorted(needed.split())))


_MODULE_OF: Mapping[str, Callable[[str], str]] = {
    "alias": lambda line: line.rpartition(" ")[2],
    "dep": lambda line: kernel_module_name(line.partition(":")[0]),
    "devname": lambda line: line.partition(" ")[0],
    "softdep": lambda line: line.split(" ")[1],
    "symbols": lambda line: line.rpartition(" ")[2],
    "weakdep": lambda line: line.split(" ")[1],
}


def _without_order(data: bytes) -> bytes:
    """A binary index in which no value has a number."""
    found = bytearray(data)
    for _, _, at in _entries(data):
        found[at : at + _NUMBER] = bytes(_NUMBER)
    return bytes(found)


def _entries(data: bytes) -> Iterator[tuple[str, str, int]]:
    """The keys and values of kmod's index files (libkmod-index.c), and the places of the numbers.

    The number before each value is its module's place among the installed ones.
    """
    if _number(data, 0) != _MAGIC:
        raise ValueError("no index of kmod")
    yield from _below(data, _number(data, 2 * _NUMBER), "")


def _below(data: bytes, node: int, key: str) -> Iterator[tuple[str, str, int]]:
    at = node & _OFFSET
    if node & _PREFIX:
        prefix, at = _text(data, at)
        key += prefix
    if node & _CHILDREN:
        first, last = data[at], data[at + 1]
        at += 2
        for letter in range(first, last + 1):
            child = _number(data, at)
            at += _NUMBER
            if child:
                yield from _below(data, child, key + chr(letter))
    if node & _VALUES:
        count = _number(data, at)
        at += _NUMBER
        for _ in range(count):
            number = at
            value, at = _text(data, number + _NUMBER)
            yield key, value, number


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + _NUMBER], "big")


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(0, at)
    return decoded_lines(data[at:end]), end + 1
