"""What we build goes into other people's repositories, as any upload to them does."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.interoperation.conftest import Signer, client, fetched
from tests.package.conftest import Built
from tests.repository.client import Client
from tests.repository.conftest import SUITE, SmallRepository

PAYLOAD = "qlustar-module-core-bookworm-amd64-14.0.0"
SOURCE = "qlustar-module-core-bookworm-amd64"


def test_reprepro_takes_signed_uploads_and_its_clients_get_our_bytes(
    reprepro, work: Path, signer: Signer, core: Built, next_source: Sequence[Path]
) -> None:
    reprepro("include", SUITE, core.file(".changes"))
    reader = client(work / "client", f"file:{work}/reprepro", signer)
    assert fetched(reader, PAYLOAD) == core.deb(PAYLOAD).read_bytes()
    assert source(reader, "14.0.0-2") == sources_in(core.files)
    reprepro("include", SUITE, next_source[-1])
    assert source(reader, "14.0.0-3") == sources_in(next_source)


def test_aptly_takes_signed_uploads_and_its_clients_get_our_bytes(
    aptly, work: Path, signer: Signer, core: Built, next_source: Sequence[Path]
) -> None:
    allowed = work / "uploaders.json"
    rule = {"condition": "Distribution (= bookworm)", "allow": [signer.long_id]}
    allowed.write_text(json.dumps({"groups": {}, "rules": [rule]}))
    key = ("-batch", f"-gpg-key={signer.key.fingerprint}")
    include = (
        "repo", "include", "-no-remove-files", "-repo=modules",
        f"-keyring={signer.keyring}", f"-uploaders-file={allowed}",
    )  # fmt: skip
    aptly("repo", "create", f"-distribution={SUITE}", "-component=main", "modules")
    aptly(*include, core.file(".changes"))
    # Ours are all for any architecture: aptly would make no index for clients.
    aptly("publish", "repo", *key, "-architectures=amd64,source", "modules")
    reader = client(work / "client", f"file:{work}/aptly/public", signer)
    assert fetched(reader, PAYLOAD) == core.deb(PAYLOAD).read_bytes()
    assert source(reader, "14.0.0-2") == sources_in(core.files)
    aptly(*include, next_source[-1])
    aptly("publish", "update", *key, SUITE)
    assert source(reader, "14.0.0-3") == sources_in(next_source)


def test_what_another_repository_has_is_published_in_one_call(
    reprepro, work: Path, core: Built, repository: SmallRepository
) -> None:
    reprepro("include", SUITE, core.file(".changes"))
    pool = work / "reprepro/pool"
    repository.publish(*pool.rglob("*.deb"), *pool.rglob("*.dsc"), repository.deb("qlumod-head"))
    published = [path for path in repository.layout.pool.rglob("*") if path.is_file()]
    assert sources_in(published) == sources_in(core.files)


def source(reader: Client, version: str) -> dict[str, bytes]:
    """The files of core's source as apt fetches and checks them."""
    reader.update()
    reader.must("apt-get", "--download-only", "source", f"{SOURCE}={version}")
    found = {path.name: path.read_bytes() for path in reader.root.glob(f"{SOURCE}_*")}
    for name in found:
        (reader.root / name).unlink()
    return found


def sources_in(files: Iterable[Path]) -> dict[str, bytes]:
    """The files of a source package, orig tarball included, among those of an upload."""
    ends = (".dsc", ".debian.tar.xz", ".orig.tar.gz")
    return {path.name: path.read_bytes() for path in files if path.name.endswith(ends)}
