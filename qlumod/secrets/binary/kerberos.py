"""Keytabs and credential caches of Kerberos, after MIT's documentation of the formats."""

from collections.abc import Iterator

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part


def kerberos_files(part: Part) -> Iterator[Found]:
    """A keytab with an entry, or a credential cache."""
    head = part.data[:2]
    if head in (b"\x05\x01", b"\x05\x02") and _has_entry(part.data):
        yield part.holds("a Kerberos keytab", private=True)
    elif (head == b"\x05\x04" and _is_cache(part.data)) or (
        head == b"\x05\x03" and b"krbtgt" in part.data[:2000]
    ):
        yield part.holds("a cache of Kerberos credentials", private=False)


def _has_entry(data: bytes) -> bool:
    """Whether the first entry (after holes) is complete and has one to ten components."""
    order = "big" if data[1] == 2 else "little"
    at = 2
    for _ in range(1000):
        if at + 8 > len(data):
            return False
        size = int.from_bytes(data[at : at + 4], order, signed=True)  # type: ignore[arg-type]
        if size > 0:
            parts = int.from_bytes(data[at + 4 : at + 6], order)  # type: ignore[arg-type]
            return at + 4 + min(size, 16) <= len(data) and 0 < parts <= 10
        at += 4 - size
    return False


def _is_cache(data: bytes) -> bool:
    header = int.from_bytes(data[2:4], "big")
    return (
        header <= 64 and len(data) > 4 + header + 16 and data[4 + header : 8 + header] < b"\0\0\1"
    )
