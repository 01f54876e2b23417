"""The problems of an image, for people and for programs: each with its mend."""

from dataclasses import dataclass, field
from enum import StrEnum

from qlumod.model.names import ModuleName


class ProblemKind(StrEnum):
    """What is wrong."""

    NOT_THERE = "not-there"
    DAMAGED = "damaged"
    MISSING_REQUIREMENT = "missing-requirement"
    CONFLICT = "conflict"
    VARIANTS = "variants"
    KERNEL = "kernel"
    NO_KERNEL = "no-kernel"
    SITE_FILES = "site-files"
    DEFINITION = "definition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """What mends a problem, as far as a program can do it."""

    add: tuple[ModuleName, ...] = ()
    """Modules to add to the image."""
    remove: tuple[ModuleName, ...] = ()
    """Modules to take out of the image; of several, one is enough."""
    install: tuple[ModuleName, ...] = ()
    """Modules whose packages are to be installed (again)."""
    version: str = ""
    """The version that the image may follow instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageProblem:
    """A reason why an image cannot be built."""

    kind: ProblemKind
    text: str
    remedy: str
    module: ModuleName | None = None
    """The module that it is about; None: the whole image."""
    other: ModuleName | None = None
    """The other module of a requirement or an exclusion."""
    mend: Mend = field(default_factory=Mend)
