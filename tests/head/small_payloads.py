"""Payloads with real squashfs layers of a few files, as the layer wing would make them."""

import gzip
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from qlumod.packaging.debian.state.state_table import STATE_TABLE
from qlumod.stack.state_files import read_files
from qlumod.state.kind import Files
from qlumod.system.disk.within import Root
from tests.head.head_node import HeadNode
from tests.support.debs import make_deb

NO_CONTENTS = gzip.compress(b"", mtime=0)
EPOCH = 1_700_000_000
BASE = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/none:/bin/false\n",
    "etc/shadow": "root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n",
    "etc/group": "root:x:0:\nshadow:x:42:\nnogroup:x:65534:\n",
    "etc/gshadow": "root:*::\nshadow:*::\nnogroup:*::\n",
    "var/lib/dpkg/status": "Package: base\nStatus: install ok installed\nVersion: 1\n"
    "Maintainer: x\nArchitecture: all\nDescription: x\n",
}
MUNGE = {
    "etc/passwd": BASE["etc/passwd"] + "munge:x:400:400::/nonexistent:/usr/sbin/nologin\n",
    "etc/shadow": BASE["etc/shadow"] + "munge:!:19000::::::\n",
    "etc/group": BASE["etc/group"] + "munge:x:400:\n",
    "etc/gshadow": BASE["etc/gshadow"] + "munge:!::\n",
    "var/lib/dpkg/status": BASE["var/lib/dpkg/status"]
    + "\nPackage: munge\nStatus: install ok installed\nVersion: 1\n"
    "Maintainer: x\nArchitecture: all\nDescription: x\n",
}


def state(scratch: Path, below: Mapping[str, str], above: Mapping[str, str]) -> dict[str, bytes]:
    """The fragments of a module that turned the files `below` into those `above`."""
    before, after = _files(scratch / "below", below), _files(scratch / "above", above)
    return {
        f"state/{kind.name}": fragment
        for kind in STATE_TABLE.kinds
        if (fragment := kind.capture(before, after))
    }


def _files(root: Path, texts: Mapping[str, str]) -> Files:
    root.mkdir(parents=True)
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
        shadow = path.endswith("shadow")
        os.chown(root / path, 0, 42 if shadow else 0)
        (root / path).chmod(0o640 if shadow else 0o644)
    return read_files(Root(root), [f"/{path}" for path in texts])


def layer(scratch: Path, files: Mapping[str, str]) -> bytes:
    """A squashfs image of these files."""
    tree = scratch / "tree"
    for path, text in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    return squashed(tree, scratch / "layer.squashfs")


def squashed(tree: Path, image: Path) -> bytes:
    """A squashfs image of a directory."""
    for path in [tree, *tree.rglob("*")]:
        os.utime(path, (EPOCH, EPOCH), follow_symlinks=False)
    subprocess.run(
        ["mksquashfs", tree, image, "-quiet", "-no-progress", "-noappend", "-all-root"],
        check=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH)},
    )
    return image.read_bytes()


MKINITRAMFS = """\
#!/bin/busybox sh
{ echo "initrd of $3 of $SOURCE_DATE_EPOCH"; cat /etc/modprobe.d/*; } >"$2"
"""


def core_with_mkinitramfs(scratch: Path, script: str = MKINITRAMFS) -> bytes:
    """The layer of a core with busybox, which makes its own initrd of what is in modprobe.d."""
    root = busybox_root(scratch)
    for directory in ("proc", "sys", "dev", "run", "tmp"):
        (root / directory).mkdir()
    (root / "usr/sbin").mkdir(parents=True)
    (root / "usr/sbin/mkinitramfs").write_text(script)
    (root / "usr/sbin/mkinitramfs").chmod(0o755)
    return squashed(root, scratch / "layer.squashfs")


def busybox_root(scratch: Path) -> Path:
    """A directory with busybox, all its applets and the libraries that it needs."""
    root = scratch / "busybox"
    (root / "bin").mkdir(parents=True)
    busybox = Path("/bin/busybox").resolve()
    copy_libraries(root, busybox)
    shutil.copy(busybox, root / "bin/busybox")
    listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout
    for applet in listed.split():
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")
    return root


def copy_libraries(root: Path, program: Path) -> None:
    """Bring the libraries of a program into a root."""
    linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    for library in re.findall(r"(/\S+)", linked):
        (root / library.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, root / library.lstrip("/"))


def add_core(head: HeadNode, scratch: Path, version: str = "14.0.0", **options: object) -> Path:
    """A core of a few files: kernel, initrd and a root with accounts."""
    tree = {
        "etc/os-release": f"VERSION={version}\n",
        "etc/motd": "hello\n",
        "usr/lib/core": "core\n",
        "var/lib/real/file": "real\n",
    }
    return head.add(
        "core",
        version,
        files={
            "layer.squashfs": layer(scratch / "core" / version, tree),
            "core.contents.gz": NO_CONTENTS,
            "core.packages.version.gz": b"packages",
            **state(scratch / "core-state" / version, {}, BASE),
        },
        **options,
    )


def add_slurm(head: HeadNode, scratch: Path, version: str = "14.0.0", **options: object) -> Path:
    """A slurm of one file, an account and a package."""
    return head.add(
        "slurm",
        version,
        files={
            "layer.squashfs": layer(scratch / "slurm" / version, {"usr/sbin/slurmd": "slurmd\n"}),
            "slurm.contents.gz": NO_CONTENTS,
            **state(scratch / "slurm-state" / version, BASE, MUNGE),
        },
        **options,
    )


def payload_deb(head: HeadNode, payload: Path, version: str, directory: Path) -> Path:
    """Make the package of a payload, named as the package wing names it."""
    return make_deb(
        directory,
        f"qlustar-module-{payload.parts[-4]}-bookworm-amd64-14.0.0",
        version,
        depends="qlumod-head",
        files={
            f"/{path.relative_to(head.root)}": path.read_bytes()
            for path in sorted(payload.rglob("*"))
            if path.is_file()
        },
    )
