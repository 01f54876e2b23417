"""deb822 text with line numbers, whose faults are all reported at once; and canonical text back."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from qlumod.errors import Faults, QlumodError, raise_faults
from qlumod.model.characters import not_allowed, unseen
from qlumod.model.lines import lines_of

FORMAT = 1
"""The only format there is; every document names it in its first field."""

_BEGUN = re.compile(r"([!\"$-,.-9;-~][!-9;-~]*):(.*)")
"""A line that begins a field: its name, then its value (deb822(5))."""

T = TypeVar("T")

MOST_FAULTS = 1000
"""So many faults of a document are told; nobody mends them one by one, and reading ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a field's value, without its leading blank."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field: its name as written, and its value line by line without comments."""

    name: str
    line: int
    lines: tuple[Line, ...]

    @property
    def filled(self) -> tuple[Line, ...]:
        """The lines that say something, stripped."""
        return tuple(
            line if line.text == text else Line(number=line.number, text=text)
            for line in self.lines
            if (text := line.text.strip())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stanza:
    """Fields between two empty lines."""

    line: int
    fields: tuple[Field, ...]


class Reading:
    """Reads one document and keeps its faults until `finish` raises them all."""

    def __init__(self, path: str) -> None:
        self.path = path
        # By what is said: fields that stand for several variants are read with each of them.
        self._faults: dict[str, tuple[int, QlumodError]] = {}

    def fault(self, line: int, what: str, *, field: str = "", remedy: str = "") -> None:
        """Note a fault; `what` is said after file, line and field. Raises where they are many."""
        where = f"{self.path}:{line}: {field}: " if field else f"{self.path}:{line}: "
        self._faults.setdefault(where + what, (line, QlumodError(where + what, remedy=remedy)))
        if len(self._faults) == MOST_FAULTS:
            raise Faults(self._first())

    def finish(self) -> None:
        """Raise what was found, in the order of the lines; nothing found: go on."""
        raise_faults(fault for _, fault in self._in_order())

    def _first(self) -> Iterator[QlumodError]:
        yield from (fault for _, fault in self._in_order())
        yield QlumodError(f"{self.path}: these are {MOST_FAULTS} faults, and there are more")

    def _in_order(self) -> list[tuple[int, QlumodError]]:
        return sorted(self._faults.values(), key=lambda found: found[0])

    def stanzas(self, text: str) -> tuple[Stanza, ...]:
        """Take a document apart: at least one stanza, the first without the field Format.

        Raises at once where there is nothing to read, or where the format is not known.
        """
        found = _without_duplicates(self, _stanzas(self, _clean_lines(self, text)))
        if not found:
            self.fault(1, "the document is empty: it begins with 'Format: 1'")
            self.finish()
        return (_without_format(self, found[0]), *found[1:])


class Fields:
    """The fields of one stanza, asked for by name; what nobody asked for is refused by `done`.

    A fault is noted and the value `otherwise` stands in, so that all the others are found too.
    """

    def __init__(self, reading: Reading, stanza: Stanza) -> None:
        self.reading = reading
        self.line = stanza.line
        self._fields = {field.name.lower(): field for field in stanza.fields}
        self._asked: dict[str, str] = {}

    def has(self, name: str) -> bool:
        """Whether the stanza has that field; it counts as asked for."""
        return self._field(name) is not None

    def line_of(self, name: str) -> int:
        """The line of a field, or of the stanza that lacks it."""
        field = self._field(name)
        return field.line if field else self.line

    def fault(self, name: str, what: str, *, line: int = 0, remedy: str = "") -> None:
        """Note a fault of a field."""
        self.reading.fault(line or self.line_of(name), what, field=name, remedy=remedy)

    def need(self, name: str, parse: Callable[[str], T], otherwise: T) -> T:
        """Read a field of one line that must be there."""
        if self._field(name) is None:
            self.reading.fault(self.line, "the field is missing", field=name)
            return otherwise
        return self.one(name, parse, otherwise)

    def one(self, name: str, parse: Callable[[str], T], otherwise: T) -> T:
        """Read a field of one line that may be missing."""
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
        """Read a field of several lines that must be there, each line without its first blank."""
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
        """Read a list separated by blanks and line ends."""
        return tuple(item for _, item in self.words_at(name, parse))

    def words_at(self, name: str, parse: Callable[[str], T]) -> tuple[tuple[int, T], ...]:
        """Read a list separated by blanks, each item with its line."""
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
        """Refuse the fields that nobody asked for; `hints` say what there is in place of some."""
        for key, field in self._fields.items():
            hint = (hints or {}).get(field.name)
            if hint:
                self.reading.fault(field.line, f"unknown field {field.name!r}; {hint}")
            elif key not in self._asked:
                self._unknown(field)

    def _unknown(self, field: Field) -> None:
        from difflib import get_close_matches  # noqa: PLC0415 - for faults only

        close = get_close_matches(field.name.lower(), self._asked, n=1)
        names = ", ".join(sorted(self._asked.values())) or "none but Format"
        hint = f"did you mean {self._asked[close[0]]!r}?" if close else f"known are {names}"
        self.reading.fault(field.line, f"unknown field {field.name!r}; {hint}")

    def _field(self, name: str) -> Field | None:
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


def decoded(data: bytes, path: str) -> str:
    """Decode a document, which is UTF-8 without a byte-order mark; raises `QlumodError`."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        raise QlumodError(
            f"{path}:{line}: byte 0x{data[fault.start]:02x} is not UTF-8",
            remedy=f"convert the file, for example: iconv -f latin1 -t utf-8 {path}",
        ) from fault


def written(*stanzas: Iterable[tuple[str, str | Sequence[str]]]) -> str:
    """Write stanzas in canonical form; empty fields are left out.

    A text stays beside its name, and its further lines are indented by one blank; a sequence
    becomes one indented line per item.
    """
    return "\n".join(
        "".join(_written_field(name, value) for name, value in stanza if value)
        for stanza in stanzas
    )


def readable(text: str, path: str, parse: Callable[[str, str], object]) -> bytes:
    """The bytes of a document that is to be written; raises where its own reader refuses it."""
    try:
        parse(text, path)
        return text.encode()
    except (QlumodError, UnicodeEncodeError) as fault:
        raise QlumodError(
            f"{path} is not written: it could not be read again",
            details=str(fault).split("\n"),
            remedy="see what says that, and have it mended or leave it out",
        ) from fault


def repeated(items: Iterable[str]) -> list[str]:
    """Those that are there more than once, sorted."""
    return sorted(item for item, count in Counter(items).items() if count > 1)


def yes_or_no(text: str) -> bool:
    """Read ``yes`` or ``no``; raises `QlumodError`."""
    if text not in ("yes", "no"):
        raise QlumodError(f"{text!r} is neither 'yes' nor 'no'")
    return text == "yes"


def _written_field(name: str, value: str | Sequence[str]) -> str:
    if isinstance(value, str):
        return f"{name}: " + value.replace("\n", "\n ") + "\n"
    return f"{name}:\n" + "".join(f" {item}\n" for item in value)


def _clean_lines(reading: Reading, text: str) -> list[str]:
    lines = lines_of(text)
    _refuse_hidden(reading, lines)
    return [_clean_line(reading, number, line) for number, line in enumerate(lines, 1)]


def _refuse_hidden(reading: Reading, lines: list[str]) -> None:
    """Refuse each character that nobody sees, where it comes first."""
    if not unseen("".join(lines)):
        return
    found: dict[str, list[int]] = {}
    for number, line in enumerate(lines, 1):
        for char in unseen(line) if line else ():
            found.setdefault(char, []).append(number)
    for char, numbers in found.items():
        more = f" (lines with it: {len(numbers)})" if len(numbers) > 1 else ""
        reading.fault(numbers[0], f"{not_allowed(char)}{more}")


def _clean_line(reading: Reading, number: int, line: str) -> str:
    """A line without hidden characters; one of blanks counts as a comment, to split nothing."""
    if not line:
        return line
    hidden = unseen(line)
    for char in hidden:
        line = line.replace(char, " " if char == "\t" else "")
    if line.strip() or not line:
        return line
    if not hidden:
        reading.fault(
            number,
            "the line has blanks only: it is empty between stanzas, and ' .' within a field",
        )
    return "#"


def _stanzas(reading: Reading, lines: list[str]) -> Iterator[Stanza]:
    fields: list[Field] = []
    for field in _fields(reading, lines):
        if field is not None:
            fields.append(field)
        elif fields:
            yield Stanza(line=fields[0].line, fields=tuple(fields))
            fields = []
    if fields:
        yield Stanza(line=fields[0].line, fields=tuple(fields))


def _fields(reading: Reading, lines: list[str]) -> Iterator[Field | None]:
    """Put lines together to fields, as deb822(5) says; None between stanzas."""
    name, start = "", 0
    kept: list[Line] = []
    for number, line in enumerate(lines, 1):
        if not (line or name):
            yield None
            continue
        if line.startswith("#"):
            continue
        if name and line.startswith(" "):
            kept.append(Line(number=number, text=line[1:]))
            continue
        begun = _BEGUN.match(line)
        if line and not begun:
            _refuse_line(reading, number, line)
            continue
        if name:
            yield Field(name=name, line=start, lines=tuple(kept))
            name = ""
        if begun:
            name, start = begun[1], number
            kept = [Line(number=number, text=begun[2].strip())]
        else:
            yield None
    if name:
        yield Field(name=name, line=start, lines=tuple(kept))


def _refuse_line(reading: Reading, number: int, text: str) -> None:
    reason = (
        "it continues no field"
        if text[0] == " "
        else "it is neither 'Field: value', nor indented to continue a field, nor a '# comment'"
    )
    reading.fault(number, f"cannot parse line {text.strip()!r}: {reason}")


def _without_duplicates(reading: Reading, stanzas: Iterable[Stanza]) -> tuple[Stanza, ...]:
    return tuple(
        Stanza(line=stanza.line, fields=tuple(_first_ones(reading, stanza))) for stanza in stanzas
    )


def _first_ones(reading: Reading, stanza: Stanza) -> Iterator[Field]:
    first: dict[str, int] = {}
    for field in stanza.fields:
        if field.name.lower() in first:
            reading.fault(
                field.line,
                f"the field stands here twice: first in line {first[field.name.lower()]}",
                field=field.name,
            )
        else:
            first[field.name.lower()] = field.line
            yield field


def _without_format(reading: Reading, stanza: Stanza) -> Stanza:
    first = stanza.fields[0]
    if first.name.lower() != "format":
        reading.fault(stanza.line, "a document begins with 'Format: 1'", field="Format")
        others = (field for field in stanza.fields if field.name.lower() != "format")
        return Stanza(line=stanza.line, fields=tuple(others))
    found = " ".join(line.text for line in first.filled)
    if found != str(FORMAT):
        _refuse_format(reading, first.line, found)
    return Stanza(line=stanza.line, fields=stanza.fields[1:])


def _refuse_format(reading: Reading, line: int, found: str) -> None:
    """Refuse at once: what a newer format means by its other fields is not known here."""
    newer = found.isascii() and found.isdigit() and found > str(FORMAT)
    raise QlumodError(
        f"{reading.path}:{line}: Format: this qlumod reads format {FORMAT}, not {found!r}",
        remedy="install a newer qlumod" if newer else f"write 'Format: {FORMAT}'",
    )


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
