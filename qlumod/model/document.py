"""deb822 documents: parsed with line numbers and all faults at once, and written canonically."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from qlumod.errors import Faults, QlumodError, raise_faults
from qlumod.model.characters import not_allowed, unseen
from qlumod.model.lines import lines_of

FORMAT = 1
"""The only format number; every document has it in its first field."""

_BEGUN = re.compile(r"([!\"$-,.-9;-~][!-9;-~]*):(.*)")
"""A line that begins a field: its name, then its value (deb822(5))."""

MOST_FAULTS = 1000
"""The most faults that are reported of a document; then reading ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a field's value, without its leading blank."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldText:
    """A field: its name as written, and its value line by line without comments."""

    name: str
    line: int
    lines: tuple[Line, ...]

    @property
    def filled(self) -> tuple[Line, ...]:
        """The lines that are not empty, stripped."""
        return tuple(
            line if line.text == text else Line(number=line.number, text=text)
            for line in self.lines
            if (text := line.text.strip())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stanza:
    """Fields between two empty lines."""

    line: int
    fields: tuple[FieldText, ...]


class Reading:
    """Reads one document and keeps its faults until `finish` raises them all."""

    def __init__(self, path: str) -> None:
        self.path = path
        # By message: a field that several variants share is read once for each of them.
        self._faults: dict[str, tuple[int, QlumodError]] = {}

    def fault(self, line: int, what: str, *, field: str = "", remedy: str = "") -> None:
        """Note a fault, with file, line, field and `what`. Raises if there are too many."""
        at = f"{self.path}:{line}: {field}: " if field else f"{self.path}:{line}: "
        where: dict[str, str | int] = {"file": self.path, "line": line}
        if field:
            where["field"] = field
        fault = QlumodError(at + what, remedy=remedy, code="document", where=where)
        self._faults.setdefault(at + what, (line, fault))
        if len(self._faults) == MOST_FAULTS:
            raise Faults(self._first())

    def finish(self) -> None:
        """Raise all noted faults in the order of their lines; return if there are none."""
        raise_faults(fault for _, fault in self._in_order())

    def _first(self) -> Iterator[QlumodError]:
        yield from (fault for _, fault in self._in_order())
        yield QlumodError(f"{self.path}: these are {MOST_FAULTS} faults, and there are more")

    def _in_order(self) -> list[tuple[int, QlumodError]]:
        return sorted(self._faults.values(), key=lambda found: found[0])

    def stanzas(self, text: str) -> tuple[Stanza, ...]:
        """Split a document into stanzas: at least one, the first without the field Format.

        Raises at once if the document is empty, or if its format is unknown.
        """
        found = _without_duplicates(self, _stanzas(self, _clean_lines(self, text)))
        if not found:
            self.fault(1, "the document is empty: it begins with 'Format: 1'")
            self.finish()
        return (_without_format(self, found[0]), *found[1:])


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
    """The bytes of a document to be written; raises if its own reader refuses them."""
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
    """The items that occur more than once, sorted."""
    return sorted(item for item, count in Counter(items).items() if count > 1)


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
    fields: list[FieldText] = []
    for field in _fields(reading, lines):
        if field is not None:
            fields.append(field)
        elif fields:
            yield Stanza(line=fields[0].line, fields=tuple(fields))
            fields = []
    if fields:
        yield Stanza(line=fields[0].line, fields=tuple(fields))


def _fields(reading: Reading, lines: list[str]) -> Iterator[FieldText | None]:
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
            yield FieldText(name=name, line=start, lines=tuple(kept))
            name = ""
        if begun:
            name, start = begun[1], number
            kept = [Line(number=number, text=begun[2].strip())]
        else:
            yield None
    if name:
        yield FieldText(name=name, line=start, lines=tuple(kept))


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


def _first_ones(reading: Reading, stanza: Stanza) -> Iterator[FieldText]:
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
    """Refuse at once: this program does not know the fields of a newer format."""
    newer = found.isascii() and found.isdigit() and found > str(FORMAT)
    raise QlumodError(
        f"{reading.path}:{line}: Format: this qlumod reads format {FORMAT}, not {found!r}",
        remedy="install a newer qlumod" if newer else f"write 'Format: {FORMAT}'",
    )
