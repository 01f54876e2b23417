"""Secrets are found by their bytes and by who may read them."""

import shutil
import subprocess

import pytest

from qlumod.model.tree import Entry
from qlumod.state.secrets import key_in, suspicions

PEM = b"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n"


def file(path, data=b"x", mode=0o644, digest="d"):
    return Entry(path=path, type="f", mode=mode, size=len(data), digest=digest or path)


def found(*entries, data=b"x", owned=(), shipped=()):
    return suspicions(entries, owned=set(owned), shipped=set(shipped), read=lambda _: data)


def made_by(command, path):
    subprocess.run(
        [*command, path], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
@pytest.mark.parametrize(
    ("form", "name"), [("RFC4716", "an OpenSSH private key"), ("PEM", "a PEM private key")]
)
def test_keys_of_ssh_keygen_are_found(tmp_path, kind, form, name):
    if (kind, form) == ("ed25519", "PEM"):
        name = "an OpenSSH private key"  # there is no PEM form of them
    command = ["ssh-keygen", "-q", "-t", kind, "-m", form, "-N", "", "-f"]
    assert key_in(made_by(command, tmp_path / "key")) == name


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
@pytest.mark.parametrize("options", [[], ["-aes256", "-pass", "pass:word"]])
def test_keys_of_openssl_are_found(tmp_path, options):
    command = ["openssl", "genpkey", "-quiet", "-algorithm", "ED25519", *options, "-out"]
    assert key_in(made_by(command, tmp_path / "key")) == "a PEM private key"


def test_keys_of_gnupg_are_found(tmp_path):
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", ""]
    subprocess.run(
        [*gpg, "--quick-generate-key", "a@b", "ed25519"], check=True, stderr=subprocess.DEVNULL
    )
    armoured = subprocess.run(
        [*gpg, "--armor", "--export-secret-keys"], check=True, stdout=subprocess.PIPE
    ).stdout
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)
    assert key_in(armoured) == "a PGP private key"
    for key in (home / "private-keys-v1.d").iterdir():
        assert key_in(key.read_bytes()) == "a GnuPG private key"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"PuTTY-User-Key-File-3: ssh-ed25519\n", "a PuTTY private key"),
        (b"SSH PRIVATE KEY FILE FORMAT 1.1\n\0", "an SSH 1 private key"),
        (b"[Interface]\nPrivateKey = " + b"A" * 43 + b"=\n", "a WireGuard private key"),
        (b"\x05\x02\x00\x00\x00\x3e", "a Kerberos keytab"),
        (b"# created\nAGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQ\n", "an age private key"),
        (b"config\n" + PEM, "a PEM private key"),
        (b"-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n", ""),
        (b"-----BEGIN PUBLIC KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n", ""),
        (b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 root@build\n", ""),
        (b"s\x1b\x00\x00\x00-----BEGIN PRIVATE KEY-----\xda\x00\x00", ""),
        (b"", ""),
    ],
)
def test_bytes_tell_a_private_key(data, name):
    assert key_in(data) == name


def test_a_key_that_no_package_owns_is_suspected():
    assert found(file("/etc/ssl/private.pem"), data=PEM) == {
        "/etc/ssl/private.pem": "it holds a PEM private key"
    }


def test_a_file_that_is_hidden_from_users_is_suspected():
    assert found(file("/etc/pacemaker/authkey", mode=0o440)) == {
        "/etc/pacemaker/authkey": "no package owns it, and its mode 0440 hides it from users"
    }


@pytest.mark.parametrize(
    ("entry", "options"),
    [
        (file("/usr/share/test/key.pem", mode=0o600), {"owned": ["/usr/share/test/key.pem"]}),
        (file("/etc/chrony/chrony.keys", mode=0o640), {"shipped": ["d"]}),
        (file("/var/log/btmp", data=b"", mode=0o660), {}),
        (file("/etc/security/opasswd", data=b"", mode=0o600), {}),
        (file("/etc/shadow", mode=0o640), {}),
        (file("/etc/passwd-", mode=0o600), {}),
        (file("/etc/exim4/passwd.client", mode=0o640), {}),
        (file("/usr/bin/made"), {}),
        (Entry(path="/root/.ssh", type="d", mode=0o700), {}),
    ],
    ids=lambda value: getattr(value, "path", None),
)
def test_no_secret_is(entry, options):
    assert found(entry, **options) == {}


def test_a_copy_of_what_a_package_ships_is_no_secret():
    shipped = file("/usr/share/chrony/chrony.keys", mode=0o640, digest="same")
    copy = file("/etc/chrony/chrony.keys", mode=0o640, digest="same")
    assert found(shipped, copy, owned=["/usr/share/chrony/chrony.keys"]) == {}
    assert list(found(copy)) == ["/etc/chrony/chrony.keys"]


def test_only_files_that_no_package_owns_are_read():
    read = []
    entries = [file("/usr/bin/a"), file("/etc/made", digest="other")]
    suspicions(entries, owned={"/usr/bin/a"}, read=lambda path: read.append(path) or b"")
    assert read == ["/etc/made"]
