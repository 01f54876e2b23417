"""The destination of built packages."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The directory of finished packages, and the check before they are moved there."""

    output: Path
    lint: bool = True
    """Whether lintian checks them: if it finds errors, nothing is delivered."""
