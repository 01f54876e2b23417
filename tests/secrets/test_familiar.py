"""A text that says only what everybody can read elsewhere hides no secret."""

import sqlite3
from pathlib import Path

import pytest

from qlumod.secrets.familiar import is_familiar

TEMPLATE = (
    b"# realms\n[realms]\n    @REALM@ = {\n        acl_file = /etc/krb5kdc/kadm5.acl\n    }\n"
)
SCRIPT = b'realm=EXAMPLE.COM\nsed -e "s/@REALM@/$realm/" template >/etc/krb5kdc/kdc.conf\n'
KNOWN = (TEMPLATE, SCRIPT)
MADE = TEMPLATE.replace(b"@REALM@", b"EXAMPLE.COM")

TEXTS = {
    "what a script makes of a template": (MADE, True),
    "numbers, times and UUIDs": (
        MADE + b"20261130120000Z 88 10.0.0.1 8c5b2f0e-6f0b-4f6a-9f5e-2f3f1d1c7a11\n", True
    ),
    "what is public by its nature": (
        b"# realms\n-----BEGIN DH PARAMETERS-----\nMIIBCAKCAQEA//qk\n-----END DH PARAMETERS-----\n",
        True,
    ),
    "one more word": (MADE + b"colour = hunter2\n", False),
    "a word alone": (b"hunter2\n", False),
    "a known word in another one": (b"xEXAMPLE.COMx\n", False),
    "a private key": (
        b"-----BEGIN PRIVATE KEY-----\nMIIBCAKCAQEA//qk\n-----END PRIVATE KEY-----\n", False
    ),
    "nothing": (b"", False),
    "pieces that are too short to be told": (b"a:b;c(9\n", False),
    "bytes": (bytes(range(128, 160)), False),
    "a zero": (MADE + b"\0", False),
}  # fmt: skip


@pytest.mark.parametrize("what", TEXTS)
def test_a_text_is_familiar(what: str) -> None:
    text, familiar = TEXTS[what]
    assert is_familiar(text, KNOWN) is familiar


def database(path: Path, value: str) -> bytes:
    with sqlite3.connect(path) as data:
        data.execute("CREATE TABLE realms (acl_file TEXT)")
        data.execute("INSERT INTO realms VALUES (?)", (value,))
    data.close()
    return path.read_bytes()


def test_a_database_is_as_its_texts_are(tmp_path: Path) -> None:
    known = (*KNOWN, b"CREATE TABLE realms (acl_file TEXT); INSERT INTO realms VALUES")
    assert is_familiar(database(tmp_path / "one", "EXAMPLE.COM"), known)
    assert is_familiar(database(tmp_path / "two", ""), KNOWN)
    assert not is_familiar(database(tmp_path / "three", "hunter2 of this site"), known)
