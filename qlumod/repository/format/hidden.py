"""Checks of the fields and paths of foreign packages before they get into signed indexes.

They refuse invisible characters, and text that clients would misread.
"""

import re
from collections.abc import Iterator

from qlumod.errors import QlumodError
from qlumod.model.characters import SURROGATES, not_allowed, unseen_but
from qlumod.repository.format.index_entries import IndexEntry

_IN_TEXT = unseen_but(r"\n\t")
"""Newlines are allowed, and tabs, which are only white space there."""
_WITHOUT_ALLOWED = {ord("\n"): None, ord("\t"): None}
_IN_PATH = unseen_but(rf"\n{SURROGATES}")
"""The same for paths, one per line, where tabs are not allowed. Bytes that are not UTF-8 are
allowed, since every terminal shows them as such."""
_MAYBE_IN_PATH = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f-\xff]")
_FIELD_NAME = re.compile(r"(?![#-])[!-9;-~]+")
"""Debian Policy 5.1."""
_SECTION = re.compile(r"([A-Za-z0-9][A-Za-z0-9+.-]*/)?[A-Za-z0-9][A-Za-z0-9+.-]*")
"""A section, or area/section (Policy 2.4); vendors may have other sections than Debian."""
_REMEDY = "take it out of the package, and build that again"


def wrong_in_fields(entry: IndexEntry) -> Iterator[QlumodError]:
    """An error for each bad field of a package's paragraph."""
    names: set[str] = set()
    # Most paragraphs are printable ASCII: then no field needs a search.
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
    """An error for each bad path of a package's files and links; `paths` has one path per line."""
    # Only a few of thousands of packages have such paths.
    for path in paths.split(b"\n") if _MAYBE_IN_PATH.search(paths) else ():
        text = path.decode(errors="surrogateescape")
        if found := _IN_PATH.search(text):
            yield _fault(entry, f"the file {text!r}", not_allowed(found[0]))


def _fault(entry: IndexEntry, what: str, why: str) -> QlumodError:
    return QlumodError(f"{entry.title}: {what}: {why}", remedy=_REMEDY)
