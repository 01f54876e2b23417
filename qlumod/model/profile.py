"""Profiles: another compression of the release, for trials and CI; results name their profile."""

import re

from qlumod.errors import QlumodError

RELEASED = "release"
"""The profile of published packages: the release itself."""
_NAME = re.compile(r"[a-z][a-z0-9]*\Z")
_MARK = re.compile(r"-\d+~profile\.([a-z][a-z0-9]*)\Z")


def profile_name(text: str) -> str:
    """Check a profile's name; raises `QlumodError`."""
    if not _NAME.match(text):
        raise QlumodError(f"{text!r} is no profile: lower-case letters and digits")
    return text


def marked(version: str, profile: str) -> str:
    """The version of packages made in a profile: lower than the version of the release."""
    return f"{version}~profile.{profile}" if profile else version


def profile_of(version: str) -> str:
    """The profile in which packages of a version were made."""
    found = _MARK.search(version)
    return found[1] if found else RELEASED
