"""The spelling of paths and patterns in documents, so that one path has one spelling."""

import re

from qlumod.errors import QlumodError

_PLAIN = re.compile(r"(/[A-Za-z0-9_@%+=:,.~-]+)+\Z")
_STARRED = re.compile(r"(/[A-Za-z0-9_@%+=:,.~*-]+)+\Z")
_PATTERN = re.compile(r"/[A-Za-z0-9_@%+=:,.~*?\[\]!/-]*\Z")

_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""Top directories that are links into /usr."""


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
"""Directories of many packages: no module can speak for everything there."""


def absolute_path(text: str) -> str:
    """Check an absolute, canonical path; raises `QlumodError`."""
    return _canonical(text, _PLAIN)


def path_pattern(text: str) -> str:
    """Check such a path in which ``*`` stands within a name; raises `QlumodError`."""
    return _canonical(text, _STARRED)


def directory_meant(pattern: str) -> str | None:
    """The directory of which a pattern takes every name, as ``/etc/*``; None: it takes some."""
    directory, _, name = pattern.rpartition("/")
    return None if name.strip("*") else directory


def is_shared(directory: str) -> bool:
    """Whether a directory belongs to many packages; it may be a pattern, the empty one is ``/``."""
    return directory in ("", *SHARED) or "*" in "/".join(directory.split("/")[:3])


def merged_path(text: str) -> str:
    """The path that is meant, as contents spell it: ``/bin/sh`` is ``/usr/bin/sh``."""
    names = [name for name in text.split("/") if name not in ("", ".")]
    return "/" + "/".join(("usr", *names) if names and names[0] in _MERGED else names)


def dpkg_pattern(text: str) -> str:
    """Check a pattern of dpkg's path-exclude, where ``*`` matches ``/``, too; raises `QlumodError`.

    Such a pattern is compared with a path as it stands in the .deb, usr-merged or not.
    """
    if not _PATTERN.match(text) or "//" in text or ".." in text.split("/"):
        raise QlumodError(f"{text!r} is no path pattern: it is absolute, as in '/usr/share/man/*'")
    return text


def _canonical(text: str, form: re.Pattern[str]) -> str:
    names = text.split("/")
    if not form.match(text) or "." in names or ".." in names:
        raise QlumodError(f"{text!r} is no absolute path without '.', '..' and blanks")
    if names[1] in _MERGED:
        raise QlumodError(f"{text!r} is a path through a link: write '/usr{text}'")
    return text
