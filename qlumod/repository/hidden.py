"""Characters that nobody sees must not get into signed indexes, from where they reach terminals."""

import re
from collections.abc import Iterator

from qlumod.errors import QlumodError
from qlumod.model.document import named_character
from qlumod.repository.entries import Entry

_IN_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Control characters but for the ends of lines, and tabs, which only stand for blanks."""
_IN_PATH = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
"""The same of paths in UTF-8, one a line, where a tab stands for nothing."""


def hidden_in_fields(entry: Entry) -> Iterator[QlumodError]:
    """What is against the paragraph of a package, field by field."""
    if not _IN_TEXT.search(entry.text):
        return
    for field in re.split(r"\n(?![ \t])", entry.text):
        name, _, value = field.partition(":")
        if found := _IN_TEXT.search(name):
            yield _fault(entry, f"the name of the field {name!r}", found[0])
        elif found := _IN_TEXT.search(value):
            yield _fault(entry, name, found[0])


def hidden_in_paths(entry: Entry, paths: bytes) -> Iterator[QlumodError]:
    """What is against the files and links of a package, one a line, path by path."""
    # Of thousands of packages, all but a few have nothing to be looked at.
    for path in paths.split(b"\n") if _IN_PATH.search(paths) else ():
        if found := _IN_PATH.search(path):
            text = path.decode(errors="surrogateescape")
            yield _fault(entry, f"the file {text!r}", found[0].decode())


def _fault(entry: Entry, what: str, character: str) -> QlumodError:
    return QlumodError(
        f"{entry.title}: {what}: the character {named_character(character)} is not allowed in an"
        " index",
        remedy="take it out of the package, and build that again",
    )
