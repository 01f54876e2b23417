"""The package store takes only what it was asked for, whole."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.model.names import Digest
from qlumod.system.disk.process_stamp import maker
from qlumod.system.disk.store import Store

DATA = b"a package" * 1000
DIGEST = Digest(hashlib.sha256(DATA).hexdigest())
OTHER = Digest("0" * 64)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "packages")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.deb"
    path.write_bytes(DATA)
    return path


def left(store: Store) -> list[str]:
    return sorted(str(p.relative_to(store.root)) for p in store.root.rglob("*") if p.is_file())


def test_what_was_added_is_found_by_its_digest(store: Store, source: Path) -> None:
    assert not store.has(DIGEST)
    path = store.add(source, digest=DIGEST, size=len(DATA))
    assert path == store.path(DIGEST) == store.root / DIGEST[:2] / f"{DIGEST}.deb"
    assert store.has(DIGEST)
    assert store.check(DIGEST, len(DATA)).read_bytes() == DATA
    assert path.stat().st_mode & 0o777 == 0o444
    assert source.exists()


def test_what_was_adopted_has_left_its_old_place(store: Store) -> None:
    partial = store.partial / DIGEST
    partial.write_bytes(DATA)
    store.adopt(partial, digest=DIGEST, size=len(DATA))
    assert left(store) == [f"{DIGEST[:2]}/{DIGEST}.deb"]


@pytest.mark.parametrize(("digest", "size"), [(OTHER, len(DATA)), (DIGEST, 5)])
def test_another_digest_or_size_is_refused_and_nothing_stays(
    store: Store, source: Path, digest: Digest, size: int
) -> None:
    with pytest.raises(QlumodError) as failure:
        store.add(source, digest=digest, size=size)
    assert str(failure.value) == (
        f"{source}: not the package that the lock names\n"
        f"  locked: {size} bytes, SHA-256 {digest}\n"
        f"  found:  {len(DATA)} bytes, SHA-256 {DIGEST}"
    )
    assert left(store) == []


def test_many_writers_of_one_package_do_not_disturb_each_other(store: Store, source: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.add(source, digest=DIGEST, size=len(DATA)), range(40)))
    assert left(store) == [f"{DIGEST[:2]}/{DIGEST}.deb"]
    assert store.check(DIGEST, len(DATA))


def test_a_damaged_file_is_named_with_the_way_to_mend_it(store: Store, source: Path) -> None:
    path = store.add(source, digest=DIGEST, size=len(DATA))
    path.chmod(0o644)
    path.write_bytes(DATA[:-1])
    with pytest.raises(QlumodError) as failure:
        store.check(DIGEST, len(DATA))
    assert str(failure.value) == (
        f"{path}: the package is damaged\n"
        f"  its bytes have the digest {hashlib.sha256(DATA[:-1]).hexdigest()} (8999 bytes)\n"
        f"To mend it: rm {path}, then `qlumod fetch`"
    )


def test_files_that_a_source_package_brings_are_found_and_checked_as_well(
    tmp_path: Path, store: Store, source: Path
) -> None:
    with_own = Store(store.root, {DIGEST: source})
    assert with_own.has(DIGEST) and not store.has(DIGEST)
    assert with_own.check(DIGEST, len(DATA)) == source
    source.chmod(0o644)
    source.write_bytes(b"")
    with pytest.raises(QlumodError) as failure:
        with_own.check(DIGEST, len(DATA))
    assert str(failure.value) == (
        f"{source}: the package is damaged\n"
        f"  its bytes have the digest {hashlib.sha256().hexdigest()} (0 bytes)\n"
        "To mend it: unpack the source package again"
    )


def test_a_file_that_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(QlumodError) as failure:
        store.check(DIGEST, 1)
    assert str(failure.value) == (
        f"{store.path(DIGEST)}: the package is not in the store\nTo mend it: run `qlumod fetch`"
    )


def test_what_killed_runs_left_is_removed_and_what_can_be_resumed_stays(store: Store) -> None:
    here = maker().rpartition("@")[0]
    names = {
        "lock": True,
        DIGEST: True,
        f"copy-{here}@{os.getpid()}@1": True,
        f"copy-{here}@999999999@1": False,
        "copy-elsewhere@999999999@1": True,
        "copy-long-ago@999999999@1": False,
        OTHER: False,
    }
    for name in names:
        (store.partial / name).write_bytes(b"")
    for name in (OTHER, "copy-long-ago@999999999@1"):
        os.utime(store.partial / name, (0, 0))
    store.tidy()
    assert {name: (store.partial / name).exists() for name in names} == names


def test_a_document_is_found_by_its_digest_and_refused_when_it_is_damaged(store: Store) -> None:
    digest = store.keep(b"what it was")
    assert store.keep(b"what it was") == digest
    assert store.document(digest) == b"what it was"
    assert store.document(Digest("0" * 64)) is None
    assert list(store.partial.iterdir()) == []
    (path,) = store.root.glob(f"*/{digest}.*")
    path.unlink()
    path.write_bytes(b"what it is not")
    with pytest.raises(QlumodError) as caught:
        store.document(digest)
    assert str(caught.value) == (
        f"{path}: the document in the store is damaged\nTo mend it: rm {path}, and try again"
    )
