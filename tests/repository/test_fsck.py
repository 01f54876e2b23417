"""qlumod repo check: whatever is wrong with a repository is told."""

import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from qlumod.events import ignore
from qlumod.model.digests import digest_bytes
from qlumod.repository.format.settings import Wishes
from qlumod.repository.publishing import package_files
from qlumod.repository.verbs.repo import check_repository
from tests.repository.conftest import SUITE, SmallRepository

pytestmark = pytest.mark.usefixtures("untried")

DEB = "pool/main/e/everyday/everyday_1.0_all.deb"


def change(path: Path) -> None:
    """Change one byte in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def index(repository: SmallRepository, name: str = "Packages.gz") -> Path:
    return repository.current.directory / "main/binary-amd64" / name


FAULTS: dict[str, tuple[Callable[[SmallRepository], None], str]] = {
    "a changed package": (
        lambda repository: change(repository.root / DEB),
        f"{DEB} has other bytes than were published",
    ),
    "a lost package": (
        lambda repository: (repository.root / DEB).unlink(),
        f"{DEB} is published, but is not in the pool",
    ),
    "a changed index": (
        lambda repository: change(index(repository)),
        "INDEXES/Packages.gz is not the file that Release names",
    ),
    "an index lost under its digest": (
        lambda repository: (
            index(repository).parent / "by-hash/SHA256" / digest(repository)
        ).unlink(),
        "INDEXES/Packages.gz is not there under its digest",
    ),
    "a lost index": (
        lambda repository: index(repository, "Packages.zst").unlink(),
        "cannot read INDEXES/Packages.zst: No such file or directory",
    ),
    "a changed InRelease": (
        lambda repository: rewrite(
            repository.current.directory / "InRelease", "Origin: Q", "Origin: X"
        ),
        "SUITE/InRelease: no good signature by a key of REPO/qlustar-archive-keyring.asc",
    ),
    "a changed Release": (
        lambda repository: rewrite(
            repository.current.directory / "Release", "Label: Q", "Label: X"
        ),
        "SUITE/Release: no good signature by a key of REPO/qlustar-archive-keyring.asc",
    ),
    "a lost keyring": (
        lambda repository: (repository.root / "qlustar-archive-keyring.asc").unlink(),
        "cannot read REPO/qlustar-archive-keyring.asc: No such file or directory",
    ),
    "a lost snapshot": (
        lambda repository: repository.current.directory.parent.parent.rename(
            repository.work / "lost"
        ),
        "REPO/dists/14.0-bookworm points at a snapshot that is not there",
    ),
}


def rewrite(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


def digest(repository: SmallRepository) -> str:
    return repository.current.sums["main/binary-amd64/Packages.gz"].sha256


def test_a_whole_repository_has_no_faults(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday"))
    repository.publish(repository.deb("everyday", "1.1"), suite="14.0-trixie")
    found = check_repository(repository.root, listen=ignore)
    assert (found.faults, found.cautions) == ((), ())
    assert (found.suites, found.snapshots, found.files) == (
        ("14.0-bookworm", "14.0-trixie"),
        2,
        2,
    )


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told(repository: SmallRepository, name: str) -> None:
    repository.publish(repository.deb("everyday"))
    places = {
        str(index(repository).parent): "INDEXES",
        str(repository.current.directory): "SUITE",
        str(repository.root): "REPO",
    }
    harm, expected = FAULTS[name]
    harm(repository)
    found = check_repository(repository.root, listen=ignore).faults
    for place, short in places.items():
        found = tuple(fault.replace(place, short) for fault in found)
    assert expected in found


def put(repository: SmallRepository, name: str, data: bytes) -> None:
    """Replace an index, with its digest in Release."""
    path, said = index(repository, name), repository.current.sums[f"main/binary-amd64/{name}"]
    path.unlink()
    path.write_bytes(data)
    found = digest_bytes(data)
    (path.parent / "by-hash/SHA256" / found).write_bytes(data)
    release = repository.current.directory / "Release"
    lines = [
        line.replace(said.sha256, found).replace(f" {said.size} ", f" {len(data)} ")
        if line.endswith(f"binary-amd64/{name}")
        else line
        for line in release.read_text().splitlines()
    ]
    release.write_text("\n".join(lines) + "\n")


PACK: dict[str, Callable[[bytes], bytes]] = {
    "Packages.gz": gzip.compress,
    "Packages.xz": lzma.compress,
    "Packages.zst": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("name", PACK)
@pytest.mark.parametrize("kind", ["other", "more", "less", "cut"])
def test_an_index_of_other_content_is_told_and_not_unpacked_further_than_release_says(
    repository: SmallRepository, name: str, kind: str
) -> None:
    repository.publish(
        repository.deb("everyday"), wishes=Wishes(keys=(repository.fingerprint,), xz=True)
    )
    size = repository.current.sums["main/binary-amd64/Packages"].size
    text = bytes({"more": 1 << 26, "less": size - 1}.get(kind, size))
    packed = PACK[name](text)
    put(repository, name, packed[:-9] if kind == "cut" else packed)
    found = check_repository(repository.root, listen=ignore).faults
    unreadable = f"{index(repository, name)}: cannot be read as an index: "
    other = f"{index(repository, name)} unpacks to something else than Release says"
    expected = {
        "other": other,
        "less": other,
        "more": f"{unreadable}it unpacks to more than {size} bytes",
        "cut": unreadable if name != "Packages.zst" else other,
    }
    assert any(fault.startswith(expected[kind]) for fault in found)


def test_what_no_snapshot_needs_is_a_caution(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday"))
    (repository.root / "pool/main/e/stray").write_text("?")
    (repository.root / ".qlumod/staging/20260101T000000Z").mkdir(parents=True)
    found = check_repository(repository.root, listen=ignore)
    assert found.faults == ()
    assert found.cautions == (
        "pool/main/e/stray belongs to no snapshot",
        "a publication is being made, or was interrupted; the next one removes what it left",
    )
    assert SUITE in found.suites


def test_fields_that_an_older_program_took_from_a_package_are_told(
    repository: SmallRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_files, "normalised", lambda written: written)
    repository.publish(
        repository.deb("everyday", fields={"SHA512": "0" * 128, "Checksum-FileSize": "1"})
    )
    assert check_repository(repository.root, listen=ignore).faults == tuple(
        f"{repository.current.identity}: everyday 1.0 (all): the field {name} of the index is the"
        " package's own: clients take it for the repository's"
        for name in ("Checksum-FileSize", "SHA512")
    )
