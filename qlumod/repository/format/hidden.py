"""What of other people's packages must not get into signed indexes: what nobody sees, and what
clients would take for something else.
"""

import re
from collections.abc import Iterator

from qlumod.errors import QlumodError
from qlumod.model.characters import SURROGATES, not_allowed, unseen_but
from qlumod.repository.format.index_entries import IndexEntry

_IN_TEXT = unseen_but(r"\n\t")
"""Ends of lines are allowed, and tabs, which only stand for blanks."""
_WITHOUT_ALLOWED = {ord("\n"): None, ord("\t"): None}
_IN_PATH = unseen_but(rf"\n{SURROGATES}")
"""The same of paths, one a line, where a tab stands for nothing. Of bytes that are no UTF-8 every
terminal shows that they are none."""
_MAYBE_IN_PATH = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f-\xff]")
_FIELD_NAME = re.compile(r"(?![#-])[!-9;-~]+")
"""Debian Policy 5.1."""
_SECTION = re.compile(r"([A-Za-z0-9][A-Za-z0-9+.-]*/)?[A-Za-z0-9][A-Za-z0-9+.-]*")
"""A section, or area/section (Policy 2.4); vendors have sections of their own."""
_REMEDY = "take it out of the package, and build that again"


def wrong_in_fields(entry: IndexEntry) -> Iterator[QlumodError]:
    """What is against the paragraph of a package, field by field."""
    names: set[str] = set()
    # Most paragraphs hold ASCII only, of which nothing need be looked for field by field.
    plain = entry.text.isascii() and entry.text.translate(_WITHOUT_ALLOWED).isprintable()
    for field in re.split(r"\n(?![ \t])", entry.text.removesuffix("\n")):
        name, _, value = field.partition(":")
        if not _FIELD_NAME.fullmatch(name):
            hidden = _IN_TEXT.search(name)
            why = not_allowed(hidden[0]) if hidden else "it is none (Debian Policy 5.1)"
            yield _fault(entry, f"the name of the field {name!r}", why)
        elif name.lower() in names:
            yield _fault(entry, name, "the field stands there twice")
        elif not plain and (found := _IN_TEXT.search(value)):
            yield _fault(entry, name, not_allowed(found[0]))
        elif name.lower() == "section" and not _SECTION.fullmatch(value.strip()):
            what = f"{value.strip()!r} is neither a section nor area/section (Debian Policy 2.4)"
            yield _fault(entry, name, what)
        names.add(name.lower())


def hidden_in_paths(entry: IndexEntry, paths: bytes) -> Iterator[QlumodError]:
    """What is against the files and links of a package, one a line, path by path."""
    # Of thousands of packages, all but a few have nothing to be looked at.
    for path in paths.split(b"\n") if _MAYBE_IN_PATH.search(paths) else ():
        text = path.decode(errors="surrogateescape")
        if found := _IN_PATH.search(text):
            yield _fault(entry, f"the file {text!r}", not_allowed(found[0]))


def _fault(entry: IndexEntry, what: str, why: str) -> QlumodError:
    return QlumodError(f"{entry.title}: {what}: {why}", remedy=_REMEDY)
