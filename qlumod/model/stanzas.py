"""Control data from others (deb822(5)): read as dpkg reads it, and normalised.

Documents of qlumod itself are read by `qlumod.model.document`, which knows line numbers.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from qlumod.errors import QlumodError
from qlumod.late import late

mail = late("email.utils")

_COMPUTED = re.compile(
    r"filename|msdos-filename|size|directory|files|description-md5|phased-update-percentage"
    r"|md5(sum)?|sha-?\d+(sum)?|checksums?(-.*)?",
    re.IGNORECASE,
)
"""Fields about the file and the index, and all digests that clients read: the program that makes an
index computes them."""
MEND_CONTROL = "mend its debian/control (deb-control(5)), and build it again"
"""The remedy for a control file that dpkg refuses."""
RELATIONS = (
    "Pre-Depends", "Depends", "Recommends", "Suggests", "Enhances", "Conflicts", "Breaks",
    "Replaces", "Provides",
)  # fmt: skip
"""The fields of a binary package that name other packages."""
_WITH_ALTERNATIVES = frozenset(RELATIONS[:5])
_KNOWN = {
    name.lower(): name
    for name in (
        *RELATIONS, "Package", "Version", "Architecture", "Source", "Section", "Priority",
        "Essential", "Protected", "Multi-Arch", "Maintainer", "Uploaders", "Installed-Size",
        "Built-Using", "Static-Built-Using", "Homepage", "Description", "Binary", "Filename",
        "Directory", "Size", "MD5sum", "SHA256",
        "Files", "Checksums-Sha256", "Status", "Date", "Suite", "Valid-Until", "Architectures",
    )
}  # fmt: skip
"""The spelling of the fields that the code reads by name."""
_KNOWN |= {name: name for name in _KNOWN.values()}

_FIELD = re.compile(
    r"([^-#: \t\n\v\f\r][^: \t\n\v\f\r]*)[ \t]*:([^\n]*)"
    r"((?:\n[ \t]+[^ \t\n\v\f\r][^\n]*)*)\n"
)
"""A field as dpkg reads it: its name, its first line, and its further lines unchanged."""
_LISTED = re.compile(r"([0-9a-f]{32,})[ \t]+(\d{1,18})(?:[ \t]+\S+[ \t]+\S+)?[ \t]+(\S+)", re.ASCII)
"""Digest, size and name of a file; the field Files of a .changes has section and priority, too."""
_RELATION = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9+._-]*(?::[A-Za-z0-9-]+)?"
    r"(?:\s*\(\s*(?:<<|<=|=|>=|>>|<|>)?\s*(?:\d{1,9}:)?\d[A-Za-z0-9.+~:-]*(?<!-)\s*\))?",
    re.ASCII,
)
_NO_OPERATOR = re.compile(r"\(\s*(?=\d)", re.ASCII)
"""dpkg takes ``(1)`` for ``(= 1)``; apt reads no index in which it stands."""
BLANKS = " \t\n\v\f\r"
"""The characters that dpkg treats as blanks: not all blanks of Unicode."""
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----\n"
_SIGNATURE = "\n-----BEGIN PGP SIGNATURE-----\n"


class MalformedStanza(QlumodError):
    """A line that is not valid in a stanza; `what` says why, without the text of the line."""

    def __init__(self, where: str, line: int, what: str, *, shown: str = "") -> None:
        super().__init__(f"{where}: line {line}: {shown or what}")
        self.line = line
        self.what = what


@dataclass(frozen=True, slots=True)
class ControlStanza:
    """The fields of a stanza; `where` names its source in errors.

    A known field has Debian's spelling, any other its own. The further lines of a value keep their
    first blank.
    """

    fields: Mapping[str, str]
    where: str
    text: str
    """The stanza as it was written, with the end of its last line."""
    first: int = 1
    """The number of its first line in the file."""

    def get(self, name: str, otherwise: str = "") -> str:
        """A field that may be missing."""
        return self.fields.get(name, otherwise)

    def need(self, name: str, *, remedy: str = "") -> str:
        """A field that must exist and not be empty; raises `QlumodError`."""
        if value := self.fields.get(name):
            return value
        raise QlumodError(f"{self.where} has no field {name}", remedy=remedy)

    def number(self, name: str, *, remedy: str = "") -> int:
        """A field that must be a whole number; raises `QlumodError`."""
        value = self.need(name, remedy=remedy)
        if not re.fullmatch(r"[0-9]{1,18}", value):
            raise QlumodError(f"{self.where}: {name}: {value[:80]!r} is no whole number")
        return int(value)

    def line_of(self, name: str) -> int:
        """The number of the line with a field; the first line if there is no such field."""
        field = re.compile(rf"^{re.escape(name)}[ \t]*:", re.MULTILINE | re.IGNORECASE)
        found = field.search(self.text)
        return self.first + (self.text.count("\n", 0, found.start()) if found else 0)

    def files(self, name: str) -> Iterator[tuple[str, int, str]]:
        """The digest, size and name of each file that a field lists; raises `QlumodError`."""
        for line in filter(None, map(str.strip, self.need(name).split("\n"))):
            listed = _LISTED.fullmatch(line)
            if not listed:
                raise QlumodError(f"{self.where}: {name}: {line[:80]!r} lists no file")
            yield listed[1], int(listed[2]), listed[3]


def one_stanza(text: str, where: str) -> ControlStanza:
    """The only stanza of a text; raises `QlumodError` if dpkg would refuse it."""
    if not text.endswith("\n"):
        line = text.count("\n") + 1
        raise QlumodError(f"{where}: line {line}: the last line has no end (a newline)")
    found = tuple(read_stanzas(text, where))
    if len(found) != 1:
        raise QlumodError(f"{where} has {len(found) or 'no'} stanzas: it must have one")
    return found[0]


def read_stanzas(text: str, where: str) -> Iterator[ControlStanza]:
    """The stanzas of a text such as an index; raises `QlumodError`."""
    for line, stanza in unread_stanzas(text):
        yield ControlStanza(read_fields(stanza, where, line=line), where, stanza, line)


def unread_stanzas(text: str) -> Iterator[tuple[int, str]]:
    """The number of the first line and the text of each stanza, with the end of its last line."""
    line = 1
    for block in text.split("\n\n"):
        if inner := block.strip("\n"):
            yield line + len(block) - len(block.lstrip("\n")), f"{inner}\n"
        line += block.count("\n") + 2


def read_fields(stanza: str, where: str, *, line: int = 1) -> dict[str, str]:
    """The fields of one stanza, which ends with the end of a line; raises `MalformedStanza`.

    `line` is the number of its first line.
    """
    found: dict[str, str] = {}
    others: set[str] = set()
    position, end = 0, len(stanza)
    while position < end:
        field = _FIELD.match(stanza, position)
        if not field:
            raise _no_field(stanza, position, where, line)
        written, first, further = field.groups()
        name = _KNOWN.get(written) or _KNOWN.get(written.lower())
        lower = name or written.lower()
        if lower in found or lower in others:
            raise MalformedStanza(
                where,
                line + stanza.count("\n", 0, position),
                "the field stands there twice",
                shown=f"the field {written} stands there twice",
            )
        if not name:
            others.add(lower)
        found[name or written] = first.strip(BLANKS) + further
        position = field.end()
    return found


def _no_field(stanza: str, position: int, where: str, line: int) -> MalformedStanza:
    number = line + stanza.count("\n", 0, position)
    wrong = stanza[position:].partition("\n")[0]
    if not wrong.strip():
        return MalformedStanza(where, number, "it has blanks only")
    what = (
        "is a comment, which only a source package may have"
        if wrong.startswith("#")
        else "is neither 'Field: value' nor continues a field"
    )
    return MalformedStanza(where, number, f"it {what}", shown=f"{wrong[:80]!r} {what}")


def signed_stanza(data: bytes, where: str) -> ControlStanza:
    """The stanza of a .changes, .dsc or Release file; raises `QlumodError`.

    The signature around it is not checked here, and the end of the last line may be missing.
    """
    text = _unsigned(as_text(data))
    return one_stanza(text.rstrip("\n") + "\n", where)


def normalised(control: ControlStanza) -> ControlStanza:
    """The fields of a package without those of an index, and without empty fields.

    Each version that a relation names has an operator.

    Raises `QlumodError` for relations that dpkg does not read.
    """
    fields = {
        name: value
        for name, value in control.fields.items()
        if value.strip(BLANKS) and not is_computed(name)
    }
    for name in RELATIONS:
        if name in fields and "(" in fields[name]:
            fields[name] = _NO_OPERATOR.sub("(= ", fields[name])
        if name in fields and (relation := _no_relation(name, fields[name])) is not None:
            raise QlumodError(
                f"{control.where}: line {control.line_of(name)}: {name}: {_why_none(relation)}",
                remedy=MEND_CONTROL,
            )
    return ControlStanza(fields, control.where, stanza_text(fields))


@lru_cache(maxsize=1000)
def is_computed(name: str) -> bool:
    """Whether a field says something about the file or the index, as digests do."""
    return _COMPUTED.fullmatch(name) is not None


def stanza_text(fields: Mapping[str, str]) -> str:
    """The fields as an index has them, in their order."""
    return "".join(f"{name}:{_after_colon(value)}\n" for name, value in fields.items())


def as_text(data: bytes) -> str:
    """Control data as text: UTF-8, or Latin-1, which dpkg accepts from old packages."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def date_seconds(date: str, where: str) -> int:
    """The time of a field Date, in seconds; raises `QlumodError`."""
    try:
        return int(mail.parsedate_to_datetime(date.replace("UTC", "+0000")).timestamp())
    except (ValueError, TypeError, LookupError, ArithmeticError, OSError) as fault:
        raise QlumodError(f"{where}: {date[:80]!r} is no date") from fault


def _unsigned(text: str) -> str:
    """A text without the OpenPGP signature around it."""
    if not text.startswith(_SIGNED):
        return text
    signed = text.partition("\n\n")[2].partition(_SIGNATURE)[0]
    return re.sub(r"^- ", "", signed, flags=re.MULTILINE) + "\n"


def _why_none(relation: str) -> str:
    if variable := re.search(r"\$\{[^}]*\}?", relation):
        return f"the variable {variable[0]!r} was not replaced (deb-substvars(5))"
    return f"{relation!r} is no relation to a package"


@lru_cache(maxsize=1000)
def _no_relation(name: str, value: str) -> str | None:
    """The part of a field that is no relation to a package; None: there is none."""
    for group in value.split(","):
        alternatives = group.split("|")
        for alternative in alternatives:
            if not _RELATION.fullmatch(alternative.strip(BLANKS)):
                return alternative.strip()[:80]
        if len(alternatives) > 1 and name not in _WITH_ALTERNATIVES:
            return group.strip()[:80]
    return None


def _after_colon(value: str) -> str:
    # If a value begins on the next line, no blank follows the colon.
    return value if not value or value.startswith("\n") else f" {value}"
