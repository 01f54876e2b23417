"""What a Release file says: its fields, and when it was made."""

import re
from email.utils import parsedate_to_datetime
from pathlib import Path

from qlumod.errors import QlumodError


def field(text: str, name: str, path: Path) -> str:
    """A field of one line that must be there; `path` is the file's name for errors."""
    found = re.search(rf"^{name}: *(.+?)\s*$", text, re.MULTILINE)
    if not found:
        raise QlumodError(f"{path}: the field {name} is missing")
    return found[1]


def seconds(date: str) -> int:
    """The time of a Date field; raises `QlumodError`."""
    try:
        return int(parsedate_to_datetime(date.replace("UTC", "+0000")).timestamp())
    except ValueError as fault:
        raise QlumodError(f"{date!r} is no date of a Release file") from fault
