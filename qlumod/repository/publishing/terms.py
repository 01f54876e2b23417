"""The options of a change of a suite, as the user gives them."""

from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.profile import RELEASED


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The repository to change, the time of the change, and whether it is only planned."""

    repository: Path
    date: int | None = None
    """The snapshot's time, in seconds since 1970; None: now."""
    valid_for: int | None = None
    """The seconds for which clients accept the snapshot; None: as many as for the earlier one."""
    dry_run: bool = False
    """Whether to report the changes without making them."""
    despite: str | None = None
    """The reason to publish packages that apt cannot install in the trial; None: none may be."""
    wait: float = 0.0
    """The maximum seconds to wait for another publisher."""

    def check(self) -> None:
        """Raise `QlumodError` for a reason that a Release file cannot have."""
        text = self.despite
        if text is not None and not (text.strip() == text != "" and text.isprintable()):
            raise QlumodError(f"{text!r} is no reason: it is one line of printable characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The requirements for packages that are added to a suite."""

    allow_older: bool = False
    """Whether a lower version may follow a higher one."""
    proofs: tuple[Path, ...] = ()
    """The proofs of the modules: documents of verify-stack."""
    unproved: bool = False
    """Whether modules without a proof are accepted."""
    profile: str = RELEASED
    """The profile that packages may be built with, besides the usual one."""
