"""Secret key packets of OpenPGP (RFC 9580, section 5.5.3), in the old and the new format."""

from collections.abc import Iterator

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part

_SECRET_KEY, _PUBLIC_KEY, _SECRET_SUBKEY = 5, 6, 7
_ALGORITHMS = frozenset((1, 2, 3, 16, 17, 18, 19, 22, 25, 26, 27, 28))
_MOST = 200
"""The maximum number of packets that are read."""


def pgp_keys(part: Part) -> Iterator[Found]:
    """A secret key packet, if a part consists of packets."""
    at = 0
    for _ in range(_MOST):
        packet = _packet(part.data, at)
        if packet is None:
            return
        tag, start, at = packet
        if tag in (_SECRET_KEY, _SECRET_SUBKEY) and _is_key(part.data, start):
            yield part.holds("a PGP private key", private=True)
            return
        if tag == _PUBLIC_KEY and not _is_key(part.data, start):
            return


def _packet(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Tag, start of the body and end of the packet at a position, or None."""
    if at + 6 > len(data) or not data[at] & 0x80:
        return None
    if data[at] & 0x40:
        tag, (size, start) = data[at] & 0x3F, _new_length(data, at + 1)
    else:
        tag, width = data[at] >> 2 & 0xF, data[at] & 3
        if width == 3:
            return None
        start = at + 1 + (1 << width)
        size = int.from_bytes(data[at + 1 : start], "big")
    return (tag, start, start + size) if 0 < size <= len(data) - start else None


def _new_length(data: bytes, at: int) -> tuple[int, int]:
    first = data[at]
    if first < 192:
        return first, at + 1
    if first < 224:
        return (first - 192 << 8) + data[at + 1] + 192, at + 2
    return (int.from_bytes(data[at + 1 : at + 5], "big"), at + 5) if first == 255 else (0, at)


def _is_key(data: bytes, start: int) -> bool:
    """Whether a packet's body begins like a key: version, time, algorithm."""
    body = data[start : start + 8]
    if len(body) < 8:
        return False
    algorithm = body[7] if body[0] in (2, 3) else body[5]
    return body[0] in (2, 3, 4, 5, 6) and algorithm in _ALGORITHMS
