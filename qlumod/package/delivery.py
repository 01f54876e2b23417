"""Where packages go that were built."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where finished packages go, and what they must stand before."""

    output: Path
    lint: bool = True
    """Whether lintian looks at them: where it finds errors, nothing gets there."""
