"""The text of a fragment: the entries that a module added to a kind of state."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from qlumod.errors import QlumodError
from qlumod.model.names import ModuleName
from qlumod.model.stanzas import MalformedStanza, read_fields, unread_stanzas
from qlumod.state.kind import Malformed, decoded_lines, encoded, parsed

T = TypeVar("T")

HEADER = "Format: 1\n"
_INDENT = re.compile(r"\n[ \t]")


def write_fragment(body: str) -> bytes:
    """A fragment: a header, an empty line, and the body in any format."""
    return encoded(f"{HEADER}\n{body}" if body else HEADER)


def read_fragment(module: ModuleName, kind: str, fragment: bytes) -> str:
    """The body of a module's fragment; raises if this version does not know the format."""
    if not fragment:
        return ""
    header, _, body = decoded_lines(fragment).partition("\n\n")
    if header.strip() != HEADER.strip():
        first = header.partition("\n")[0]
        raise QlumodError(
            f"module {module}: state/{kind}: unknown format {first!r}",
            remedy="install the qlumod that the module was built for",
        )
    return body


def in_fragment(module: ModuleName, kind: str, fragment: bytes, parse: Callable[[str], T]) -> T:
    """Parse a module's fragment; raises an error that names module, kind and line."""
    return parsed(f"module {module}: state/{kind}", read_fragment(module, kind, fragment), parse)


def stanzas(text: str) -> tuple[str, ...]:
    """The stanzas of a deb822 text, unchanged, each ending with one newline."""
    return tuple(stanza for _, stanza in unread_stanzas(text))


def fields(stanza: str, line: int = 1) -> dict[str, str]:
    """The fields of a stanza; the leading blank of continuation lines is removed.

    Raises `Malformed` if a line is not valid in a stanza, without its text, which may be a
    password; `line` is the number of the first line.
    """
    try:
        found = read_fields(stanza.rstrip("\n") + "\n", "a stanza", line=line)
    except MalformedStanza as fault:
        raise Malformed(fault.line, fault.what) from None
    return {name: _INDENT.sub("\n", value) for name, value in found.items()}


def keyed(text: str, *names: str) -> list[tuple[dict[str, str], str]]:
    """The stanzas of a text with their fields; each stanza must have the fields `names`."""
    found = []
    for line, stanza in unread_stanzas(text):
        values = fields(stanza, line)
        for name in names:
            if name not in values:
                raise Malformed(line, f"the stanza has no field {name}")
        found.append((values, stanza))
    return found


def stanza(values: Mapping[str, str]) -> str:
    """A stanza of the fields, in their order; continuation lines of a value are indented."""
    return "".join(_field(name, value) for name, value in values.items())


def _field(name: str, value: str) -> str:
    first, *further = value.split("\n")
    head = f"{name}: {first}" if first or not further else f"{name}:"
    return "".join(f"{line}\n" for line in (head, *(f" {line}" for line in further)))


def joined(blocks: Iterable[str]) -> str:
    """Stanzas as one text, with an empty line after each."""
    return "".join(f"{block}\n" for block in blocks)
