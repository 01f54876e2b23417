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
from qlumod.repository.verbs.repo import check_repository
from tests.repository.conftest import SUITE, Shop

pytestmark = pytest.mark.usefixtures("untried")

DEB = "pool/main/e/everyday/everyday_1.0_all.deb"


def change(path: Path) -> None:
    """Change one byte in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def index(shop: Shop, name: str = "Packages.gz") -> Path:
    return shop.current.directory / "main/binary-amd64" / name


FAULTS: dict[str, tuple[Callable[[Shop], None], str]] = {
    "a changed package": (
        lambda shop: change(shop.root / DEB),
        f"{DEB} has other bytes than were published",
    ),
    "a lost package": (
        lambda shop: (shop.root / DEB).unlink(),
        f"{DEB} is published, but is not in the pool",
    ),
    "a changed index": (
        lambda shop: change(index(shop)),
        "INDEXES/Packages.gz is not the file that Release names",
    ),
    "an index lost under its digest": (
        lambda shop: (index(shop).parent / "by-hash/SHA256" / digest(shop)).unlink(),
        "INDEXES/Packages.gz is not there under its digest",
    ),
    "a lost index": (
        lambda shop: index(shop, "Packages.zst").unlink(),
        "cannot read INDEXES/Packages.zst: No such file or directory",
    ),
    "a changed InRelease": (
        lambda shop: rewrite(shop.current.directory / "InRelease", "Origin: Q", "Origin: X"),
        "SUITE/InRelease: no good signature by a key of REPO/qlustar-archive-keyring.asc",
    ),
    "a changed Release": (
        lambda shop: rewrite(shop.current.directory / "Release", "Label: Q", "Label: X"),
        "SUITE/Release: no good signature by a key of REPO/qlustar-archive-keyring.asc",
    ),
    "a lost keyring": (
        lambda shop: (shop.root / "qlustar-archive-keyring.asc").unlink(),
        "cannot read REPO/qlustar-archive-keyring.asc: No such file or directory",
    ),
    "a lost snapshot": (
        lambda shop: shop.current.directory.parent.parent.rename(shop.work / "lost"),
        "REPO/dists/14.0-bookworm points at a snapshot that is not there",
    ),
}


def rewrite(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


def digest(shop: Shop) -> str:
    return shop.current.sums["main/binary-amd64/Packages.gz"].sha256


def test_a_whole_repository_has_no_faults(shop: Shop) -> None:
    shop.publish(shop.deb("everyday"))
    shop.publish(shop.deb("everyday", "1.1"), suite="14.0-trixie")
    found = check_repository(shop.root, listen=ignore)
    assert (found.faults, found.cautions) == ((), ())
    assert (found.suites, found.snapshots, found.files) == (
        ("14.0-bookworm", "14.0-trixie"),
        2,
        2,
    )


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told(shop: Shop, name: str) -> None:
    shop.publish(shop.deb("everyday"))
    places = {
        str(index(shop).parent): "INDEXES",
        str(shop.current.directory): "SUITE",
        str(shop.root): "REPO",
    }
    harm, expected = FAULTS[name]
    harm(shop)
    found = check_repository(shop.root, listen=ignore).faults
    for place, short in places.items():
        found = tuple(fault.replace(place, short) for fault in found)
    assert expected in found


def put(shop: Shop, name: str, data: bytes) -> None:
    """Replace an index, with its digest in Release."""
    path, said = index(shop, name), shop.current.sums[f"main/binary-amd64/{name}"]
    path.unlink()
    path.write_bytes(data)
    found = digest_bytes(data)
    (path.parent / "by-hash/SHA256" / found).write_bytes(data)
    release = shop.current.directory / "Release"
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
    shop: Shop, name: str, kind: str
) -> None:
    shop.publish(shop.deb("everyday"), wishes=Wishes(keys=(shop.fingerprint,), xz=True))
    size = shop.current.sums["main/binary-amd64/Packages"].size
    text = bytes({"more": 1 << 26, "less": size - 1}.get(kind, size))
    packed = PACK[name](text)
    put(shop, name, packed[:-9] if kind == "cut" else packed)
    found = check_repository(shop.root, listen=ignore).faults
    unreadable = f"{index(shop, name)}: cannot be read as an index: "
    other = f"{index(shop, name)} unpacks to something else than Release says"
    expected = {
        "other": other,
        "less": other,
        "more": f"{unreadable}it unpacks to more than {size} bytes",
        "cut": unreadable if name != "Packages.zst" else other,
    }
    assert any(fault.startswith(expected[kind]) for fault in found)


def test_what_no_snapshot_needs_is_a_caution(shop: Shop) -> None:
    shop.publish(shop.deb("everyday"))
    (shop.root / "pool/main/e/stray").write_text("?")
    (shop.root / ".qlumod/staging/20260101T000000Z").mkdir(parents=True)
    found = check_repository(shop.root, listen=ignore)
    assert found.faults == ()
    assert found.cautions == (
        "pool/main/e/stray belongs to no snapshot",
        "a publication is being made, or was interrupted; the next one removes what it left",
    )
    assert SUITE in found.suites
