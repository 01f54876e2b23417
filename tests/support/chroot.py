"""Machines that tests play: programs in a root with all rights, as on a running system."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from qlumod.system.disk.mount import bind, mount, tmpfs
from qlumod.system.processes.command import Command, command

DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}


@contextmanager
def inhabited(root: Path) -> Iterator[Path]:
    """Give a root /proc of our PID namespace, a private /dev, and empty /sys, /run and /tmp.

    In /run there is the one directory that a link of Debian's base-files leads to. None of what is
    written there stays in the root.
    """
    with ExitStack() as mounts:
        mounts.enter_context(mount("proc", root / "proc", "-t", "proc"))
        mounts.enter_context(tmpfs(root / "sys"))
        # Mode 1777 would make the kernel refuse to open devices in a user namespace.
        dev = mounts.enter_context(tmpfs(root / "dev"))
        for name in DEVICES:
            (dev / name).touch()
            mounts.enter_context(bind(Path("/dev") / name, dev / name))
        for name, target in DEVICE_LINKS.items():
            (dev / name).symlink_to(target)
        (dev / "shm").mkdir()
        (dev / "shm").chmod(0o1777)
        (dev / "pts").mkdir()
        mounts.enter_context(
            mount("devpts", dev / "pts", "-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=620")
        )
        locks = mounts.enter_context(tmpfs(root / "run")) / "lock"
        locks.mkdir()
        locks.chmod(0o1777)
        mounts.enter_context(tmpfs(root / "tmp", mode=0o1777))
        yield root


def in_root(
    root: Path,
    *argv: str,
    epoch: int,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
) -> Command:
    """A program call inside a root, as maintainer scripts expect their surroundings."""
    return command(
        "chroot",
        root,
        *argv,
        environment={
            "HOME": "/root",
            "DEBIAN_FRONTEND": "noninteractive",
            "DEBCONF_NONINTERACTIVE_SEEN": "true",
            "SOURCE_DATE_EPOCH": str(epoch),
            **(environment or {}),
        },
        stdin=stdin,
    )
