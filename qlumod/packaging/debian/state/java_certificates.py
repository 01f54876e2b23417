"""The certificates that Java trusts: a keystore that ca-certificates-java makes from all of them.

The keystore has the time at which each certificate was added, in no order. A stack has them sorted
by alias, with the time 0. The format is that of sun.security.provider.JavaKeyStore (JKS,
version 2).
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from qlumod.errors import QlumodError
from qlumod.model.lines import lines_of
from qlumod.state.entries import Entries, Entry
from qlumod.state.kind import Files, Fragments, Malformed, decoded_lines, encoded, text_of

_PATH = "/etc/ssl/certs/java/cacerts"
_HEAD = b"\xfe\xed\xfe\xed\0\0\0\2"
_TRUSTED = b"\0\0\0\2"
"""The tag of a certificate; a key has 1."""
_TYPE = b"\0\5X.509"
_WHEN = bytes(8)
_LONGEST = 0xFFFF
"""The most bytes of an alias."""
_DIGEST = hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite", usedforsecurity=False)
"""The begun digest at the end: of the password that Debian's keystore has, and then the data."""
_MEND = (
    "let no script change it but that of ca-certificates-java; a keystore with keys or with a "
    "password of its own belongs elsewhere, and under Secrets"
)


def _split(text: str) -> Sequence[Entry]:
    """The lines of a fragment: a certificate (base64) and its alias."""
    found = []
    for number, line in enumerate(lines_of(text), 1):
        certificate, _, alias = line.partition(" ")
        try:
            b64decode(certificate, validate=True)
        except ValueError:
            certificate = ""
        if not certificate or not 0 < len(encoded(alias)) <= _LONGEST:
            raise Malformed(number, "it is no certificate with an alias")
        found.append((alias, f"{line}\n"))
    return found


_LINES = Entries(name="java-certificates", path=_PATH, what="the certificate", split=_split)


class JavaCertificates:
    """The keystore as a list of certificates; a fragment has a line for each that was added."""

    name = _LINES.name
    patterns = _LINES.patterns
    targets: tuple[str, ...] = ()

    def claims(self, path: str, target: str = "") -> bool:
        """Whether the path is the keystore."""
        return _LINES.claims(path, target)

    def capture(self, below: Files, above: Files) -> bytes:
        """The certificates that the build added."""
        return _LINES.capture(_listed(below), _listed(above))

    def merge(self, fragments: Fragments) -> Files:
        """A keystore with the certificates of all modules."""
        merged = _LINES.merge(fragments)
        return {
            path: replace(file, data=_keystore(_split(text_of(merged, path))))
            for path, file in merged.items()
        }

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """The certificates, sorted, without the times."""
        return _LINES.canonical(_listed(files))

    def alike(self, one: bytes, other: bytes) -> bool:  # noqa: ARG002
        """Keystores with the same certificates differ only in their times."""
        return True


JAVA_CERTIFICATES = JavaCertificates()


def _listed(files: Files) -> Files:
    """The keystore as the text of a fragment."""
    if _PATH not in files:
        return {}
    data = files[_PATH].data
    try:
        lines = [
            f"{b64encode(certificate).decode('ascii')} {alias}\n"
            for alias, certificate in _certificates(data)
        ]
    except (ValueError, IndexError) as fault:
        raise QlumodError(
            f"{_PATH}: it is no keystore of certificates alone: {fault}", remedy=_MEND
        ) from fault
    return {_PATH: replace(files[_PATH], data=encoded("".join(lines)))}


def _certificates(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The aliases and the certificates of a keystore."""
    body, digest = data[:-20], data[-20:]
    if not body.startswith(_HEAD):
        raise ValueError("another format than JKS")
    if _digest(body) != digest:
        raise ValueError("a digest that is not that of the password 'changeit'")
    at = len(_HEAD) + 4
    for _ in range(_number(body, len(_HEAD), 4)):
        if body[at : at + 4] != _TRUSTED:
            raise ValueError("an entry that is no certificate")
        alias, at = _counted(body, at + 4, 2)
        at += len(_WHEN)
        if body[at : at + len(_TYPE)] != _TYPE:
            raise ValueError("a certificate of another type than X.509")
        certificate, at = _counted(body, at + len(_TYPE), 4)
        name = decoded_lines(alias)
        if not name or "\n" in name:
            raise ValueError("an alias that fits in no line")
        yield name, certificate
    if at != len(body):
        raise ValueError("data after the last entry")


def _keystore(entries: Iterable[Entry]) -> bytes:
    lines = [(encoded(alias), b64decode(line.partition(" ")[0])) for alias, line in entries]
    body = _HEAD + len(lines).to_bytes(4, "big")
    body += b"".join(
        _TRUSTED + _with_size(alias, 2) + _WHEN + _TYPE + _with_size(certificate, 4)
        for alias, certificate in lines
    )
    return body + _digest(body)


def _digest(body: bytes) -> bytes:
    digest = _DIGEST.copy()
    digest.update(body)
    return digest.digest()


def _with_size(data: bytes, size: int) -> bytes:
    return len(data).to_bytes(size, "big") + data


def _number(data: bytes, at: int, size: int) -> int:
    found = data[at : at + size]
    if len(found) != size:
        raise ValueError("an end within an entry")
    return int.from_bytes(found, "big")


def _counted(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    """The bytes after their number, and where they end."""
    begin = at + size
    end = begin + _number(data, at, size)
    if end > len(data):
        raise ValueError("an end within an entry")
    return data[begin:end], end
