"""Keystores of Java (JKS, JCEKS) and Bouncy Castle (BKS), judged by the types of their entries."""

from collections.abc import Iterator

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part

_MAGIC = {
    b"\xfe\xed\xfe\xed": "a Java keystore (JKS)",
    b"\xce\xce\xce\xce": "a Java keystore (JCEKS)",
}
_PRIVATE, _TRUSTED, _SECRET = 1, 2, 3
_BKS_CERTIFICATE = 1
_SALT = 20


class _Cut(Exception):
    """The data ends before the end of the keystore."""


def keystores(part: Part) -> Iterator[Found]:
    """A keystore that contains a key; certificates alone are no secret."""
    kind = _MAGIC.get(part.data[:4], "")
    try:
        if kind and _java_has_key(part.data):
            yield part.holds(f"a private key in {kind}", private=True)
        if part.data[:8] in (b"\0\0\0\1\0\0\0\x14", b"\0\0\0\2\0\0\0\x14") and _bks_has_key(
            part.data
        ):
            yield part.holds("a private key in a keystore of Bouncy Castle", private=True)
    except _Cut:
        return


def _number(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise _Cut
    return int.from_bytes(data[at : at + size], "big")


def _java_has_key(data: bytes) -> bool:
    """Whether the keystore contains an entry that is not a certificate."""
    if _number(data, 4, 4) not in (1, 2):
        return False
    at = 12
    for _ in range(min(_number(data, 8, 4), 10_000)):
        tag = _number(data, at, 4)
        if tag != _TRUSTED:
            return tag in (_PRIVATE, _SECRET)
        at += 4
        at += 2 + _number(data, at, 2) + 8  # alias, date
        at += 2 + _number(data, at, 2)  # the type of the certificate
        at += 4 + _number(data, at, 4)
    return False


def _bks_has_key(data: bytes) -> bool:
    at = 4 + 4 + _SALT + 4
    for _ in range(10_000):
        tag = _number(data, at, 1)
        if tag != _BKS_CERTIFICATE:
            return tag in (2, 3, 4)
        at += 1
        at += 2 + _number(data, at, 2) + 8
        chain = _number(data, at, 4)
        at += 4
        for _ in range(min(chain, 100) + 1):
            at += 2 + _number(data, at, 2)
            at += 4 + _number(data, at, 4)
    return False
