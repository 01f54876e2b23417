"""Java's keystore of trusted certificates: merged, sorted, and without the times of its making."""

import shutil
import subprocess
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.packaging.debian.state.java_certificates import JAVA_CERTIFICATES
from qlumod.state.kind import Files, StateFile
from tests.state.files import faults, stack
from tests.support.keystore import MAIL, PATH, TLS, keystore, sealed


def test_the_certificates_of_all_modules_are_in_it_sorted_and_without_times() -> None:
    made = [keystore(TLS, when=1796000000000), keystore(MAIL, TLS, when=1797000000000)]
    found = stack(JAVA_CERTIFICATES, ("a", {}, made[0]), ("b", {}, made[1]))
    assert found == keystore(MAIL, TLS)
    assert JAVA_CERTIFICATES.canonical(found) == JAVA_CERTIFICATES.canonical(made[1])
    assert JAVA_CERTIFICATES.canonical(found) != JAVA_CERTIFICATES.canonical(made[0])


def test_a_module_adds_to_what_one_below_has() -> None:
    below, above = keystore(TLS, when=1), keystore(MAIL, TLS, when=2)
    found = stack(JAVA_CERTIFICATES, ("a", {}, below), ("b", below, above))
    assert found == keystore(MAIL, TLS)


def test_a_module_takes_no_certificate_away() -> None:
    with pytest.raises(QlumodError) as error:
        JAVA_CERTIFICATES.capture(keystore(MAIL, TLS), keystore(TLS))
    assert faults(error) == (
        f"{PATH}: the build removed the certificate debian:mail.pem of a module below"
    )


def with_key() -> Files:
    data = bytearray(keystore(TLS)[PATH].data[:-20])
    data[15] = 1
    return sealed(bytes(data))


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({PATH: StateFile(data=b"0\x82")}, "another format than JKS"),
        (
            keystore(TLS, password="another"),
            "a digest that is not that of the password 'changeit'",
        ),
        (with_key(), "an entry that is no certificate"),
        (keystore(("debian:\n.pem", b"tls")), "an alias that fits in no line"),
    ],
)
def test_another_keystore_is_told(files: Files, why: str) -> None:
    with pytest.raises(QlumodError) as error:
        JAVA_CERTIFICATES.capture({}, files)
    assert faults(error) == (
        f"{PATH}: it is no keystore of certificates alone: {why}\n"
        "To mend it: let no script change it but that of ca-certificates-java; a keystore with "
        "keys or with a password of its own belongs elsewhere, and under Secrets"
    )


@pytest.mark.programs
@pytest.mark.skipif(shutil.which("keytool") is None, reason="no Java is installed")
def test_java_reads_what_is_made(tmp_path: Path) -> None:
    whole = tmp_path / "cacerts"
    whole.write_bytes(stack(JAVA_CERTIFICATES, ("a", {}, keystore()))[PATH].data)
    call = ["keytool", "-list", "-storepass", "changeit", "-keystore", str(whole)]
    told = subprocess.run(call, capture_output=True, text=True, check=True).stdout
    assert "Your keystore contains 0 entries" in told
