"""Core's initrd does for a stack, or it has one of its own; made by whatever its packaging has."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Listener, ignore
from qlumod.model.manifest import INITRD, PayloadFile
from qlumod.model.names import Digest
from qlumod.packaging.initrd import CoreInitrd
from qlumod.stack.initrd import LARGEST, make_initrd, remake_initrd, require_bounded
from qlumod.stack.payload import Payload
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import Enclosure
from tests.packaging.toy.initrd import TEXT, TOY_INITRDS, ToyInitrds
from tests.stack.test_meeting import member

KERNEL = "6.1"
FILE = PayloadFile(path=INITRD, sha256=Digest("a" * 64), size=1)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """A root that has a kernel, and the text."""
    place = tmp_path / "root"
    place.mkdir()
    made = Root(place)
    made.write("/boot/kernel-6.1", b"")
    made.write("/boot/config-6.1", b"")
    made.write(TEXT, b"all of it\n")
    return made


def core(place: Path, *paths: str) -> Payload:
    """Core, which has a kernel and an initrd beside its layer."""
    payload = member(place, "core", *paths, requires=(), kernel=KERNEL, files=(FILE,))
    (payload.directory / INITRD).parent.mkdir()
    (payload.directory / INITRD).write_text("core's")
    return payload


def test_a_stack_that_adds_nothing_to_it_keeps_the_initrd_of_core(
    root: Root, tmp_path: Path
) -> None:
    members = [core(tmp_path, TEXT), member(tmp_path, "slurm", "/usr/sbin/slurmd")]
    output = tmp_path / "initrd.img"
    assert remake_initrd(TOY_INITRDS, root, members, output, listen=ignore) is None
    assert not output.exists()


def test_a_stack_without_a_kernel_has_no_initrd(root: Root, tmp_path: Path) -> None:
    members = [member(tmp_path, "one", TEXT, requires=())]
    output = tmp_path / "initrd.img"
    assert remake_initrd(TOY_INITRDS, root, members, output, listen=ignore) is None


@pytest.mark.parametrize("brought_by", ["a module", "the site"])
def test_a_stack_that_adds_to_it_has_one_of_its_own(
    root: Root, tmp_path: Path, brought_by: str
) -> None:
    module, site = ((TEXT,), ()) if brought_by == "a module" else ((), (TEXT,))
    members = [core(tmp_path), member(tmp_path, "slurm", *module)]
    output = tmp_path / "initrd.img"
    made = remake_initrd(TOY_INITRDS, root, members, output, site=site, listen=ignore)
    assert made == output
    assert output.read_text() == "6.1 0\nconfig-6.1\nkernel-6.1\nall of it\n"


class Adding(ToyInitrds):
    """A maker that can add to an initrd."""

    def addition(
        self, root: Root, paths: Iterable[str], core: CoreInitrd, *, listen: Listener
    ) -> bytes | None:
        """Tell what it is asked."""
        return f"{sorted(paths)} {core.data!r} {core.epoch} {root.text(TEXT)}".encode()


def test_an_addition_is_written_behind_the_initrd_of_core(root: Root, tmp_path: Path) -> None:
    members = [core(tmp_path), member(tmp_path, "slurm", TEXT, "/usr/sbin/slurmd")]
    output = tmp_path / "initrd.img"
    assert remake_initrd(Adding(), root, members, output, listen=ignore) == output
    assert output.read_text() == f"core's['{TEXT}'] b\"core's\" 0 all of it\n"


class TooLarge(ToyInitrds):
    """A maker whose initrds no node could load."""

    def make(self, place: Enclosure, kernel: str, *, epoch: int, listen: Listener) -> str:
        """Make one that has no bytes on the disk."""
        place.temporary.write("/made", b"")
        os.truncate(place.temporary.place / "made", 700 << 20)
        return "/made"


def test_an_initrd_has_a_largest_size(root: Root, tmp_path: Path) -> None:
    require_bounded(LARGEST, KERNEL, TOY_INITRDS.hooks)
    output = tmp_path / "initrd.img"
    with pytest.raises(QlumodError) as told:
        make_initrd(TooLarge(), root, KERNEL, output, epoch=0, listen=ignore)
    assert str(told.value) == (
        "the initrd of the kernel 6.1 has 700 MiB, more than the 512 MiB that qlumod looks into "
        "and that nodes are to load\n"
        f"To mend it: see which line of {TEXT} puts so much there"
    )
    assert not output.exists()
