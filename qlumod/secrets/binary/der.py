"""Private keys in DER: PKCS#1, SEC 1, DSA, PKCS#8 (RFC 5958), and PKCS#12 (RFC 7292)."""

from collections.abc import Iterator

from qlumod.secrets.binary.asn1 import INTEGER, OCTETS, OID, SEQUENCE, Asn1Value, element
from qlumod.secrets.found import Found
from qlumod.secrets.part import Part, places

_PKCS = bytes.fromhex("2a864886f70d01")
_ENCRYPTIONS = (_PKCS + b"\x05", _PKCS + b"\x0c\x01")
"""The prefixes of the identifiers of encryption schemes in PKCS#5 and PKCS#12."""
_BAGS = {
    bytes.fromhex("060b2a864886f70d010c0a0101"): "a private key in PKCS#12",
    bytes.fromhex("060b2a864886f70d010c0a0102"): "a private key in PKCS#12",
}
_SECRET_BAG = bytes.fromhex("060b2a864886f70d010c0a0105")

_EMBEDDED = (
    bytes.fromhex("020100300d06092a864886f70d0101010500"),  # RSA
    bytes.fromhex("020100301306072a8648ce3d0201"),  # an elliptic curve
    bytes.fromhex("020100301006072a8648ce3d0201"),  # a curve with a short name
    bytes.fromhex("020100300506032b65"),  # Ed25519, X25519, Ed448, X448
    bytes.fromhex("020101300506032b65"),
)
"""The bytes after the SEQUENCE of PKCS#8, for the usual algorithms."""
_SHORT, _KEY_AT, _MANY_ZEROES = 80, 16, 4
"""For keys such as Ed25519 in PKCS#8 (RFC 8410): the maximum size, the position of the secret, and
the number of zero bytes that rules a key out."""


def der_keys(part: Part) -> Iterator[Found]:
    """A private key that is the part itself or is embedded in it."""
    kind = key_form(part.data)
    if kind:
        yield part.holds(kind, private="a secret" not in kind)
    elif not part.is_text and any(_embedded(part.data)):
        yield part.holds("a private key in DER (PKCS#8)", private=True)


def key_form(data: bytes) -> str:
    """The kind of private key that the bytes are, or ""."""
    whole = element(data)
    if whole is None or whole.tag != SEQUENCE or whole.end - whole.start < 24:
        return ""
    row = whole.children
    return _plain(row) or _wrapped(row) or _pkcs12(row, data)


def _plain(row: tuple[Asn1Value, ...]) -> str:
    tags = [value.tag for value in row]
    if len(row) >= 9 and tags[:9] == [INTEGER] * 9 and row[0].number in (0, 1):
        return "an RSA private key in DER" if _long(row[1]) and _long(row[3]) else ""
    if tags == [INTEGER] * 6 and row[0].number == 0 and _long(row[1]):
        return "a DSA private key in DER"
    if tags[:2] == [INTEGER, OCTETS] and row[0].number == 1 and set(tags[2:]) <= {0xA0, 0xA1}:
        octets = row[1].end - row[1].start
        return "an EC private key in DER" if len(row) > 2 and 16 <= octets <= 72 else ""
    return ""


def _wrapped(row: tuple[Asn1Value, ...]) -> str:
    tags = [value.tag for value in row]
    if tags[:3] == [INTEGER, SEQUENCE, OCTETS] and row[0].number in (0, 1) and _oid(row[1]):
        return "a private key in DER (PKCS#8)"
    if tags == [SEQUENCE, OCTETS] and _oid(row[0]).startswith(_ENCRYPTIONS):
        return "an encrypted private key in DER (PKCS#8)"
    if tags[:1] == [OID] and row[0].content.hex().startswith("67810501") and OCTETS in tags:
        return "a private key that a TPM wrapped"
    return ""


def _pkcs12(row: tuple[Asn1Value, ...], data: bytes) -> str:
    if len(row) < 2 or row[0].number != 3 or not _oid(row[1]).startswith(_PKCS + b"\x07"):
        return ""
    if _SECRET_BAG in data:
        return "a secret in PKCS#12"
    return next((kind for bag, kind in _BAGS.items() if bag in data), "")


def _oid(value: Asn1Value) -> bytes:
    """The object identifier at the start of a SEQUENCE."""
    first = element(value.data, value.start)
    return first.content if first and first.tag == OID and first.end <= value.end else b""


def _long(value: Asn1Value) -> bool:
    return value.end - value.start >= 32


def _embedded(data: bytes) -> Iterator[bool]:
    """True for each embedded PKCS#8 key, whose SEQUENCE begins two to four bytes before."""
    for sign in _EMBEDDED:
        for at in places(data, sign):
            for start in range(max(0, at - 5), at - 1):
                found = data[start : start + 16384]
                if data[start] == SEQUENCE and key_form(found) and not _is_prefix(found):
                    yield True


def _is_prefix(found: bytes) -> bool:
    """Whether the bytes are only the prefix of a short key, as a constant in a program.

    In compiled Python, zero bytes follow such a constant; random bytes contain hardly any.
    """
    whole = element(found)
    if whole is None or whole.end - whole.start > _SHORT:
        return False
    return found[_KEY_AT : whole.end].count(0) >= _MANY_ZEROES
