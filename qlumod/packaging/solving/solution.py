"""The results of the solver: for one question, and for all modules."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from qlumod.model.json_values import Json
from qlumod.model.lock import LockedPackage


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A version of a package that was chosen."""

    package: str
    version: str
    record: str
    """Its entry in the index of its archive, unchanged."""
    index: str
    """The index that has it, in the packaging's notation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChange:
    """A change to an installed package; `new` is empty if it would be removed."""

    package: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """The packages that would be installed and changed, and why."""

    new: tuple[Chosen, ...]
    reasons: Mapping[str, str]
    changes: tuple[VersionChange, ...]
    unmet: tuple[str, ...]
    """Names of requests that are not installed, without a reason."""

    @property
    def as_json(self) -> Json:
        """The solution in the form that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Json) -> "Solution":
        """Read the result of `as_json`."""
        return cls(
            new=tuple(Chosen(**chosen) for chosen in given["new"]),
            reasons=given["reasons"],
            changes=tuple(VersionChange(**change) for change in given["changes"]),
            unmet=tuple(given["unmet"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why requests cannot be installed."""

    reasons: tuple[str, ...] = ()
    """In the words of the package manager."""
    bounds: tuple[str, ...] = ()
    """The packages of which no version satisfies a bound, by these reasons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageOffer:
    """A version of a package in an archive."""

    package: str
    version: str
    archive: str
    kernel_modules: tuple[str, ...] = ()
    """Packages of sources of kernel modules that it depends on, or recommends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """The packages of all modules, or what is known of old and of sought packages."""

    packages: tuple[LockedPackage, ...] = ()
    indexes: tuple[tuple[str, str, str], ...] = ()
    """The indexes that were read: archive, suite, and the packaging's notation of their files."""
    gone: tuple[int, ...] = ()
    """The positions of those old packages that no archive has in that version."""
    offers: tuple[PackageOffer, ...] = ()
    """The versions of the sought packages; by package, the newest first."""
