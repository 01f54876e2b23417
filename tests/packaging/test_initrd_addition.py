"""When an archive behind core's initrd is what mkinitramfs would make, and what is in it."""

import os
from pathlib import Path

import pytest

from qlumod.events import ignore
from qlumod.model.cpio import CpioMember, archive, unpacked_initrd
from qlumod.packaging.debian.initramfs_tools import INITRAMFS_TOOLS
from qlumod.packaging.debian.initrd_addition import addition as addition_of
from qlumod.packaging.initrd import CoreInitrd
from qlumod.system.disk.within import Root

KERNEL = "usr/lib/modules/6.1.0-57-amd64"
EPOCH = 1_000
INITRD = archive(
    [
        CpioMember(path="etc/modprobe.d", mode=0o40755, mtime=EPOCH, links=2),
        CpioMember(path="etc/modprobe.d/mdadm.conf", mode=0o100644, mtime=1),
        CpioMember(path="usr/lib/modprobe.d", mode=0o40755, mtime=EPOCH, links=2),
        CpioMember(path="usr/lib/modprobe.d/systemd.conf", mode=0o100644, mtime=1),
        CpioMember(path=f"{KERNEL}/kernel/drivers/net/mlx4_core.ko", mode=0o100644, mtime=1),
        CpioMember(path=f"{KERNEL}/kernel/drivers/net/virtio-net.ko.xz", mode=0o100644, mtime=1),
        CpioMember(
            path=f"{KERNEL}/modules.builtin",
            mode=0o100644,
            mtime=1,
            data=b"kernel/drivers/ata/libata.ko\n",
        ),
    ]
)
PATH = "/etc/modprobe.d/mlx4.conf"


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """The root of a stack."""
    return Root(tmp_path)


def bring(root: Root, text: str, path: str = PATH, *, mtime: int = 5) -> None:
    """Write a file as a module has it."""
    root.write(path, text.encode())
    root.own(path, uid=0, gid=0, mode=0o640, mtime=mtime)


def addition(root: Root, *paths: str, initrd: bytes = INITRD) -> bytes | None:
    """What is added to core's initrd."""
    core = CoreInitrd(data=initrd, kernel="6.1", epoch=EPOCH)
    return INITRAMFS_TOOLS.addition(root, paths or (PATH,), core, listen=ignore)


@pytest.mark.skipif(os.geteuid() != 0, reason="owners are set by root")
def test_settings_are_added_with_their_directory(root: Root) -> None:
    bring(root, "options mlx4_core num_vfs=7\n")
    bring(root, "# nothing\n", "/usr/lib/modprobe.d/new.conf", mtime=EPOCH + 5)
    added = addition(root, PATH, "/usr/lib/modprobe.d/new.conf")
    assert added is not None
    before, after = unpacked_initrd(INITRD), unpacked_initrd(INITRD + added)
    new = {path: one for path, one in after.items() if before.get(path) != one}
    assert {path: (oct(one.mode), one.mtime, one.data) for path, one in new.items()} == {
        "etc/modprobe.d/mlx4.conf": ("0o100640", 5, b"options mlx4_core num_vfs=7\n"),
        # No time in an initrd is later than core's.
        "usr/lib/modprobe.d/new.conf": ("0o100640", EPOCH, b"# nothing\n"),
    }
    assert added == addition(root, "/usr/lib/modprobe.d/new.conf", PATH)


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("", True),
        ("# softdep mlx4_core post: mlx4_en", True),
        ("options mlx4_core num_vfs=7", True),
        ("install ib_qib modprobe -i ib_qib && /usr/lib/truescale-serdes.cmds start", True),
        ("  softdep ib_qib pre: ib_core", True),
        ("blacklist nouveau", True),
        # What says something of modules that are in the initrd, or in the kernel itself.
        ("softdep mlx4_core post: mlx4_en", False),
        ("softdep mlx4-core post: mlx4_en", False),
        ("install virtio_net /bin/true", False),
        ("blacklist libata", False),
        # What may, and what nobody here knows.
        ("install mlx4_* /bin/true", False),
        ("alias net-pf-10 ipv6", False),
        ("softdep", False),
        ("include /etc/other", False),
        ("# a comment \\", False),
    ],
)
def test_settings_that_choose_no_module_are_only_copied(root: Root, line: str, plain: bool) -> None:
    bring(root, f"# settings\n{line}\n")
    assert (addition(root) is not None) is plain


@pytest.mark.parametrize(
    "path",
    [
        # Of two files of one name, one hides the other.
        "/etc/modprobe.d/mdadm.conf",
        "/etc/modprobe.d/systemd.conf",
        "/etc/modprobe.d/below/a.conf",
        "/etc/modprobe.d/README",
        "/usr/share/initramfs-tools/hooks/sg3-utils",
    ],
)
def test_other_files_are_left_to_mkinitramfs(root: Root, path: str) -> None:
    bring(root, "# nothing\n")
    bring(root, "# nothing\n", path)
    assert addition(root, PATH, path) is None


