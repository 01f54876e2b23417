"""What was chosen: for one question, and for all modules."""

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
    """What the index of its archive says of it, as it is written there."""
    index: str
    """The index that has it, as the packaging finds it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChange:
    """What would become of an installed package; `new` is empty where it would be removed."""

    package: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What would be installed and changed, and why."""

    new: tuple[Chosen, ...]
    reasons: Mapping[str, str]
    changes: tuple[VersionChange, ...]
    unmet: tuple[str, ...]
    """Names of requests that are not installed, without a reason."""

    @property
    def as_json(self) -> Json:
        """The solution as `from_json` reads it."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Json) -> "Solution":
        """Read what `as_json` gives."""
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
    """The packages of which they say that no version is within a bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """What all modules get, or which old packages are gone."""

    packages: tuple[LockedPackage, ...] = ()
    indexes: tuple[tuple[str, str, str], ...] = ()
    """What was read: archive, suite, and how the packaging finds their files again."""
    gone: tuple[int, ...] = ()
    """The places of those old packages that no archive has in that version."""
