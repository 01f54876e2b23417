"""Keys that are refused: the table, the keys themselves, and what sqv says where there is one."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.system.keys import gpg
from qlumod.system.keys import signers as keys
from qlumod.system.keys.strength import TABLE, weaknesses
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.conftest import ROOT
from tests.support.signing import signing_home, weak_key

KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    # name: what gpg is told, its options, the row
    "rsa1024": (("Key-Type: RSA", "Key-Length: 1024"), (), "RSA below 2048 bits"),
    "rsa1536": (("Key-Type: RSA", "Key-Length: 1536"), (), "RSA below 2048 bits"),
    "rsa2048": (("Key-Type: RSA", "Key-Length: 2048"), (), ""),
    "dsa1024": (("Key-Type: DSA", "Key-Length: 1024"), (), "DSA below 2048 bits"),
    "dsa2048": (("Key-Type: DSA", "Key-Length: 2048"), (), "DSA of any size"),
    "ed25519": (("Key-Type: EDDSA", "Key-Curve: ed25519"), (), ""),
    "nistp256": (("Key-Type: ECDSA", "Key-Curve: nistp256"), (), ""),
    "brainpool": (("Key-Type: ECDSA", "Key-Curve: brainpoolP256r1"), (), "Brainpool curves"),
    "secp256k1": (("Key-Type: ECDSA", "Key-Curve: secp256k1"), (), "the curve secp256k1"),
    "sha1": (
        ("Key-Type: RSA", "Key-Length: 2048"),
        ("--cert-digest-algo", "SHA1"),
        "self-signatures by SHA-1",
    ),
    "sha224": (
        ("Key-Type: RSA", "Key-Length: 2048"),
        ("--cert-digest-algo", "SHA224"),
        "self-signatures by SHA-224",
    ),
}
POLICY = Path("/usr/share/apt/default-sequoia.config")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with signing_home() as home:
        yield home


@pytest.fixture(scope="module")
def made(home: Path) -> dict[str, str]:
    """The fingerprints of the keys."""
    return {
        name: weak_key(home, name, *parameters, options=options)
        for name, (parameters, options, _) in KEYS.items()
    }


def exported(home: Path, fingerprint: str) -> bytes:
    return gpg.export_key(gpg.SigningKey(fingerprint=fingerprint, home=home))


@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_judged_by_the_table(name: str, home: Path, made: Mapping[str, str]) -> None:
    found = weaknesses(exported(home, made[name]))
    row = KEYS[name][2]
    assert {key: weak.row.what for key, weak in found.items()} == ({made[name]: row} if row else {})


@pytest.mark.skipif(
    not (shutil.which("sqv") and POLICY.exists()), reason="only Debian 13's apt has sqv"
)
@pytest.mark.parametrize("name", KEYS)
def test_apt_of_debian_13_judges_the_same(
    name: str, home: Path, made: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "ring").write_bytes(exported(home, made[name]))
    (tmp_path / "data").write_bytes(b"data")
    key = gpg.SigningKey(fingerprint=made[name], home=home)
    (tmp_path / "sig").write_bytes(gpg.detach_sign(key, b"data"))
    words = ["sqv", "--keyring", tmp_path / "ring", tmp_path / "sig", tmp_path / "data"]
    environment = {**os.environ, "SEQUOIA_CRYPTO_POLICY": str(POLICY)}
    told = subprocess.run(words, env=environment, capture_output=True, check=False)
    assert (told.returncode == 0) is (KEYS[name][2] == "")


def test_a_weak_key_is_named_with_what_it_is_and_how_it_is_mended(
    home: Path, made: Mapping[str, str]
) -> None:
    found = {
        name: weaknesses(exported(home, made[name]))[made[name]].fault("the key that signs")
        for name in ("rsa1024", "sha1", "brainpool")
    }
    assert str(found["rsa1024"]) == (
        f"the key that signs: the key {made['rsa1024']} is too weak: RSA of 1024 bits\n"
        "  RSA below 2048 bits: refused since 2014-02-01 (StandardPolicy of sequoia-openpgp)\n"
        "To mend it: make another key: gpg --quick-generate-key 'NAME <MAIL>' ed25519 sign"
    )
    assert str(found["sha1"]) == (
        f"the key that signs: the key {made['sha1']} is too weak: RSA of 2048 bits\n"
        "  self-signatures by SHA-1: refused since 2026-02-01 (default-sequoia.config of apt 3.0)\n"
        "To mend it: let its owner sign it anew by a better digest: gpg --cert-digest-algo SHA512"
        f" --quick-set-expire {made['sha1']} 3y"
    )
    assert found["brainpool"].details == (
        "Brainpool curves: refused (sqv 1.3.0 of Debian 13, tried)",
    )


def test_one_good_self_signature_suffices(home: Path, made: Mapping[str, str]) -> None:
    again = weak_key(home, "mended", *KEYS["sha1"][0], options=("--cert-digest-algo", "SHA1"))
    assert weaknesses(exported(home, again))
    mend = ("--cert-digest-algo", "SHA512", "--quick-set-expire", again, "3y")
    capture(command("gpg", "--homedir", home, "--batch", *mend))
    assert weaknesses(exported(home, again)) == {}


def test_a_strong_subkey_does_not_help_a_weak_primary_key_nor_the_other_way_round(
    home: Path, made: Mapping[str, str]
) -> None:
    def with_subkey(fingerprint: str, kind: str, usage: str) -> dict[str, str]:
        words = ("--passphrase", "", "--quick-add-key", fingerprint, kind, usage, "never")
        capture(command("gpg", "--homedir", home, "--batch", *words))
        found = weaknesses(exported(home, fingerprint))
        return {key: weak.row.what for key, weak in found.items()}

    weak = weak_key(home, "weak above", *KEYS["rsa1024"][0])
    found = with_subkey(weak, "ed25519", "sign")
    assert (len(found), set(found.values())) == (2, {"RSA below 2048 bits"})
    strong = weak_key(home, "weak below", *KEYS["ed25519"][0])
    # What is for encryption signs nothing.
    assert with_subkey(strong, "rsa1024", "encrypt") == {}
    found = with_subkey(strong, "rsa1024", "sign")
    assert strong not in found
    assert set(found.values()) == {"RSA below 2048 bits"}


def test_keys_of_debian_are_strong_but_for_those_that_it_removed() -> None:
    folder = Path("/usr/share/keyrings")
    assert weaknesses((folder / "debian-archive-keyring.gpg").read_bytes()) == {}
    removed = weaknesses((folder / "debian-archive-removed-keys.gpg").read_bytes())
    assert {weak.row.what for weak in removed.values()} == {
        "RSA below 2048 bits",
        "DSA below 2048 bits",
        "self-signatures by SHA-1",
    }


def test_nothing_that_is_signed_by_a_weak_digest_is_good(
    home: Path, made: Mapping[str, str], tmp_path: Path
) -> None:
    words = ("--homedir", home, "--batch", "--yes", "--local-user", made["rsa2048"])
    (tmp_path / "ring").write_bytes(exported(home, made["rsa2048"]))
    for digest, name in (("SHA1", "SHA-1"), ("RIPEMD160", "RIPEMD-160"), ("SHA224", "SHA-224")):
        signed = tmp_path / digest
        capture(
            command(
                "gpg", *words, "--digest-algo", digest, "--clearsign", "-o", signed,
                stdin=b"text\n",
            )
        )  # fmt: skip
        with pytest.raises(gpg.BadSignature) as told:
            gpg.verify(signed, tmp_path / "ring")
        assert f"it is a signature by {name}: {made['rsa2048']}" in told.value.details


def test_who_signs_has_a_strong_key_among_his(
    home: Path, made: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GNUPGHOME", str(home))
    with keys.signing([made["rsa1024"], made["ed25519"]]) as signers:
        assert [key.fingerprint for key in signers().keys] == [made["rsa1024"], made["ed25519"]]
    weak = [made["rsa1024"], made["dsa2048"]]
    with keys.signing(weak) as signers, pytest.raises(QlumodError) as told:
        signers()
    assert [line for line in str(told.value).splitlines() if "is too weak" in line] == [
        f"the key that signs: the key {made['rsa1024']} is too weak: RSA of 1024 bits",
        f"the key that signs: the key {made['dsa2048']} is too weak: DSA of 2048 bits",
    ]


def test_the_table_is_on_the_page() -> None:
    page = (ROOT / "docs" / "repository.md").read_text()
    rows = [f"| {row.what} | {row.since} | {row.source} |" for row in TABLE]
    assert [row for row in rows if row not in page] == []
    assert all(row.source and row.mend for row in TABLE)
