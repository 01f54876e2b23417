"""Core's initrd does for a stack, or it has one of its own."""

import os
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.model.manifest import INITRD, PayloadFile
from qlumod.model.names import Digest
from qlumod.stack.initrd import LARGEST, remake_initrd, require_bounded
from qlumod.state.initrd_inputs import makes_another
from qlumod.system.disk.within import Root
from tests.stack.test_meeting import member


@pytest.mark.parametrize(
    ("path", "another"),
    [
        ("/etc/modprobe.d/mlx4.conf", True),
        ("/usr/lib/modules/6.1.0-56-amd64/updates/dkms/nvidia.ko", True),
        ("/usr/share/initramfs-tools/hooks/fuse", True),
        ("/usr/share/initramfs-tools/scripts/local-top/multipath", True),
        ("/etc/fstab", True),
        ("/usr/lib/udev/rules.d/60-rdma-ndd.rules", False),
        ("/etc/fstab.d/a", False),
        ("/usr/lib/modules-load.d/rdma.conf", False),
    ],
)
def test_what_mkinitramfs_reads_makes_another_initrd(path, another):
    assert makes_another([path]) is another


def test_a_stack_that_adds_nothing_to_it_keeps_the_initrd_of_core(tmp_path):
    file = PayloadFile(path=INITRD, sha256=Digest("a" * 64), size=1)
    core = member(tmp_path, "core", "/etc/modprobe.d/core.conf", requires=(), files=(file,))
    slurm = member(tmp_path, "slurm", "/usr/sbin/slurmd")
    output = tmp_path / "initrd.img"
    assert remake_initrd(Root(tmp_path), [core, slurm], output, listen=ignore) is None
    assert not output.exists()


def test_a_stack_without_a_kernel_has_no_initrd(tmp_path):
    one = member(tmp_path, "one", "/etc/modprobe.d/one.conf", requires=())
    assert remake_initrd(Root(tmp_path), [one], tmp_path / "initrd.img", listen=ignore) is None


@pytest.mark.programs
def test_an_initrd_has_a_largest_size(tmp_path: Path) -> None:
    root = Root(tmp_path)
    root.write("/initrd.img", b"")
    os.truncate(tmp_path / "initrd.img", LARGEST)
    require_bounded(root, "6.1")
    os.truncate(tmp_path / "initrd.img", 700 << 20)
    with pytest.raises(QlumodError, match=r"^the initrd of the kernel 6\.1 has 700 MiB, more than"):
        require_bounded(root, "6.1")
