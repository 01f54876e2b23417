"""A secret of a running node: a path that never enters a layer, and who supplies it."""

from dataclasses import dataclass
from enum import StrEnum

from qlumod.errors import QlumodError
from qlumod.model.paths import SHARED, directory_meant, path_pattern

_SECRET = ("/etc/ssh", "/etc/ssl/private", "/root")
"""Directories of many packages in which all files may be secret."""


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
    if _is_too_much(path_pattern(path)):
        raise QlumodError(f"{path!r} takes files of many packages: name the files that are secret")
    return Secret(path=path, kind=SecretKind(kind.strip()))


def _is_too_much(pattern: str) -> bool:
    """Whether a pattern takes a directory of many packages, or all files of every directory."""
    whole = directory_meant(pattern)
    names = (whole or "").split("/")
    return (
        pattern in SHARED
        or "*" in pattern.split("/")[1]
        or (whole in SHARED and whole not in _SECRET)
        or not all(name.strip("*") for name in names[2:3])
    )
