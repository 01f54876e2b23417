"""Private SSH keys that are not PEM: the binary formats of OpenSSH and dropbear."""

from collections.abc import Iterator

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part

_PUBLIC_FIELDS = {
    b"ssh-rsa": 3,
    b"rsa": 3,
    b"ssh-dss": 5,
    b"ssh-ed25519": 2,
    b"ecdsa-sha2-nistp256": 3,
    b"ecdsa-sha2-nistp384": 3,
    b"ecdsa-sha2-nistp521": 3,
}
"""The number of fields of a public key with its name; a private key has more."""


def ssh_keys(part: Part) -> Iterator[Found]:
    """A private key, if the part is one."""
    if part.data.startswith(b"openssh-key-v1\0"):
        yield part.holds("an OpenSSH private key", private=True)
    elif part.data.startswith(b"SSH PRIVATE KEY FILE FORMAT 1.1\n\0"):
        yield part.holds("an SSH 1 private key", private=True)
    elif _is_dropbear(part.data):
        yield part.holds("a private key of dropbear", private=True)


def _is_dropbear(data: bytes) -> bool:
    """Whether more fields follow those of a public key; in Ed25519, one field has both halves."""
    if data[:3] != b"\0\0\0" or len(data) > 20_000:
        return False
    fields = tuple(_fields(data))
    public = _PUBLIC_FIELDS.get(fields[0], 0) if fields else 0
    if fields[:1] == (b"ssh-ed25519",):
        return len(fields) == public and len(fields[1]) == 64
    return 0 < public < len(fields)


def _fields(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if at + 4 + size > len(data):
            return
        yield data[at + 4 : at + 4 + size]
        at += 4 + size
