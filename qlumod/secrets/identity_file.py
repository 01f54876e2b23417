"""The description of a file that identifies a machine: its name, paths, kind and reason."""

from dataclasses import dataclass

from qlumod.model.secret import SecretKind


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityFile:
    """A kind of identity file: its paths, its owner (node or site), the reason and its `source`."""

    what: str
    patterns: tuple[str, ...]
    """Absolute paths; ``*`` matches within a name."""
    kind: SecretKind
    why: str
    source: str
    fatal: bool = True
    """Whether it stops a build; otherwise it only causes a caution."""


def identity_file(
    kind: SecretKind, what: str, *patterns: str, why: str, source: str, fatal: bool = True
) -> IdentityFile:
    """Make an `IdentityFile` for a table."""
    return IdentityFile(
        what=what, patterns=patterns, kind=kind, why=why, source=source, fatal=fatal
    )
