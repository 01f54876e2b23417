"""Public files: a file or a tree that only looks like a secret, and why everybody may read it."""

from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.model.paths import directory_meant, is_shared, path_pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """Files of a module that look like secrets, but that everybody may read."""

    pattern: str
    """An absolute path, in which ``*`` matches within a name; with a ``/`` at its end it is a
    directory, and all that lies below is meant."""
    reason: str
    """The reason, for people who read an image's description."""

    @property
    def is_tree(self) -> bool:
        """Whether it stands for everything below a directory."""
        return self.pattern.endswith("/")

    def __str__(self) -> str:
        return f"{self.pattern} {self.reason}"


def parse_public(text: str) -> Public:
    """Read ``/var/lib/mysql/ an empty database``; raises `QlumodError`."""
    pattern, _, reason = text.partition(" ")
    path = path_pattern(pattern.removesuffix("/") or "/")
    if not reason.strip():
        raise QlumodError(f"{text!r} says not why: 'path reason', or 'directory/ reason'")
    whole = directory_meant(path) if path == pattern else path
    if whole is not None and is_shared(whole):
        raise QlumodError(f"{pattern!r} is a directory of many packages: name what lies in it")
    return Public(pattern=pattern, reason=" ".join(reason.split()))
