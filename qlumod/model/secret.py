"""A secret of a running node: a path that never enters a layer, and who supplies it."""

from dataclasses import dataclass
from enum import StrEnum

from qlumod.errors import QlumodError
from qlumod.model.paths import path_pattern


class SecretKind(StrEnum):
    """Where a secret of a running node comes from."""

    SITE = "site"
    """The same on many nodes (munge's key): supplied by the site, never generated."""
    NODE = "node"
    """One node's own (ssh host keys): from the site, a persistent place, or generated at boot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A path that never enters a layer: an absolute path, in which ``*`` matches within a name."""

    path: str
    kind: SecretKind

    def __str__(self) -> str:
        return f"{self.path} {self.kind}"


def parse_secret(text: str) -> Secret:
    """Read ``/etc/munge/munge.key site``; raises `QlumodError`."""
    path, _, kind = text.partition(" ")
    kinds = [str(known) for known in SecretKind]
    if kind.strip() not in kinds:
        raise QlumodError(f"{text!r} is no secret: 'path kind', the kind is {' or '.join(kinds)}")
    return Secret(path=path_pattern(path), kind=SecretKind(kind.strip()))
