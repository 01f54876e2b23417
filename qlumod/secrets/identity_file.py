"""A file that makes a machine itself: what it is, where it lies, whose it is, and why."""

from dataclasses import dataclass

from qlumod.model.secret import SecretKind


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityFile:
    """A kind of identity: where it lies, whose it is, and why; `source` says where that is told."""

    what: str
    patterns: tuple[str, ...]
    """Absolute paths; ``*`` matches within a name."""
    kind: SecretKind
    why: str
    source: str
    fatal: bool = True
    """Whether no build goes on with it; else it is only told."""


def identity_file(
    kind: SecretKind, what: str, *patterns: str, why: str, source: str, fatal: bool = True
) -> IdentityFile:
    """Make an `IdentityFile`, written as a line of a table."""
    return IdentityFile(
        what=what, patterns=patterns, kind=kind, why=why, source=source, fatal=fatal
    )
