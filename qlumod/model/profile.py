"""Profiles: the release compressed otherwise, for trials and CI; what they make says so itself."""

import re

from qlumod.errors import QlumodError

RELEASED = "release"
"""The profile of what is published: the release as it is."""
_NAME = re.compile(r"[a-z][a-z0-9]*\Z")
_MARK = re.compile(r"-\d+~profile\.([a-z][a-z0-9]*)\Z")


def profile_name(text: str) -> str:
    """Check a profile's name; raises `QlumodError`."""
    if not _NAME.match(text):
        raise QlumodError(f"{text!r} is no profile: lower-case letters and digits")
    return text


def marked(version: str, profile: str) -> str:
    """The version of packages made in a profile: before that of the release, and another one."""
    return f"{version}~profile.{profile}" if profile else version


def profile_of(version: str) -> str:
    """The profile that packages of a version were made in."""
    found = _MARK.search(version)
    return found[1] if found else RELEASED
