"""Java's keystore of trusted certificates, as Java writes it."""

from hashlib import sha1

from qlumod.state.kind import Files, StateFile

PATH = "/etc/ssl/certs/java/cacerts"
TLS, MAIL = ("debian:tls.pem", b"tls"), ("debian:mail.pem", b"mail")


def keystore(*entries: tuple[str, bytes], when: int = 0, password: str = "changeit") -> Files:
    """A keystore as Java writes it, with the milliseconds at which its entries were added."""
    body = b"\xfe\xed\xfe\xed\0\0\0\2" + len(entries).to_bytes(4, "big")
    for alias, certificate in entries:
        name = alias.encode()
        body += b"\0\0\0\2" + len(name).to_bytes(2, "big") + name + when.to_bytes(8, "big")
        body += b"\0\5X.509" + len(certificate).to_bytes(4, "big") + certificate
    return sealed(body, password)


def sealed(body: bytes, password: str = "changeit") -> Files:
    """A keystore with the digest of its bytes and its password at the end."""
    digest = sha1(password.encode("utf-16-be") + b"Mighty Aphrodite" + body).digest()
    return {PATH: StateFile(data=body + digest)}
