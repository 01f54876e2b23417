"""Signing by throw-away keys and checking by gpgv."""

from pathlib import Path

import pytest

from qlumod.system.keys import gpg
from qlumod.system.processes.command import command
from qlumod.system.processes.run import attempt, capture
from tests.support.archive import make_archive
from tests.support.debs import make_deb


def test_a_signed_text_is_read_back_with_the_fingerprint_of_its_key(tmp_path: Path) -> None:
    with gpg.throw_away_key() as key:
        (tmp_path / "ring").write_bytes(gpg.export_key(key))
        (tmp_path / "signed").write_bytes(gpg.clearsign(key, b"A: 1\n"))
        (tmp_path / "data").write_bytes(b"\x00\xff")
        (tmp_path / "data.sig").write_bytes(gpg.detach_sign(key, b"\x00\xff"))
    assert gpg.verify(tmp_path / "signed", tmp_path / "ring") == gpg.Signed(
        fingerprint=key.fingerprint, text=b"A: 1\n", signers=(key.fingerprint,)
    )
    detached = gpg.verify(tmp_path / "data", tmp_path / "ring", signature=tmp_path / "data.sig")
    assert detached.fingerprint == key.fingerprint
    assert gpg.fingerprints(tmp_path / "ring") == (key.fingerprint,)
    assert key.home is not None
    assert not key.home.exists()


def test_an_armoured_keyring_is_read_too(tmp_path: Path) -> None:
    with gpg.throw_away_key() as key:
        (tmp_path / "signed").write_bytes(gpg.clearsign(key, b"A: 1\n"))
        assert key.home is not None
        armoured = capture(command("gpg", "--homedir", key.home, "--armor", "--export"))
    (tmp_path / "ring.asc").write_bytes(armoured)
    assert gpg.verify(tmp_path / "signed", tmp_path / "ring.asc").fingerprint == key.fingerprint


@pytest.mark.parametrize("fault", ["another key", "damaged", "unsigned", "expired key"])
def test_a_signature_that_is_not_good_is_refused(tmp_path: Path, fault: str) -> None:
    signed = tmp_path / "signed"
    with gpg.throw_away_key() as key, gpg.throw_away_key() as other:
        signer = key
        if fault == "expired key":
            assert key.home is not None
            signer = gpg.make_key(key.home, "old", expires="seconds=1")
            signed.write_bytes(gpg.clearsign(signer, b"A: 1\n"))
            attempt(command("sleep", "2"))
        else:
            signed.write_bytes(gpg.clearsign(key, b"A: 1\n"))
        keep = other if fault == "another key" else signer
        (tmp_path / "ring").write_bytes(gpg.export_key(keep))
    if fault == "damaged":
        signed.write_bytes(signed.read_bytes().replace(b"A: 1", b"A: 2"))
    if fault == "unsigned":
        signed.write_bytes(b"A: 1\n")
    with pytest.raises(gpg.BadSignature) as failure:
        gpg.verify(signed, tmp_path / "ring")
    assert failure.value.brief == f"{signed}: no good signature by a key of {tmp_path / 'ring'}"


def test_the_small_archive_is_signed_by_its_key(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "a", [make_deb(tmp_path, "hello", files={"/etc/hi": "hi\n"})])
    signed = gpg.verify(tmp_path / "a/dists/stable/InRelease", archive.keyring)
    assert signed.fingerprint == archive.fingerprint
    assert b"main/binary-amd64/Packages.gz" in signed.text
