"""Public files: a file or a tree that only looks like a secret, and why everybody may read it."""

from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.model.paths import path_pattern

SHARED = frozenset(
    (
        "/boot",
        "/etc",
        "/etc/default",
        "/etc/ssh",
        "/etc/ssl",
        "/etc/ssl/certs",
        "/etc/ssl/private",
        "/home",
        "/opt",
        "/root",
        "/srv",
        "/usr",
        "/usr/bin",
        "/usr/lib",
        "/usr/lib/python3",
        "/usr/lib/python3/dist-packages",
        "/usr/local",
        "/usr/sbin",
        "/usr/share",
        "/usr/share/doc",
        "/var",
        "/var/backups",
        "/var/cache",
        "/var/lib",
        "/var/lib/ucf",
        "/var/lib/ucf/cache",
        "/var/log",
        "/var/spool",
    )
)
"""Directories of many packages: a module cannot declare a tree there."""


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
    whole = path.removesuffix("/*") if path.endswith("/*") else path if path != pattern else ""
    if whole and (whole in SHARED or "*" in "/".join(whole.split("/")[:3])):
        raise QlumodError(f"{pattern!r} is a directory of many packages: name what lies in it")
    return Public(pattern=pattern, reason=" ".join(reason.split()))
