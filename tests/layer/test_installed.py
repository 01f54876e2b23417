"""A module over the payloads that packages have installed, and how payloads are checked."""

import gzip
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.layer.installed import installed
from qlumod.layer.job import Job
from qlumod.layer.payload_build import build_payloads, plan_here
from qlumod.model.digests import digest_bytes
from qlumod.model.manifest import manifest_text, parse_manifest
from qlumod.model.names import ModuleName
from qlumod.model.payload_paths import payload_home
from qlumod.system.disk.store import Store
from qlumod.system.disk.workshop import Workshop
from tests.layer.small_release import SmallRelease, checked

PLAIN = ModuleName("plain")


@pytest.fixture(scope="module")
def root(release: SmallRelease, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root directory into which core's package was installed; nobody writes there."""
    root = tmp_path_factory.mktemp("root")
    shutil.copytree(release.build("core"), root / home("core"))
    return root


@pytest.fixture
def damaged(root: Path, tmp_path: Path) -> Path:
    """A copy of that root's payload of core, to be damaged."""
    shutil.copytree(root / home("core"), tmp_path / home("core"), copy_function=shutil.copy)
    return tmp_path / home("core")


def home(module: str) -> str:
    return payload_home(ModuleName(module), "bookworm", "amd64", "1.0.0")  # type: ignore[arg-type]


def jobs(
    release: SmallRelease, root: Path, cache: Path, store: Store | None = None
) -> tuple[Job, ...]:
    workshop = Workshop(store=store or release.store, cache=cache)
    return plan_here(release.project, release.lock, PLAIN, workshop, root=root)


def test_over_an_installed_payload_the_same_bytes_come_out(
    release: SmallRelease, root: Path, tmp_path: Path
) -> None:
    found = jobs(release, root, tmp_path)
    assert [(job.spec.module, job.below[0].installed) for job in found] == [
        ("plain", root / home("core"))
    ]
    built = build_payloads(
        found, Workshop(store=release.store, cache=tmp_path, processors=1), listen=ignore
    )
    assert contents(built[PLAIN].directory) == contents(release.build("plain"))


def contents(payload: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(payload)): path.read_bytes()
        for path in payload.rglob("*")
        if path.is_file()
    }


def test_what_the_cache_has_goes_before_what_is_installed(
    release: SmallRelease, root: Path, tmp_path: Path
) -> None:
    release.build("core")
    assert jobs(release, root, release.cache)[-1].below[0].installed is None
    release.build("plain")
    assert [job.spec.module for job in jobs(release, root, release.cache, Store(tmp_path))] == [
        "plain"
    ]


def test_without_an_installed_payload_it_is_built_as_well(
    release: SmallRelease, tmp_path: Path
) -> None:
    assert [job.spec.module for job in jobs(release, tmp_path, tmp_path)] == ["core", "plain"]


def test_where_there_is_neither_payload_nor_package_one_error_tells_all(
    release: SmallRelease, tmp_path: Path
) -> None:
    number = len(release.lock.of(ModuleName("core")))
    with pytest.raises(QlumodError) as caught:
        jobs(release, tmp_path, tmp_path, Store(tmp_path / "store"))
    assert str(caught.value) == (
        "cannot build plain, which stands on core: there is no layer of core\n"
        f"  {tmp_path}/{home('core')}: not installed\n"
        f"  the package store {tmp_path}/store lacks {number} of its {number} packages\n"
        "To mend it: install the package of core that the source package Build-Depends on, or set "
        "QLUMOD_STORE to a store that `qlumod fetch` has filled\n"
        f"cannot build plain: the package store {tmp_path}/store lacks 1 of its 1 packages\n"
        "  plain 1.0\n"
        "To mend it: set QLUMOD_STORE to a store that `qlumod fetch` has filled, or take the "
        "source package that `qlumod source --with-packages` writes"
    )


def error_of(release: SmallRelease, place: Path, **changed: object) -> str:
    job = release.job("core")
    lock = replace(job.lock, **changed)  # type: ignore[arg-type]
    with pytest.raises(QlumodError) as caught:
        installed(replace(job, lock=lock), place.parents[7])
    return str(caught.value).replace(str(place), "PLACE")


def test_an_installed_payload_of_other_packages_is_not_the_one(
    release: SmallRelease, damaged: Path
) -> None:
    others = [
        replace(package, version="0") if package.package in ("adduser", "libc6") else package
        for package in release.lock.packages
    ]
    assert error_of(release, damaged, packages=tuple(others)) == (
        "PLACE: other packages than the lock has: adduser, libc6"
    )
    assert error_of(release, damaged, packages=()).endswith(" more")


def test_an_installed_payload_that_was_changed_is_not_the_one(
    release: SmallRelease, damaged: Path
) -> None:
    with (damaged / "layer.squashfs").open("ab") as layer:
        layer.write(b"x")
    assert error_of(release, damaged) == (
        "PLACE: layer.squashfs is damaged: it has not the digest that the manifest names"
    )


def test_an_installed_payload_of_another_module_is_not_the_one(
    release: SmallRelease, damaged: Path
) -> None:
    manifest = damaged / "manifest"
    manifest.write_text(manifest.read_text().replace("Flavor: bookworm", "Flavor: trixie"))
    assert error_of(release, damaged) == "PLACE: the manifest is that of core 1.0.0 trixie amd64"


def test_a_payload_is_what_it_says_of_itself(release: SmallRelease) -> None:
    for module in ("core", "plain", "registered"):
        assert checked(release.build(module)).module == module


def test_a_layer_that_is_not_what_its_contents_say_is_noticed(
    release: SmallRelease, tmp_path: Path
) -> None:
    """The digests are right: only the layer's own listing can tell."""
    payload = shutil.copytree(release.build("plain"), tmp_path / "payload")
    path = payload / "plain.contents.gz"
    text = gzip.decompress(path.read_bytes()).decode()
    wrong = (
        text.replace("f\t4755\troot:root\t21\t", "f\t0755\troot:root\t22\t")
        .replace("/usr/share/shared/plain.txt", "/usr/share/shared/plain.text")
        .replace("d\t0755\troot:root\t0\t-\t<maintainer-script>", "d\t0755\tkeeper:root\t0\t-\t<x>")
    )
    rewrite(payload, path, gzip.compress(wrong.encode(), mtime=0))
    with pytest.raises(QlumodError) as caught:
        checked(payload)
    assert str(caught.value) == (
        f"{payload}: the layer and its contents disagree\n"
        "  /usr/bin/plain: f 0755 22 in the contents, f 4755 21 in the layer\n"
        "  /usr/share/shared/plain.text: in the contents, not in the layer\n"
        "  /usr/share/shared/plain.txt: in the layer, not in the contents\n"
        "  /var/lib/plain: user keeper in the contents, 0 in the layer"
    )


def rewrite(payload: Path, path: Path, data: bytes) -> None:
    """Change a file and its line in the manifest."""
    manifest = parse_manifest((payload / "manifest").read_text(), "manifest")
    path.write_bytes(data)
    files = tuple(
        replace(file, sha256=digest_bytes(data), size=len(data)) if file.path == path.name else file
        for file in manifest.files
    )
    (payload / "manifest").write_text(manifest_text(replace(manifest, files=files)))
