"""A small Debian root that has what a head node's packages depend on, for dpkg to work in."""

import hashlib
import subprocess
from collections.abc import Sequence
from pathlib import Path

from qlumod.events import Listener, ignore
from qlumod.stack.chroot import in_root, inhabited
from qlumod.system.apt import host_archives
from qlumod.system.memory import scratch_space
from qlumod.system.mount import bind, overlay, squashfs
from qlumod.system.namespace import call_inside
from qlumod.system.run import attempt

PACKAGES = (
    "mount",
    "python3",
    "python3-click",
    "python3-debian",
    "python3-jinja2",
    "python3-rich",
    "python3-sh",
    "squashfs-tools",
)
"""What python3-qlumod and qlumod-head depend on."""


def head_root(cache: Path) -> Path:
    """The root as a squashfs image; made from this machine's own mirror, once."""
    key = hashlib.sha256(" ".join(PACKAGES).encode()).hexdigest()[:12]
    image = cache / f"head-root-{key}.squashfs"
    if not image.exists():
        call_inside(
            "tests.support.head_root:make", {"image": str(image)}, listen=ignore, network=True
        )
    return image


def make(*, listen: Listener, image: str) -> None:
    """Make the root; called inside."""
    del listen
    beside = Path(f"{image}.new")
    with scratch_space(Path(f"{image}.scratch")) as space:
        archive = next(
            known
            for known in host_archives()
            if (known.origin, known.label, known.codename) == ("Debian", "Debian", "bookworm")
        )
        subprocess.run(
            ["mmdebstrap", "--variant=apt", f"--include={','.join(PACKAGES)}",
             '--aptopt=Apt::Install-Recommends "false"', "bookworm", space / "root",
             f"deb {archive.uri} bookworm main"],
            check=True, stdin=subprocess.DEVNULL, capture_output=True,
        )  # fmt: skip
        # The scenarios have no network: apt is to know of nothing but what it is handed.
        (space / "root/etc/apt/sources.list").write_text("")
        subprocess.run(
            ["mksquashfs", space / "root", beside, "-comp", "zstd", "-Xcompression-level", "3",
             "-quiet", "-no-progress", "-noappend"],
            check=True, capture_output=True,
        )  # fmt: skip
    Path(f"{image}.scratch").rmdir()
    beside.rename(image)


def play(
    root: Path, script: str, *, scratch: Path, shown: Sequence[tuple[Path, str]] = ()
) -> tuple[int, list[str]]:
    """Run a shell script in a fresh copy of the root; its status and the lines that it printed.

    `shown` are directories of this machine and the names by which the script sees them.
    """
    status, out = call_inside(
        "tests.support.head_root:act",
        {
            "root": str(root),
            "script": script,
            "scratch": str(scratch),
            "shown": [[str(place), name] for place, name in shown],
        },
        listen=ignore,
    )
    return status, out.splitlines()


def act(
    *, listen: Listener, root: str, script: str, scratch: str, shown: Sequence[tuple[str, str]]
) -> tuple[int, str]:
    """Run the script; called inside."""
    del listen
    with scratch_space(Path(scratch)) as space:
        lower, upper, work, merged = (space / name for name in ("lower", "upper", "work", "root"))
        for place in (lower, upper, work, merged):
            place.mkdir()
        with squashfs(Path(root), lower), overlay([lower], merged, upper=upper, work=work):
            return _act(merged, script, shown)


def _act(root: Path, script: str, shown: Sequence[tuple[str, str]]) -> tuple[int, str]:
    if not shown:
        # Loop devices appear in the machine's own /dev when they are asked for.
        with inhabited(root), bind(Path("/dev"), root / "dev"):
            status, out, err = attempt(
                in_root(root, "/bin/bash", "-c", f"exec 2>&1\n{script}", epoch=0)
            )
        return status, (out + err).decode()
    (place, name), *others = shown
    target = root / name.lstrip("/")
    target.mkdir(parents=True)
    with bind(Path(place), target, read_only=True):
        return _act(root, script, others)
