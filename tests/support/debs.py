"""Small .debs, made by dpkg-deb."""

import os
import stat
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import zstandard

from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.support.raw_debs import ar

EPOCH = 1_700_000_000
"""SOURCE_DATE_EPOCH of the small .debs: the same call makes the same bytes."""


def make_deb(
    directory: Path,
    name: str,
    version: str = "1.0",
    *,
    architecture: str = "all",
    depends: str = "",
    files: Mapping[str, str | bytes] | None = None,
    modes: Mapping[str, int] | None = None,
    scripts: Mapping[str, str] | None = None,
    conffiles: Sequence[str] = (),
    links: Mapping[str, str] | None = None,
    whiteouts: Sequence[str] = (),
    fields: Mapping[str, str] | None = None,
    triggers: Sequence[str] = (),
) -> Path:
    """Make ``<name>_<version>_<architecture>.deb`` in `directory`; returns its path.

    `files` are absolute paths and their text or bytes, `modes` those of files that are not 0644,
    `scripts` maintainer scripts (``postinst`` …; without a first line they are for /bin/sh),
    `links` symbolic links and their targets, `whiteouts` character devices 0:0, `fields` further
    control fields such as ``Essential`` or ``Conflicts``, `triggers` lines of deb-triggers(5).
    """
    directory.mkdir(parents=True, exist_ok=True)
    tree = directory / f".{name}-{version}.tree"
    control = {
        "Package": name,
        "Version": version,
        "Architecture": architecture,
        "Maintainer": "Test <test@example.org>",
        **({"Depends": depends} if depends else {}),
        **(fields or {}),
        "Description": f"{name}, made by a test",
    }
    text = "".join(f"{field}: {value}\n" for field, value in control.items())
    _write(tree / "DEBIAN/control", text)
    for script, body in (scripts or {}).items():
        whole = body if body.startswith("#!") else f"#!/bin/sh\nset -e\n{body}\n"
        _write(tree / "DEBIAN" / script, whole, 0o755)
    if conffiles:
        _write(tree / "DEBIAN/conffiles", "".join(f"{path}\n" for path in conffiles))
    if triggers:
        _write(tree / "DEBIAN/triggers", "".join(f"{line}\n" for line in triggers))
    for path, data in (files or {}).items():
        _write(tree / path.lstrip("/"), data, (modes or {}).get(path, 0o644))
    for path, target in (links or {}).items():
        _parent(tree / path.lstrip("/")).symlink_to(target)
    for path in whiteouts:
        os.mknod(_parent(tree / path.lstrip("/")), stat.S_IFCHR | 0o644, os.makedev(0, 0))
    # The epoch is no part of a file's name in a pool.
    file = directory / f"{name}_{version.partition(':')[2] or version}_{architecture}.deb"
    capture(
        command(
            "dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, file,
            environment={"SOURCE_DATE_EPOCH": str(EPOCH)},
        )
    )  # fmt: skip
    _remove(tree)
    return file


def _write(path: Path, data: str | bytes, mode: int = 0o644) -> None:
    _parent(path).write_bytes(data.encode() if isinstance(data, str) else data)
    path.chmod(mode)


def _parent(path: Path) -> Path:
    """Make the directory that a path lies in; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for parent in path.parents:
        parent.chmod(0o755)
        if parent.name.endswith(".tree"):
            break
    return path


def _remove(tree: Path) -> None:
    for path in sorted(tree.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    tree.rmdir()


def write_quicker(deb: Path, target: Path) -> None:
    """Write a .deb of the same files that takes less time to unpack, and more room: by zstd."""

    def said(*words: str | Path) -> bytes:
        return subprocess.run(words, check=True, capture_output=True).stdout

    (control,) = (name for name in said("ar", "t", deb).decode().split() if "control" in name)
    files = zstandard.ZstdCompressor(level=1).compress(said("dpkg-deb", "--fsys-tarfile", deb))
    members = {
        "debian-binary": b"2.0\n",
        control: said("ar", "p", deb, control),
        "data.tar.zst": files,
    }
    target.write_bytes(ar(members))
