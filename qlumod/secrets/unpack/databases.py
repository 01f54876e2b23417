"""Databases: the rows of SQLite, and the words of others, which store records unencoded."""

import sqlite3
from collections.abc import Iterator

from qlumod.secrets.ceilings import Budget
from qlumod.secrets.part import Part

_STEPS = 2_000_000
"""The maximum instructions of SQLite's virtual machine, in case of a hostile schema."""
_BERKELEY = (b"\x00\x05\x31\x62", b"\x62\x31\x05\x00", b"\x00\x06\x15\x61", b"\x61\x15\x06\x00")
_LMDB = b"\xde\xc0\xef\xbe"
_OTHERS = (b"TDB file\n", b"\xcd\x9a\x57\x13", b"\xce\x9a\x57\x13", b"\xcf\x9a\x57\x13")
_READABLE = bytes(
    byte if 0x20 <= byte < 0x7F or byte in b"\t\n" else ord("\n") for byte in range(256)
)


def table_rows(part: Part, budget: Budget) -> Iterator[Part]:
    """The rows of all tables of an SQLite database, one line ``column=value …`` each."""
    if not part.data.startswith(b"SQLite format 3\0"):
        return
    try:
        text = _text(part.data, budget)
    except (sqlite3.Error, ValueError, MemoryError, OverflowError):
        budget.skip(part.where, "it is a damaged SQLite database, or one that takes too long")
        return
    yield part.inner(part.called, "a row", text, whole=False)


def _text(data: bytes, budget: Budget) -> bytes:
    connection = sqlite3.connect(":memory:")
    try:
        # A database in WAL mode cannot be opened without its log, so reset the mode (fileformat2).
        connection.deserialize(data[:18] + b"\1\1" + data[20:])
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.text_factory = bytes
        connection.set_progress_handler(lambda: 1, _STEPS)
        return b"\n".join(_lines(connection, budget))
    finally:
        connection.close()


def _lines(connection: sqlite3.Connection, budget: Budget) -> Iterator[bytes]:
    schema = "SELECT name FROM sqlite_master WHERE type='table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
    for (name,) in connection.execute(schema).fetchall():
        quoted = name.decode("utf-8", "replace").replace('"', '""')
        cursor = connection.execute(f'SELECT * FROM "{quoted}"')
        columns = [column[0].encode("utf-8", "replace") for column in cursor.description]
        for row in cursor:
            line = b" ".join(
                column + b"=" + value if isinstance(value, bytes) else b""
                for column, value in zip(columns, row, strict=True)
            )
            budget.member(len(line), members=0)
            yield line


def database_words(part: Part, budget: Budget) -> Iterator[Part]:
    """The readable text in a database of tdb, gdbm, LMDB or Berkeley DB: its records as lines."""
    data = part.data
    if data.startswith(_OTHERS) or data[12:16] in _BERKELEY or data[16:20] == _LMDB:
        budget.member(len(data))
        yield part.inner("", "a record", data.translate(_READABLE), whole=False)
