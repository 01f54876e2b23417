"""A node's root directory, in which its secrets are put in their places."""

import io
import os
import stat
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / "node/usr/libexec/qlumod/place-secrets"
MUNGE = "/etc/munge/munge.key site\n"
HOST_KEYS = "/etc/ssh/ssh_host_*_key node\n/etc/ssh/ssh_host_*_key.pub node\n"
GENERATOR = """\
#!/bin/sh
echo new > "$QLUMOD_ROOT/etc/ssh/ssh_host_rsa_key"
echo new > "$QLUMOD_ROOT/etc/ssh/ssh_host_rsa_key.pub"
"""
OWNER = (400, 401)
"""Whom the directory of munge's key belongs to."""


@dataclass(frozen=True)
class NodeRoot:
    """A root directory with an image's list of secrets, and the directories of those."""

    root: Path

    def file(self, path: str, text: str = "", mode: int = 0o644) -> Path:
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    def hand(self, archive: bytes) -> None:
        """The site's secrets.tar, as the initrd leaves it."""
        place = self.root / "run/qlumod"
        place.mkdir(parents=True, exist_ok=True)
        (place / "secrets.tar").write_bytes(archive)

    def start(self, *, persistent: bool = False, path: str = "") -> tuple[int, list[str]]:
        """Run the unit's program; `persistent` mounts something at the persistent place."""
        place = self.root / "var/lib/qlumod/persistent"
        mount = f"mount --bind '{place}' '{place}'; " if persistent else ""
        done = subprocess.run(
            [
                "unshare",
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                f"{mount}exec {PROGRAM}",
            ],
            env={"PATH": path or os.environ["PATH"], "QLUMOD_ROOT": str(self.root)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.returncode, done.stdout.decode(errors="replace").splitlines()

    def looks(self) -> dict[str, tuple[object, ...]]:
        """All paths but those below /run, where the archive waits.

        Of each: type and mode, owner, number of names, a file's bytes or a link's target.
        """
        return {
            os.fspath(path.relative_to(self.root)): _looks(path)
            for path in sorted(self.root.rglob("*"))
            if not path.is_relative_to(self.root / "run")
        }


def _looks(path: Path) -> tuple[object, ...]:
    found = path.lstat()
    content: object = None
    if stat.S_ISREG(found.st_mode):
        content = path.read_bytes()
    elif stat.S_ISLNK(found.st_mode):
        content = os.fspath(path.readlink())
    return oct(found.st_mode), found.st_uid, found.st_gid, found.st_nlink, content


def new_node(root: Path) -> NodeRoot:
    """A node of an image that wants munge's key and host keys."""
    node = NodeRoot(root)
    node.file("/usr/lib/qlumod/secrets", MUNGE + HOST_KEYS)
    node.file("/usr/libexec/qlumod/generate.d/keys", GENERATOR, 0o755)
    for directory in ("etc/munge", "etc/ssh", "var/lib/qlumod/persistent"):
        (node.root / directory).mkdir(parents=True)
    os.chown(node.root / "etc/munge", *OWNER)
    return node


def member(
    name: str, text: str = "key", *, mode: int = 0o400, **fields: object
) -> tuple[tarfile.TarInfo, bytes]:
    """A member of an archive, as the head node packs files; `fields` are those of TarInfo."""
    info = tarfile.TarInfo(name)
    info.mode, info.uname, info.gname = mode, "root", "root"
    for field, value in fields.items():
        setattr(info, field, value)
    data = text.encode() if info.isreg() else b""
    info.size = len(data)
    return info, data


def packed(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """An archive of these members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()
