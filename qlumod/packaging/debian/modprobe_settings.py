"""Settings of modprobe.d(5) that mkinitramfs only copies: they choose no module for the initrd.

mkinitramfs asks modprobe(8) which kernel modules the wanted ones need, and modprobe reads these
files. What a line says of one module counts only where that module is wanted or needed.
"""

import re
from collections.abc import Collection, Mapping

from qlumod.model.cpio import InitrdPath

_OF_ONE_MODULE = ("blacklist", "install", "remove", "softdep")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+")
"""A module's name without wildcards."""
_MODULE = re.compile(r"usr/lib/modules/[^/]+/.*/([^/]+)\.ko(?:\.[a-z0-9]+)?")
_BUILT_IN = re.compile(r"usr/lib/modules/[^/]+/modules\.builtin")


def kernel_modules(initrd: Mapping[str, InitrdPath]) -> frozenset[str]:
    """The kernel modules of an initrd, and those in the kernel; `ValueError`: it lacks a list."""
    lists = [one.data for path, one in initrd.items() if _BUILT_IN.fullmatch(path)]
    if not lists:
        raise ValueError("the initrd does not say which modules are in the kernel")
    names = {
        line.rpartition("/")[2].partition(".ko")[0]
        for data in lists
        for line in data.decode("utf-8", "replace").split("\n")
    }
    names.update(found[1] for found in map(_MODULE.fullmatch, initrd) if found)
    return frozenset(map(_plain, names))


def chooses_nothing(text: str, modules: Collection[str]) -> bool:
    """Whether a file of settings changes nothing in an initrd that has these kernel modules."""
    return all(_chooses_nothing(line, modules) for line in text.split("\n"))


def _chooses_nothing(line: str, modules: Collection[str]) -> bool:
    words = line.split()
    if line.endswith("\\"):
        # The next line belongs to it.
        return False
    if not words or words[0].startswith("#") or words[0] == "options":
        return True
    return (
        words[0] in _OF_ONE_MODULE
        and len(words) > 1
        and _PLAIN_NAME.fullmatch(words[1]) is not None
        and _plain(words[1]) not in modules
    )


def _plain(name: str) -> str:
    """A module's name as the kernel has it."""
    return name.replace("-", "_")
