"""Files in which programs store secrets, detected by their first bytes or their content."""

import re
from collections.abc import Iterator

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part

_BEGINNINGS = (
    (b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5", "a database of KeePass"),
    (b"\x03\xd9\xa2\x9a\x65\xfb\x4b\xb5", "a database of KeePass"),
    (b"\x03\xd9\xa2\x9a\x66\xfb\x4b\xb5", "a database of KeePass"),
    (b"PWS3", "a database of Password Safe"),
    (b"GnomeKeyring\n\r\0\n", "a keyring of GNOME"),
    (b"KWALLET\n\r\0\r\n", "a wallet of KDE"),
    (b"kych\0\1\0\0", "a keychain of macOS"),
    (b"LUKS\xba\xbe", "the header of an encrypted disk (LUKS)"),
    (b"\0GITCRYPTKEY", "a key of git-crypt"),
    (b"\xa1\xf8\x4e", "a wallet of Oracle"),
    (b"\x3f\xd7\x6c\x17", "a keystore of Elasticsearch"),
    (b"\0\0\0\1MIT-MAGIC-COOKIE-1", "a cookie of an X server"),
    (b"== ed25519v1-secret", "a Tor private key"),
    (b"(21:protected-private-key(", "a GnuPG private key"),
    (b"(20:shadowed-private-key(", "a GnuPG private key"),
    (b"(11:private-key(", "a GnuPG private key"),
)
_PRIVATE = ("key of git-crypt", "Tor private")
_COOKIES = re.compile(rb"\0\x12MIT-MAGIC-COOKIE-1\0\x10")

_BERKELEY = (b"\x00\x05\x31\x62", b"\x62\x31\x05\x00", b"\x00\x06\x15\x61", b"\x61\x15\x06\x00")
"""The bytes at position 12 of a btree or a hash of Berkeley DB."""
_WITHIN_DB = (
    (b"\0userPassword", "passwords of SASL"),
    (b"global-salt", "a private key of NSS (key3.db)"),
    (b"mkey\1\0\0\0", "a key of a wallet"),
    (b"\4ckey", "a key of a wallet"),
    (b"\3key!", "a key of a wallet"),
    (b"K/M@", "a database of a KDC"),
)
_WITHIN_TDB = (
    (b"SECRETS/MACHINE_PASSWORD", "Samba's password of the machine"),
    (b"SECRETS/$DOMTRUST", "Samba's password of a trust"),
    (b"SECRETS/LDAP_BIND_PW", "Samba's password for LDAP"),
    (b"SECRETS/GENERIC", "a secret of Samba"),
    (b"SECRETS/SID", "Samba's identity of the machine"),
    (b"\0USER_", "hashes of Samba"),
    (b"unicodePwd\0", "hashes of Samba"),
    (b"supplementalCredentials\0", "hashes of Samba"),
    (b"USER_\0", ""),
)


def stores(part: Part) -> Iterator[Found]:
    """The secret in a file of a known format."""
    data = part.data
    kind = next((kind for magic, kind in _BEGINNINGS if data.startswith(magic)), "")
    if not kind and _COOKIES.search(data[:4096]):
        kind = "a cookie of an X server"
    if not kind and data[12:16] in _BERKELEY:
        kind = next((kind for sign, kind in _WITHIN_DB if sign in data), "")
    if not kind and data.startswith(b"TDB file\n"):
        kind = next((kind for sign, kind in _WITHIN_TDB if sign in data), "")
    if kind:
        private = any(word in kind for word in (*_PRIVATE, "private key", "key of a wallet"))
        yield part.holds(kind, private=private)
