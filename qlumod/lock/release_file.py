"""What a Release file says: its fields."""

import re
from pathlib import Path

from qlumod.errors import QlumodError


def field(text: str, name: str, path: Path) -> str:
    """A field of one line that must be there; `path` is the file's name for errors."""
    found = re.search(rf"^{name}: *(.+?)\s*$", text, re.MULTILINE)
    if not found:
        raise QlumodError(f"{path}: the field {name} is missing")
    return found[1]