def test_only_plain_files_are_added(root: Root) -> None:
    assert addition(root) is None
    bring(root, "# nothing\n", "/etc/other.conf")
    (root.place / "etc/modprobe.d").mkdir()
    (root.place / PATH.lstrip("/")).symlink_to("../other.conf")
    assert addition(root) is None
    (root.place / PATH.lstrip("/")).unlink()
    (root.place / PATH.lstrip("/")).hardlink_to(root.place / "etc/other.conf")
    assert addition(root) is None


@pytest.mark.parametrize(
    "initrd",
    [b"\x1f\x8b\x08 packed otherwise", archive([]), INITRD[:-124]],
    ids=["gzip", "0", "cut"],
)
def test_an_initrd_that_cannot_be_read_is_made_anew(root: Root, initrd: bytes) -> None:
    bring(root, "# nothing\n")
    assert addition(root, initrd=initrd) is None


HOOK = "/usr/share/initramfs-tools/hooks/sg3-utils"
CORES = unpacked_initrd(INITRD)
CACHE = "etc/ld.so.cache"
LINKED = ("usr/bin/busybox", "usr/bin/cat")


def file(path: str, data: bytes = b"", *, mode: int = 0o100755) -> CpioMember:
    """A file of an initrd."""
    return CpioMember(path=path, mode=mode, mtime=1, data=data)


def linked(initrd: bytes) -> bytes:
    """The same, with busybox and one of its names behind it."""
    names = archive(CpioMember(path=path, mode=0o100755, mtime=1, links=2) for path in LINKED)
    return initrd + names.replace(b"07070100000002", b"07070100000001")


BEFORE = linked(INITRD + archive([file(CACHE, b"old"), file("usr/bin/sh")]))
"""Core's initrd, with a cache, a shell and busybox."""


def with_hook(root: Root, *brought: CpioMember, without: bytes = BEFORE) -> bytes | None:
    """The addition where an initrd without chosen modules has these files besides `without`."""
    if not root.has(HOOK):
        bring(root, "#!/bin/sh\n", HOOK)
    made = without + archive(brought)
    return addition_of(root, [HOOK], BEFORE, epoch=EPOCH, run_hooks=lambda: made)


def test_what_a_hook_brings_is_added(root: Root) -> None:
    added = with_hook(root, file("usr/bin/sg_inq", b"program"), file(CACHE, b"new"))
    assert added is not None
    before, after = unpacked_initrd(BEFORE), unpacked_initrd(BEFORE + added)
    new = {path: one.data for path, one in after.items() if before.get(path) != one}
    assert new == {"usr/bin/sg_inq": b"program", CACHE: b"new"}


def test_chosen_modules_are_not_in_what_hooks_bring_and_stay(root: Root) -> None:
    few = archive([*(file(path) for path in ("usr/bin/sh", f"{KERNEL}/modules.dep"))])
    kept = {path: one for path, one in CORES.items() if "/kernel/" not in path}
    settings = archive(
        CpioMember(path=path, mode=one.mode, mtime=one.mtime, data=one.data)
        for path, one in kept.items()
    )
    same = archive([file(CACHE, b"old")])
    added = with_hook(root, file("usr/bin/sg_inq"), without=linked(settings + few + same))
    assert added is not None
    assert [*unpacked_initrd(added)] == ["usr/bin/sg_inq"]


@pytest.mark.parametrize(
    "brought",
    [
        file(f"{KERNEL}/kernel/drivers/scsi/sg.ko"),
        file("etc/depmod.d/a.conf"),
        file(LINKED[1], b"another"),
        file("usr/bin/sh", b"bash", mode=0o120777),
    ],
    ids=["a kernel module", "for depmod", "a name of busybox", "a link in place of a file"],
)
def test_what_does_more_than_to_add_is_left_to_mkinitramfs(root: Root, brought: CpioMember) -> None:
    assert with_hook(root, brought) is None


def test_what_hooks_no_longer_bring_is_left_to_mkinitramfs(root: Root) -> None:
    assert with_hook(root, without=INITRD) is None


@pytest.mark.parametrize(
    "text", ["ls $MODULESDIR", "[ -e $DESTDIR/lib/modules/a ]", "ls lib/firmware", "/proc/modules"]
)
def test_a_hook_that_looks_at_modules_is_left_to_mkinitramfs(root: Root, text: str) -> None:
    bring(root, f"#!/bin/sh\n{text}\n", HOOK)
    assert with_hook(root, file("usr/bin/sg_inq")) is None


@pytest.mark.parametrize("made", [None, b"", b"no initrd"])
def test_hooks_that_cannot_run_so_are_left_to_mkinitramfs(root: Root, made: bytes | None) -> None:
    bring(root, "#!/bin/sh\n", HOOK)
    assert addition_of(root, [HOOK], BEFORE, epoch=EPOCH, run_hooks=lambda: made) is None
