"""Numbers that somebody else wrote: in one spelling, and none larger than programs can use."""

import re

from qlumod.errors import QlumodError

_WHOLE = re.compile(r"0|[1-9][0-9]{0,18}")
_OCTAL = re.compile(r"[0-7]{1,11}")
_ID = re.compile(r"[0-9]{1,10}")
NO_ID = 0xFFFFFFFF
"""chown(2) takes it for none (-1)."""
_SHOWN = 40
"""How much of a word an error repeats."""
LAST_SECOND = 0xFFFFFFFF
"""The largest time of a squashfs, and of gzip: in the year 2106."""


def number(text: str) -> int:
    """Read a whole number of at most 19 digits in its only spelling; raises `QlumodError`."""
    if not _WHOLE.fullmatch(text):
        raise QlumodError(f"{_shown(text)!r} is no whole number")
    return int(text)


def signed(text: str) -> int:
    """Read such a number that may have a minus sign; raises `QlumodError`."""
    return -number(text[1:]) if text.startswith("-") else number(text)


def octal(text: str) -> int:
    """Read a number in octal digits, such as a file's mode; raises `QlumodError`."""
    if not _OCTAL.fullmatch(text):
        raise QlumodError(f"{_shown(text)!r} is no number in octal digits")
    return int(text, 8)


def epoch(text: str) -> int:
    """Read a time in seconds that files of a layer can have; raises `QlumodError`."""
    found = number(text)
    if found > LAST_SECOND:
        raise QlumodError(f"{text!r} is later than a layer's files can be: {LAST_SECOND}")
    return found


def is_id(text: str) -> bool:
    """Whether that is the number of a user or a group, as passwd(5) has it."""
    return bool(_ID.fullmatch(text)) and int(text) < NO_ID


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
