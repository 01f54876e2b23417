"""What a module added to a kind of state, written down: the text of a fragment."""

from collections.abc import Iterable, Mapping

from qlumod.errors import QlumodError
from qlumod.model.names import ModuleName
from qlumod.state.kind import decoded, encoded

HEADER = "Format: 1\n"


def write_fragment(body: str) -> bytes:
    """A fragment of a body in any format; its header stands before an empty line."""
    return encoded(f"{HEADER}\n{body}" if body else HEADER)


def read_fragment(module: ModuleName, kind: str, fragment: bytes) -> str:
    """The body of a module's fragment; raises on a format that this version does not know."""
    if not fragment:
        return ""
    header, _, body = decoded(fragment).partition("\n\n")
    if header.strip() != HEADER.strip():
        raise QlumodError(
            f"module {module}: state/{kind}: unknown format {header.splitlines()[0]!r}",
            remedy="install the qlumod that the module was built for",
        )
    return body


def stanzas(text: str) -> tuple[str, ...]:
    """The stanzas of a deb822 text as they stand, each ending in one newline."""
    blocks = (block.strip("\n") for block in text.split("\n\n"))
    return tuple(f"{block}\n" for block in blocks if block)


def fields(stanza: str) -> dict[str, str]:
    """The fields of a stanza; of a value's further lines the leading space is taken off."""
    found: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line[:1] in (" ", "\t"):
            found[name] += f"\n{line[1:]}"
        else:
            name, _, value = line.partition(":")
            found[name] = value.strip()
    return found


def stanza(values: Mapping[str, str]) -> str:
    """A stanza of the fields, in their order; further lines of a value are indented."""
    return "".join(_field(name, value) for name, value in values.items())


def _field(name: str, value: str) -> str:
    first, *further = value.split("\n")
    head = f"{name}: {first}" if first or not further else f"{name}:"
    return "".join(f"{line}\n" for line in (head, *(f" {line}" for line in further)))


def joined(blocks: Iterable[str]) -> str:
    """Stanzas as one text, an empty line after each."""
    return "".join(f"{block}\n" for block in blocks)
