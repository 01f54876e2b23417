"""The values of a document's fields, read by name; every error is noted with its line."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from qlumod.errors import QlumodError
from qlumod.model.document import FieldText, Line, Reading, Stanza

T = TypeVar("T")


class Fields:
    """The fields of one stanza, read by name; `done` refuses those that were not read.

    After an error, the value `otherwise` is used, so that all other errors are found, too.
    """

    def __init__(self, reading: Reading, stanza: Stanza) -> None:
        self.reading = reading
        self.line = stanza.line
        self._fields = {field.name.lower(): field for field in stanza.fields}
        self._asked: dict[str, str] = {}

    def has(self, name: str) -> bool:
        """Whether the stanza has that field; it counts as read."""
        return self._field(name) is not None

    def line_of(self, name: str) -> int:
        """The line of a field, or of the stanza that lacks it."""
        field = self._field(name)
        return field.line if field else self.line

    def fault(self, name: str, what: str, *, line: int = 0, remedy: str = "") -> None:
        """Note an error of a field."""
        self.reading.fault(line or self.line_of(name), what, field=name, remedy=remedy)

    def need(self, name: str, parse: Callable[[str], T], otherwise: T) -> T:
        """Read a required field of one line."""
        if self._field(name) is None:
            self.reading.fault(self.line, "the field is missing", field=name)
            return otherwise
        return self.one(name, parse, otherwise)

    def one(self, name: str, parse: Callable[[str], T], otherwise: T) -> T:
        """Read an optional field of one line."""
        field = self._field(name)
        if field is None:
            return otherwise
        filled = field.filled
        if len(filled) != 1:
            self.fault(name, "it takes one line only" if filled else "the field is empty")
            return otherwise
        found = self._parsed(name, filled[0], parse)
        return otherwise if found is None else found

    def text(self, name: str) -> str:
        """Read a required field of several lines, each without its first space."""
        field = self._field(name)
        if field is None or not field.filled:
            self.reading.fault(
                self.line_of(name),
                "the field is empty" if field else "the field is missing",
                field=name,
            )
            return ""
        return "\n".join(line.text.rstrip() for line in field.lines)

    def words(self, name: str, parse: Callable[[str], T]) -> tuple[T, ...]:
        """Read a list separated by white space."""
        return tuple(item for _, item in self.words_at(name, parse))

    def words_at(self, name: str, parse: Callable[[str], T]) -> tuple[tuple[int, T], ...]:
        """Read a list separated by white space, each item with its line."""
        return self._items_at(name, _words(self._filled(name)), parse)

    def commas(self, name: str, parse: Callable[[str], T]) -> tuple[T, ...]:
        """Read a list separated by commas."""
        return tuple(item for _, item in self.commas_at(name, parse))

    def commas_at(self, name: str, parse: Callable[[str], T]) -> tuple[tuple[int, T], ...]:
        """Read a list separated by commas, each item with the line where it begins."""
        found = tuple(_commas(self._filled(name)))
        for line in found:
            if not line.text:
                self.fault(name, "there is nothing between two commas", line=line.number)
        return self._items_at(name, (line for line in found if line.text), parse)

    def rows(self, name: str, parse: Callable[[str], T]) -> tuple[T, ...]:
        """Read a list with one item on each line."""
        return tuple(item for _, item in self._items_at(name, self._filled(name), parse))

    def done(self, *, hints: Mapping[str, str] | None = None) -> None:
        """Refuse the fields that were not read; `hints` name the replacements of some."""
        for key, field in self._fields.items():
            hint = (hints or {}).get(field.name)
            if hint:
                self.reading.fault(field.line, f"unknown field {field.name!r}; {hint}")
            elif key not in self._asked:
                self._unknown(field)

    def _unknown(self, field: FieldText) -> None:
        from difflib import get_close_matches  # noqa: PLC0415 - for faults only

        close = get_close_matches(field.name.lower(), self._asked, n=1)
        names = ", ".join(sorted(self._asked.values())) or "none but Format"
        hint = f"did you mean {self._asked[close[0]]!r}?" if close else f"known are {names}"
        self.reading.fault(field.line, f"unknown field {field.name!r}; {hint}")

    def _field(self, name: str) -> FieldText | None:
        key = name.lower()
        self._asked.setdefault(key, name)
        return self._fields.get(key)

    def _filled(self, name: str) -> tuple[Line, ...]:
        field = self._field(name)
        filled = field.filled if field else ()
        if field and not filled:
            self.fault(name, "the field is empty")
        return filled

    def _items_at(
        self, name: str, lines: Iterable[Line], parse: Callable[[str], T]
    ) -> tuple[tuple[int, T], ...]:
        items: list[tuple[int, T]] = []
        first: dict[T, int] = {}
        for line in lines:
            item = self._parsed(name, line, parse)
            if item is None:
                continue
            if item in first:
                what = f"{line.text!r} is named twice: first in line {first[item]}"
                self.fault(name, what, line=line.number)
            else:
                first[item] = line.number
                items.append((line.number, item))
        return tuple(items)

    def _parsed(self, name: str, line: Line, parse: Callable[[str], T]) -> T | None:
        try:
            return parse(line.text)
        except QlumodError as fault:
            self.fault(name, fault.brief, line=line.number, remedy=fault.remedy)
            return None


def yes_or_no(text: str) -> bool:
    """Read ``yes`` or ``no``; raises `QlumodError`."""
    if text not in ("yes", "no"):
        raise QlumodError(f"{text!r} is neither 'yes' nor 'no'")
    return text == "yes"


def _words(lines: Iterable[Line]) -> Iterator[Line]:
    for line in lines:
        for word in line.text.split():
            yield Line(number=line.number, text=word)


def _commas(lines: Sequence[Line]) -> Iterator[Line]:
    """Split at commas over line ends; a comma after the last item is allowed."""
    item: list[str] = []
    number = 0
    for line in lines:
        *closed, rest = line.text.split(",")
        for part in closed:
            yield Line(number=number or line.number, text=" ".join((*item, part)).strip())
            item, number = [], 0
        if rest.strip():
            item.append(rest.strip())
            number = number or line.number
    if item:
        yield Line(number=number, text=" ".join(item))
