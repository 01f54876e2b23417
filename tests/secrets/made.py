"""Secrets that real programs make: openssl, ssh-keygen, gpg and keytool."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

Planted = tuple[str, str, bytes]
"""What it is called here, the path that it is planted at, and its bytes."""


def run(*command: object, stdin: bytes = b"") -> bytes:
    done = subprocess.run(
        [str(word) for word in command], check=True, input=stdin, capture_output=True
    )
    return done.stdout


def openssl(work: Path) -> Iterator[Planted]:
    rsa, ec, dsa, ed = (work / name for name in ("rsa.pem", "ec.pem", "dsa.pem", "ed.pem"))
    run("openssl", "genrsa", "-traditional", "-out", rsa, "2048")
    run("openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", ec)
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", ed)
    run("openssl", "dsaparam", "-genkey", "-noout", "-out", dsa, "1024")
    yield "RSA, PKCS#1, PEM", "/etc/ssl/a.pem", rsa.read_bytes()
    yield "EC, SEC 1, PEM", "/etc/ssl/b.pem", ec.read_bytes()
    yield "DSA, PEM", "/etc/ssl/c.pem", dsa.read_bytes()
    yield "Ed25519, PKCS#8, PEM", "/etc/ssl/d.pem", ed.read_bytes()
    for name, key in (("RSA", rsa), ("EC", ec), ("DSA", dsa)):
        der = run("openssl", "pkey", "-in", key, "-outform", "DER", "-traditional")
        yield f"{name}, traditional, DER", f"/opt/v/{name}.bin", der
    p8 = run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", rsa, "-outform", "DER")
    yield "PKCS#8, DER", "/opt/v/p8.dat", p8
    yield "PKCS#8, DER, within other bytes", "/opt/v/blob", b"HEAD\0\1" + p8 + b"\0tail\0"
    yield "PKCS#8, DER in base64", "/etc/v.conf", b"blob: " + _base64(p8) + b"\n"
    yield "PKCS#8, DER in hexadecimal", "/etc/v.hex", p8.hex().encode()
    encrypted = ("openssl", "pkcs8", "-topk8", "-in", rsa, "-passout", "pass:word")
    yield "PKCS#8, encrypted, DER", "/opt/v/e8", run(*encrypted, "-outform", "DER")
    yield "PKCS#8, encrypted, PEM", "/opt/v/e8.pem", run(*encrypted)
    old = run("openssl", "rsa", "-in", rsa, "-traditional", "-aes128", "-passout", "pass:word")
    yield "RSA, encrypted, PEM with headers", "/etc/ssl/old.key", old
    run("openssl", "req", "-x509", "-new", "-key", rsa, "-subj", "/CN=x", "-out", work / "crt.pem")
    p12 = run(
        "openssl", "pkcs12", "-export", "-inkey", rsa, "-in", work / "crt.pem", "-passout", "pass:w"
    )
    yield "PKCS#12", "/etc/v/store.bin", p12
    yield "PKCS#12 in base64", "/etc/v/store.txt", _base64(p12)
    bundle = (work / "crt.pem").read_bytes() + rsa.read_bytes()
    yield "a bundle of certificate and key", "/etc/haproxy/site.cert", bundle


def _base64(data: bytes) -> bytes:
    return run("openssl", "base64", "-A", stdin=data)


def ssh_keygen(work: Path) -> Iterator[Planted]:
    for kind in ("ed25519", "ecdsa"):
        key = work / f"ssh-{kind}"
        run("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", key)
        yield f"OpenSSH, {kind}", f"/etc/k/{kind}", key.read_bytes()
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "word", "-f", work / "locked")
    yield "OpenSSH, encrypted", "/home/u/.ssh/id", (work / "locked").read_bytes()


def gpg(work: Path) -> Iterator[Planted]:
    home = work / "gnupg"
    home.mkdir(mode=0o700)
    base = (
        "gpg",
        "--homedir",
        home,
        "--batch",
        "--quiet",
        "--passphrase",
        "",
        "--pinentry-mode",
        "loopback",
    )
    try:
        run(*base, "--quick-generate-key", "a@b", "rsa2048")
        yield "PGP, armoured", "/etc/k/key.asc", run(*base, "--armor", "--export-secret-keys")
        yield "PGP, binary", "/etc/k/key.gpg", run(*base, "--export-secret-keys")
        inner = next((home / "private-keys-v1.d").iterdir()).read_bytes()
        yield "GnuPG's own form", "/root/.gnupg/private-keys-v1.d/0.key", inner
    finally:
        run("gpgconf", "--homedir", home, "--kill", "all")


def keytool(work: Path) -> Iterator[Planted]:
    for kind in ("JKS", "JCEKS", "PKCS12"):
        store = work / f"store.{kind}"
        run(
            "keytool",
            "-genkeypair",
            "-alias",
            "a",
            "-keyalg",
            "RSA",
            "-dname",
            "CN=x",
            "-storetype",
            kind,
            "-keystore",
            store,
            "-storepass",
            "changeit",
            "-keypass",
            "changeit",
        )
        yield f"keytool, {kind}", f"/opt/v/{kind.lower()}", store.read_bytes()


PROGRAMS = {"openssl": openssl, "ssh-keygen": ssh_keygen, "gpg": gpg, "keytool": keytool}


def made(work: Path) -> Iterator[Planted]:
    """What the programs make that are on this machine."""
    for program, maker in PROGRAMS.items():
        if shutil.which(program):
            yield from maker(work)
