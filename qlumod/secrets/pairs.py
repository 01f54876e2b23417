"""Finding the public halves of private keys: certificates and public keys of the same pair.

They are no secrets, but as random as the private key: no two builds make the same ones.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from qlumod.late import late
from qlumod.secrets.part import places

serialization = late("cryptography.hazmat.primitives.serialization")
pkcs12 = late("cryptography.hazmat.primitives.serialization.pkcs12")
pkcs7 = late("cryptography.hazmat.primitives.serialization.pkcs7")
x509 = late("cryptography.x509")

Identity = bytes
"""The public key of a pair in DER (SubjectPublicKeyInfo)."""

_LARGEST = 1 << 20
_MOST = 200
_PEM = re.compile(
    rb"-----BEGIN (?P<label>[A-Z0-9 ]{3,40})-----[^-]{16,60000}?-----END (?P=label)-----"
)
_SSH = re.compile(rb"(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d{3}) [A-Za-z0-9+/=]{32,}")
_SSH_NAMES = (b"ssh-", b"ecdsa-sha2-")


def partners(keys: Mapping[str, bytes], others: Mapping[str, bytes]) -> dict[str, str]:
    """The paths among `others` that have the public half of a private key, with the key's path.

    Both arguments are bytes by path. The public half of an encrypted key is only found if the key's
    file contains it (as OpenSSH's, or a bundle with a certificate).
    """
    owners: dict[Identity, str] = {}
    for path in sorted(keys):
        for identity in _identities(keys[path], private=True):
            owners.setdefault(identity, path)
    if not owners:
        return {}
    found = ((path, _owner(others[path], owners)) for path in sorted(others.keys() - keys.keys()))
    return {path: owner for path, owner in found if owner}


def _owner(data: bytes, owners: Mapping[Identity, str]) -> str:
    return next((owners[one] for one in _identities(data, private=False) if one in owners), "")


def _identities(data: bytes, *, private: bool) -> Iterator[Identity]:
    """The public keys of all keys and certificates in a file."""
    if len(data) > _LARGEST:
        return
    for key in _keys(data, private=private):
        spki = _attempt(_public_der, key)
        if spki:
            yield spki


def _public_der(key: Any) -> Identity:
    key = key.public_key() if hasattr(key, "public_key") else key
    der: bytes = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return der


def _keys(data: bytes, *, private: bool) -> Iterator[Any]:
    """The keys and certificates in a file, as `cryptography` has them; None for unreadable ones."""
    for count, block in enumerate(_PEM.finditer(data)):
        if count >= _MOST:
            return
        yield from _of_pem(block["label"], block[0] + b"\n", private=private)
    for line in _ssh_lines(data):
        yield _attempt(serialization.load_ssh_public_key, line)
    if data[:1] == b"0":
        yield from _of_der(data, private=private)


def _of_pem(label: bytes, block: bytes, *, private: bool) -> Iterator[Any]:
    if label.endswith(b"CERTIFICATE"):
        block = block.replace(b"TRUSTED CERTIFICATE", b"CERTIFICATE")
        yield _attempt(x509.load_pem_x509_certificate, block)
    elif label.endswith(b"CERTIFICATE REQUEST"):
        yield _attempt(x509.load_pem_x509_csr, block)
    elif label in (b"PKCS7", b"CMS"):
        yield from _attempt(pkcs7.load_pem_pkcs7_certificates, block) or ()
    elif label.endswith(b"PUBLIC KEY"):
        yield _attempt(serialization.load_pem_public_key, block)
    elif label == b"OPENSSH PRIVATE KEY" and private:
        yield _attempt(serialization.load_ssh_private_key, block, None) or _told_by_openssh(block)
    elif label.endswith(b"PRIVATE KEY") and private:
        yield _attempt(serialization.load_pem_private_key, block, None)


def _of_der(data: bytes, *, private: bool) -> Iterator[Any]:
    yield _attempt(x509.load_der_x509_certificate, data)
    yield _attempt(serialization.load_der_public_key, data)
    yield from _attempt(pkcs7.load_der_pkcs7_certificates, data) or ()
    if private:
        yield _attempt(serialization.load_der_private_key, data, None)
        for password in (None, b"", b"changeit"):
            store = _attempt(pkcs12.load_key_and_certificates, data, password)
            yield from (store[0], store[1]) if store else ()


def _told_by_openssh(block: bytes) -> Any:
    """The unencrypted public key in an encrypted key of OpenSSH (PROTOCOL.key)."""
    lines = block.split(b"\n")[1:-2]
    data = _attempt(base64.b64decode, b"".join(lines)) or b""
    for name in (b"ssh-ed25519", b"ssh-rsa", b"ecdsa-sha2-nistp256", b"ecdsa-sha2-nistp384"):
        at = data.find(len(name).to_bytes(4, "big") + name)
        if at >= 4:
            size = int.from_bytes(data[at - 4 : at], "big")
            blob = base64.b64encode(data[at : at + size])
            return _attempt(serialization.load_ssh_public_key, name + b" " + blob)
    return None


def _ssh_lines(data: bytes) -> Iterator[bytes]:
    count = 0
    for name in _SSH_NAMES:
        for at in places(data, name):
            line = _SSH.match(data, at)
            if line and count < _MOST:
                count += 1
                yield line[0]


def _attempt(read: Any, *args: Any) -> Any:
    """The result of a reader; None if it raises.

    `cryptography` raises many kinds of exceptions for damaged bytes (ValueError, TypeError, its own
    UnsupportedAlgorithm, and those of Rust panics), so each of them gives None.
    """
    try:
        return read(*args)
    except BaseException as fault:  # a Rust panic is no Exception
        if isinstance(fault, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        return None
