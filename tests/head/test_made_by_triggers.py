"""Real packages whose triggers run while an image is put together, and make keys."""

import subprocess
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.lock.verbs.check import check_specs
from qlumod.lock.verbs.fetch_locked import fetch_locked
from qlumod.model.names import DEB
from qlumod.packaging.choice import packaging_place
from qlumod.proof.scanned_tree import loaded
from qlumod.system.processes.namespace import call_inside
from qlumod.workflows.lock import lock
from qlumod.workflows.workplace import Workplace
from tests.layer.small_release import CORE, SmallRelease, core_debs, write_small_release
from tests.secrets.planted import PEM
from tests.support.debs import make_deb

MODULES = {
    "core": CORE,
    "watch": "Requires: core\nPackages: watch",
    "keeperd": "Requires: core\nPackages: keeperd\nSecrets: /etc/keeperd/key node",
    "giver": "Requires: core\nPackages: giver",
}
KEY = PEM.decode()


def debs(directory: Path) -> None:
    """A giver of files, and two packages that wait for them."""
    core_debs(directory)
    make_deb(directory, "giver", files={"/usr/share/watched/x": "x"})
    waiting = ["interest-noawait /usr/share/watched"]
    make_deb(
        directory,
        "watch",
        triggers=waiting,
        scripts={
            "postinst": '[ "$1" = triggered ] || exit 0\n'
            f"mkdir -p /etc/watch; printf '%s' '{KEY}' >/etc/watch/key; chmod 600 /etc/watch/key"
        },
    )
    make_deb(
        directory,
        "keeperd",
        triggers=waiting,
        scripts={
            "postinst": "mkdir -p /etc/keeperd; [ -e /etc/keeperd/key ] ||\n"
            f"(umask 077; printf '%s' '{KEY}' >/etc/keeperd/key)"
        },
    )


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> SmallRelease:
    folder = tmp_path_factory.mktemp("triggers") / "specs"
    specs = write_small_release(folder, MODULES, shared_cache)
    debs(specs / "debs")
    place = Workplace(specs=specs, cache=shared_cache)
    made, project = lock(place), check_specs(specs)
    fetch_locked(place, made.lock, project.release)
    return SmallRelease(specs=specs, project=project, lock=made.lock, cache=shared_cache)


def image(release: SmallRelease, directory: Path, *modules: str) -> str:
    """The paths in the last layer of an image of these modules."""
    payloads = [release.build(module) for module in modules]
    made = directory / "image.squashfs"
    call_inside(
        "qlumod.head.inside:build_image_inside",
        {
            "modules": [[str(payload), str(payload / "layer.squashfs")] for payload in payloads],
            "own": {"files": [], "secrets": []},
            "packaging": packaging_place(DEB),
            "epoch": 1_700_000_000,
            "scratch": str(directory / "scratch"),
            "output": str(made),
        },
        listen=print,
    )
    return listing(made)


def listing(layer: Path) -> str:
    return subprocess.run(
        ["unsquashfs", "-ll", layer], capture_output=True, text=True, check=True
    ).stdout


def test_a_key_that_a_trigger_makes_is_not_published(release: SmallRelease, tmp_path: Path) -> None:
    with pytest.raises(QlumodError) as told:
        image(release, tmp_path, "core", "watch", "giver")
    assert str(told.value) == (
        "/etc/watch/key: this looks like a secret: it holds a PEM private key (line 1)\n"
        "  made while the image was put together, by watch's trigger /usr/share/watched, since "
        "giver brings something there (module watch)\n"
        "To mend it: have the maintainer of module watch change its spec: add it to the field "
        "Secrets, as '/etc/watch/key site' if many nodes share it, or as '/etc/watch/key node' if "
        "each node has its own"
    )


def test_a_declared_key_that_a_trigger_makes_anew_is_left_out(
    release: SmallRelease, tmp_path: Path
) -> None:
    """An honest package makes its key where there is none, whenever its postinst runs."""
    made = image(release, tmp_path, "core", "keeperd", "giver")
    assert "/etc/keeperd\n" in made
    assert "/etc/keeperd/key" not in made
    assert "/etc/keeperd/key" not in listing(release.build("keeperd") / "layer.squashfs")


def test_the_stack_that_is_proved_is_without_it_as_the_image_is(
    release: SmallRelease, tmp_path: Path
) -> None:
    payloads = [str(release.build(module)) for module in ("core", "keeperd", "giver")]
    output = tmp_path / "tree"
    call_inside(
        "qlumod.proof.inside:stack",
        {
            "packaging": packaging_place(DEB),
            "payloads": payloads,
            "epoch": 1_700_000_000,
            "scratch": str(tmp_path / "scratch"),
            "output": str(output),
        },
        listen=print,
    )
    entries = loaded(output.read_bytes()).entries
    assert "/etc/keeperd" in entries
    assert "/etc/keeperd/key" not in entries
