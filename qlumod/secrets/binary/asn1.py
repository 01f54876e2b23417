"""A reader of DER (X.690), limited to what the detection of keys needs."""

from collections.abc import Iterator
from dataclasses import dataclass

INTEGER, OCTETS, OID, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x30, 0x31


@dataclass(frozen=True, slots=True)
class Asn1Value:
    """An element: its tag, and the start and end of its content."""

    data: bytes
    tag: int
    start: int
    end: int

    @property
    def content(self) -> bytes:
        """The bytes of the content."""
        return self.data[self.start : self.end]

    @property
    def children(self) -> tuple["Asn1Value", ...]:
        """The elements in the content, up to the first invalid one."""
        return tuple(_row(self.data, self.start, self.end))

    @property
    def number(self) -> int:
        """The value of an INTEGER of at most four bytes; -1 for any other element."""
        small = self.tag == INTEGER and self.end - self.start <= 4
        return int.from_bytes(self.content, "big") if small else -1


def element(data: bytes, at: int = 0) -> Asn1Value | None:
    """The element at a position; None if it is invalid or longer than the data."""
    if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
        return None
    length, start = data[at + 1], at + 2
    if length == 0x80:
        return None
    if length > 0x80:
        count = length & 0x7F
        if count > 4 or start + count > len(data):
            return None
        length, start = int.from_bytes(data[start : start + count], "big"), start + count
    return Asn1Value(data, data[at], start, start + length) if start + length <= len(data) else None


def _row(data: bytes, at: int, end: int) -> Iterator[Asn1Value]:
    while at < end:
        value = element(data, at)
        if value is None or value.end > end:
            return
        yield value
        at = value.end
