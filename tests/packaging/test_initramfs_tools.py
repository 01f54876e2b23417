"""What makes another initrd, where Debian's initramfs-tools make it."""

import pytest

from qlumod.packaging.debian.initramfs_tools import INITRAMFS_TOOLS
from qlumod.packaging.initrd import path_of


@pytest.mark.parametrize(
    ("path", "another"),
    [
        ("/etc/modprobe.d/mlx4.conf", True),
        ("/usr/lib/modules/6.1.0-56-amd64/updates/dkms/nvidia.ko", True),
        ("/usr/share/initramfs-tools/hooks/fuse", True),
        ("/usr/share/initramfs-tools/scripts/local-top/multipath", True),
        ("/etc/fstab", True),
        ("/usr/lib/udev/hwdb.d/60-x.hwdb", True),
        ("/usr/lib/udev/rules.d/60-rdma-ndd.rules", False),
        ("/etc/fstab.d/a", False),
        ("/usr/lib/modules-load.d/rdma.conf", False),
    ],
)
def test_what_mkinitramfs_reads_makes_another_initrd(path: str, another: bool) -> None:
    assert INITRAMFS_TOOLS.inputs([path]) == ((path,) if another else ())


def test_kernels_and_initrds_lie_where_debian_has_them() -> None:
    assert path_of(INITRAMFS_TOOLS.kernels, "6.1.0-56-amd64") == "/boot/vmlinuz-6.1.0-56-amd64"
    assert path_of(INITRAMFS_TOOLS.initrds, "6.1.0-56-amd64") == "/boot/initrd.img-6.1.0-56-amd64"
