"""On what terms a suite changes: what people say who change it."""

from dataclasses import dataclass
from pathlib import Path

from qlumod.model.profile import RELEASED


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Which repository changes, as of when, and whether it really does."""

    repository: Path
    date: int | None = None
    """The snapshot's time, in seconds since 1970; None: now."""
    valid_for: int | None = None
    """How many seconds clients believe the snapshot; None: as many as the one before."""
    dry_run: bool = False
    """Whether it is only told what would change."""
    wait: float = 0.0
    """How many seconds another publisher may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What is asked of packages that come into a suite."""

    allow_older: bool = False
    """Whether a lower version may follow a higher one."""
    proofs: tuple[Path, ...] = ()
    """Documents of verify-stack: modules need one."""
    unproved: bool = False
    """Whether modules need none."""
    profile: str = RELEASED
    """The profile that packages may be made in besides the usual one."""
