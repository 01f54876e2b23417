"""The spelling of paths and patterns in documents, so that one path has one spelling."""

import re

from qlumod.errors import QlumodError

_PLAIN = re.compile(r"(/[A-Za-z0-9_@%+=:,.~-]+)+\Z")
_STARRED = re.compile(r"(/[A-Za-z0-9_@%+=:,.~*-]+)+\Z")
_PATTERN = re.compile(r"/[A-Za-z0-9_@%+=:,.~*?\[\]!/-]*\Z")

_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""Top directories that are links into /usr."""


def absolute_path(text: str) -> str:
    """Check an absolute, canonical path; raises `QlumodError`."""
    return _canonical(text, _PLAIN)


def path_pattern(text: str) -> str:
    """Check such a path in which ``*`` stands within a name; raises `QlumodError`."""
    return _canonical(text, _STARRED)


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
