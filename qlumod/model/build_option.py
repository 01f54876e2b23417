"""Variables and options for the compilation of kernel modules: the field Build-Options."""

import re
from dataclasses import dataclass
from typing import Final

from qlumod.errors import QlumodError
from qlumod.model.names import FlavorName, PackageName, flavor_name, package_name

_LINE = re.compile(r"([a-z0-9][a-z0-9+.-]+)(?: *<([a-z0-9 ]+)>)? *: *(\S.*)")
_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=.*")
_OPTION = re.compile(r"(--[a-z][a-z-]*)(?:=.+)?")
FIXED_VARIABLES: Final = (
    "HOME",
    "KBUILD_BUILD_HOST",
    "KBUILD_BUILD_TIMESTAMP",
    "KBUILD_BUILD_USER",
    "LC_ALL",
    "PATH",
    "SOURCE_DATE_EPOCH",
    "TZ",
)
"""The variables that have the same value in every compilation, for the same bytes."""
_FIXED_OPTIONS = (
    "--all",
    "--arch",
    "--archive",
    "--binaries-only",
    "--dkmstree",
    "--installtree",
    "--kernelver",
    "--module",
    "--quiet",
    "--source-only",
    "--sourcetree",
    "--templatekernel",
    "--version",
)
"""The options of dkms that say what is compiled, for which kernel, and where it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOption:
    """A variable or an option for compiling the kernel modules of one package."""

    package: PackageName
    """The package of the sources."""
    text: str
    """``NAME=value``, a variable of the environment, or ``--name`` or ``--name=value``."""
    flavors: tuple[FlavorName, ...] = ()
    """The flavors to which it applies; empty: all."""

    def __str__(self) -> str:
        flavors = f" <{' '.join(self.flavors)}>" if self.flavors else ""
        return f"{self.package}{flavors}: {self.text}"


def parse_build_option(text: str) -> BuildOption:
    """Read ``x-dkms: NAME=value`` or ``x-dkms <bookworm>: --name=value``; raises `QlumodError`."""
    found = _LINE.fullmatch(text)
    if not found:
        raise QlumodError(
            f"{text!r} is no option: it has the form 'PACKAGE: NAME=value' or "
            "'PACKAGE: --option=value'"
        )
    package, flavors, what = found.groups()
    return BuildOption(
        package=package_name(package),
        text=option_text(what),
        flavors=tuple(flavor_name(name) for name in (flavors or "").split()),
    )


def option_text(text: str) -> str:
    """Check a variable or an option; raises `QlumodError`."""
    variable, option = _VARIABLE.fullmatch(text), _OPTION.fullmatch(text)
    if variable and variable[1] in FIXED_VARIABLES:
        raise QlumodError(
            f"{text!r}: {variable[1]} is the same in every compilation, so that the same sources "
            "give the same bytes"
        )
    if option and option[1] in _FIXED_OPTIONS:
        raise QlumodError(
            f"{text!r}: what dkms compiles, for which kernel and where, follows from the lock"
        )
    if not variable and not option:
        raise QlumodError(
            f"{text!r} is neither a variable, such as 'NAME=value', nor an option, such as "
            "'--directive=NAME=value'"
        )
    return text


def variables_in(options: tuple[str, ...]) -> dict[str, str]:
    """The variables among checked options, by name."""
    pairs = (text.partition("=") for text in options if not text.startswith("-"))
    return {name: value for name, _, value in pairs}


def words_in(options: tuple[str, ...]) -> tuple[str, ...]:
    """The options of dkms among checked options, in their order."""
    return tuple(text for text in options if text.startswith("-"))
