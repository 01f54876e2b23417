"""Texts as people read them: what others wrote made visible, sizes, columns, how far a step is."""

import re
from collections.abc import Iterable, Sequence

from qlumod.model.characters import unseen_but

UNSEEN = unseen_but(r"\n\t")
"""What nobody sees but for newline and tab: some of them a terminal obeys."""
_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@")


def visible(text: str) -> str:
    """A text as it may reach a terminal or a log: what nobody sees is an escape, such as ``\\x1b``.

    What people and programs write is not ours: names of files, fields of packages, output.
    """
    return UNSEEN.sub(_escape, text)


def shown(text: str) -> str:
    """The same, without the passwords of addresses: what happens is told, and kept in logs."""
    return visible(_PASSWORD.sub(r"\1:…@", text))


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    # A byte that is no UTF-8, as Python reads names of files (PEP 383).
    byte = code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code
    if byte < 0x100:
        return f"\\x{byte:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def size(count: int) -> str:
    """Write a number of bytes as people read it: ``12.3 MB``."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def amount(done: float, total: float | None, unit: str) -> str:
    """Write how far a step is: ``12.3 MB of 40.0 MB``, ``3 of 7 packages``."""
    if total is None:
        return ""
    if unit == "bytes":
        return f"{size(int(done))} of {size(int(total))}"
    return f"{int(done)} of {int(total)} {unit}".rstrip()


def columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """Lay rows out in columns; the first row is the heading where the caller gives one."""
    table = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def note(said: str, spent: float) -> str:
    """What is said behind a step that has ended."""
    parts = [part for part in (said, f"{spent:.1f} s" if spent >= 0.1 else "") if part]
    return f" ({', '.join(parts)})" if parts else ""
