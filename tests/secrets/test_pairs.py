"""The other half of a private key is found among the files around it."""

import subprocess

import pytest

from qlumod.secrets.pairs import partners

pytestmark = pytest.mark.programs

CRT = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj")


def run(work, *command):
    subprocess.run(command, cwd=work, check=True, capture_output=True, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    work = tmp_path_factory.mktemp("pairs")
    run(work, *CRT, "/CN=a", "-keyout", "a.key", "-out", "a.crt")
    run(work, *CRT, "/CN=b", "-keyout", "b.key", "-out", "b.crt")
    run(work, "openssl", "x509", "-in", "a.crt", "-outform", "DER", "-out", "a.der")
    run(work, "openssl", "pkey", "-in", "a.key", "-pubout", "-out", "a.pub")
    run(work, "openssl", "pkey", "-in", "a.key", "-outform", "DER", "-out", "a.keyder")
    run(work, "openssl", "crl2pkcs7", "-nocrl", "-certfile", "a.crt", "-out", "a.p7")
    run(work, "openssl", "req", "-new", "-key", "a.key", "-subj", "/CN=a", "-out", "a.csr")
    run(
        work,
        "openssl",
        "rsa",
        "-in",
        "a.key",
        "-aes128",
        "-passout",
        "pass:word",
        "-out",
        "a.locked",
    )
    run(
        work,
        "openssl",
        "pkcs12",
        "-export",
        "-inkey",
        "a.key",
        "-in",
        "a.crt",
        "-passout",
        "pass:",
        "-out",
        "a.p12",
    )
    for kind, password in (("ed25519", "word"), ("rsa", "word"), ("ecdsa", "")):
        run(work, "ssh-keygen", "-q", "-t", kind, "-N", password, "-f", f"ssh-{kind}")
    return work


def told(work, keys, others):
    def read(names):
        return {name: (work / name).read_bytes() for name in names}

    return partners(read(keys), read(others))


@pytest.mark.parametrize("other", ["a.crt", "a.der", "a.pub", "a.p7", "a.csr"])
@pytest.mark.parametrize("key", ["a.key", "a.keyder", "a.p12"])
def test_certificates_and_public_keys_are_told(work, key, other):
    assert told(work, [key], [other, "b.crt"]) == {other: key}


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_public_keys_of_ssh_are_told_even_where_the_key_is_encrypted(work, kind):
    assert told(work, [f"ssh-{kind}"], [f"ssh-{kind}.pub", "a.pub"]) == {
        f"ssh-{kind}.pub": f"ssh-{kind}"
    }


def test_an_encrypted_key_has_no_other_half(work):
    assert told(work, ["a.locked"], ["a.crt"]) == {}


def test_the_certificate_in_the_key_s_own_file_tells_the_pair(work):
    bundle = (work / "a.locked").read_bytes() + (work / "a.crt").read_bytes()
    assert partners({"/b": bundle}, {"/c": (work / "a.pub").read_bytes()}) == {"/c": "/b"}


def test_without_a_key_nothing_is_read(work):
    assert partners({}, {"/c": (work / "a.crt").read_bytes()}) == {}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"0",
        b"0\x82\xff\xff",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_is_damaged_belongs_to_nobody(work, data):
    assert partners({"/k": (work / "a.key").read_bytes(), "/x": data}, {"/c": data}) == {}
