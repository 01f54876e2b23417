"""A head node in a directory."""

import os
from pathlib import Path

import pytest

from tests.head.head_node import HeadNode
from tests.head.listed_payloads import add_listed, write_tree


@pytest.fixture
def head(tmp_path: Path) -> HeadNode:
    return HeadNode(tmp_path / "head", [])


@pytest.fixture
def listed(head: HeadNode, tmp_path: Path) -> HeadNode:
    """A head node with core and slurm, which list their packages and paths.

    Slurm replaces a file of core, and hides another one and a directory.
    """
    core = write_tree(
        tmp_path / "trees/core",
        {
            "/etc/motd": "of core\n",
            "/etc/hidden": "of core\n",
            "/usr/bin/openssl": "openssl\n",
            "/usr/lib/gone/file": "of core\n",
            "/usr/lib/systemd/system/ssh.service": "[Unit]\n",
            "/usr/lib/systemd/system/getty@.service": "[Unit]\n",
            "/usr/lib/systemd/system/rescue.service": "[Unit]\n",
            "/etc/systemd/system/multi-user.target.wants/ssh.service": "->/usr/lib/systemd/"
            "system/ssh.service",
            "/etc/systemd/system/getty.target.wants/getty@tty1.service": "->/usr/lib/systemd/"
            "system/getty@.service",
            "/etc/systemd/system/rescue.service": "->/dev/null",
        },
    )
    slurm = write_tree(
        tmp_path / "trees/slurm",
        {
            "/etc/motd": "of slurm\n",
            "/usr/sbin/slurmd": "slurmd\n",
            "/usr/lib/systemd/system/slurmd.service": "[Unit]\n",
        },
    )
    for path in ("etc/hidden", "usr/lib/gone"):
        (slurm / path).parent.mkdir(parents=True, exist_ok=True)
        os.mknod(slurm / path, 0o20600, os.makedev(0, 0))
    add_listed(head, "core", core, {"base-files": "12.4", "openssl": "3.0.15-1"})
    add_listed(head, "slurm", slurm, {"slurmd": "22.05.8-4", "munge": "0.5.15-2"})
    head.look()
    return head
