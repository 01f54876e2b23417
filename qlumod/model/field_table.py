"""Tables of fields: an entry says how to read a field, and how to write its canonical text."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qlumod.model.fields import Fields

Text = str | Sequence[str]
"""The text after a name; a sequence is one indented line per item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldKind:
    """The layout of values: `read` takes one from a stanza, `write` returns its canonical text."""

    read: Callable[[Fields, "Field"], Any]
    write: Callable[[Any], Text]
    said: str = ""
    """Its name in the documentation; empty: one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a document, and the attribute that has its value."""

    name: str
    """As in the document, for example ``Build-Packages``."""
    kind: FieldKind
    parse: Callable[[str], Any] = str
    """Reads the value, or an item of a list; raises `QlumodError`."""
    default: Any = ""
    """The value of a missing field of one line; a missing list has no items."""
    required: bool = False
    attribute: str = ""
    """Empty: derived from the name, such as ``build_packages``."""

    def __post_init__(self) -> None:
        if not self.attribute:
            object.__setattr__(self, "attribute", self.name.lower().replace("-", "_"))

    def read(self, fields: Fields) -> Any:
        """The value in a stanza; notes its errors there."""
        if self.required and not fields.has(self.name):
            fields.fault(self.name, "the field is missing")
        return self.kind.read(fields, self)

    def text(self, whole: object) -> Text:
        """The canonical text of the value in `whole`; empty: it is not written."""
        value = getattr(whole, self.attribute)
        return "" if value == self.default and not self.required else self.kind.write(value)


def read_values(fields: Fields, table: Iterable[Field]) -> dict[str, Any]:
    """The values of a stanza by attribute; notes their errors in the order of the table."""
    return {entry.attribute: entry.read(fields) for entry in table}


def texts(table: Iterable[Field], whole: object) -> Iterator[tuple[str, Text]]:
    """Names and canonical texts in the table's order; a text of several lines comes last."""
    for entry in sorted(table, key=lambda entry: entry.kind is TEXT):
        yield entry.name, entry.text(whole)


def _one(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _line_each(items: Iterable[object]) -> tuple[str, ...]:
    return tuple(map(str, items))


ONE = FieldKind(
    read=lambda fields, entry: fields.one(entry.name, entry.parse, entry.default), write=_one
)
TEXT = FieldKind(said="text", read=lambda fields, entry: fields.text(entry.name), write=str)
BLANKS = FieldKind(
    said="list by blanks",
    read=lambda fields, entry: fields.words(entry.name, entry.parse),
    write=" ".join,
)
BLANK_LINES = FieldKind(said=BLANKS.said, read=BLANKS.read, write=_line_each)
COMMAS = FieldKind(
    said="list by commas",
    read=lambda fields, entry: fields.commas(entry.name, entry.parse),
    write=", ".join,
)
ROWS = FieldKind(
    said="one per line",
    read=lambda fields, entry: fields.rows(entry.name, entry.parse),
    write=_line_each,
)
