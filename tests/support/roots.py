"""Debian roots of either suite, made once and then only read: scripts run in throw-away copies."""

import fcntl
import hashlib
import platform
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from qlumod.events import Listener, ignore
from qlumod.packaging.debian.host_apt import host_archives
from qlumod.system.disk.mount import bind, overlay, squashfs, tmpfs
from qlumod.system.disk.tmpfs import scratch_space
from qlumod.system.processes.command import command
from qlumod.system.processes.namespace import call_inside
from qlumod.system.processes.run import attempt, run
from tests.support.chroot import in_root, inhabited
from tests.support.transcript import Transcript

HEAD_NODE = (
    "bubblewrap",
    "mount",
    "python3",
    "python3-click",
    "python3-cryptography",
    "python3-debian",
    "python3-jinja2",
    "python3-rich",
    "python3-seccomp",
    "python3-sh",
    "python3-zstandard",
    "squashfs-tools",
)
"""What python3-qlumod and qlumod-head depend on."""
SUITES = ("bookworm", "trixie")
HOST = platform.freedesktop_os_release().get("VERSION_CODENAME", SUITES[0])
"""The suite of this machine, whose tools build what is compared with what a root builds."""
MACHINE = Path("/")
"""This machine itself, of which `play` makes a copy, too."""

_QUICK = """\
Acquire::Languages "none";
APT::Install-Recommends "false";
Dpkg::Options:: "--force-unsafe-io";
Dpkg::Use-Pty "false";
"""


def debian_root(cache: Path, suite: str, packages: Sequence[str] = ()) -> Path:
    """A root of apt, the essential packages and these, as a squashfs image in the tests' cache.

    It is made from this machine's own mirror, once, whoever asks for it at the same time; its
    sources are the suite's main archive there.
    """
    words = " ".join((suite, *packages))
    image = cache / f"root-{suite}-{hashlib.sha256(words.encode()).hexdigest()[:12]}.squashfs"
    with image.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not image.exists():
            call_inside(
                "tests.support.roots:make",
                {"image": str(image), "suite": suite, "packages": list(packages)},
                listen=ignore,
                network=True,
            )
    return image


def make(*, listen: Listener, image: str, suite: str, packages: Sequence[str]) -> None:
    """Make a root; called inside."""
    del listen
    beside = Path(f"{image}.new")
    # What a killed one has left; nobody else is here.
    shutil.rmtree(f"{image}.scratch", ignore_errors=True)
    with scratch_space(Path(f"{image}.scratch")) as space:
        (space / "quick").write_text(_QUICK)
        subprocess.run(
            ["mmdebstrap", "--variant=apt", *(f"--include={name}" for name in packages),
             '--aptopt=Apt::Install-Recommends "false"',
             f"--customize-hook=copy-in {space}/quick /etc/apt/apt.conf.d",
             suite, space / "root", f"deb {_mirror()} {suite} main"],
            check=True, stdin=subprocess.DEVNULL, capture_output=True,
        )  # fmt: skip
        subprocess.run(
            ["mksquashfs", space / "root", beside, "-comp", "zstd", "-Xcompression-level", "1",
             "-quiet", "-no-progress", "-noappend"],
            check=True, capture_output=True,
        )  # fmt: skip
    shutil.rmtree(f"{image}.scratch", ignore_errors=True)
    beside.rename(image)


def _mirror() -> str:
    return next(
        known.uri for known in host_archives() if (known.origin, known.label) == ("Debian",) * 2
    )


def play(
    root: Path,
    script: str,
    *,
    scratch: Path,
    shown: Sequence[tuple[Path, str]] = (),
    handed: Sequence[tuple[Path, str]] = (),
    online: bool = False,
    beside: bool = False,
) -> Transcript:
    """Run a shell script in a fresh copy of the root, an image or `MACHINE`.

    `shown` are directories of this machine and the names by which the script sees them; in those
    `handed` to it, it may write. Only an `online` root has the network and sources for apt. A
    script `beside` the root runs programs of this machine upon the directory ``$ROOT``.
    """
    status, out = call_inside(
        "tests.support.roots:act",
        {
            "root": str(root),
            "script": script,
            "scratch": str(scratch),
            "shown": [[str(place), name, True] for place, name in shown]
            + [[str(place), name, False] for place, name in handed],
            "online": online,
            "beside": beside,
        },
        listen=ignore,
        network=online,
    )
    return Transcript(status, tuple(out.splitlines()))


def act(
    *,
    listen: Listener,
    root: str,
    script: str,
    scratch: str,
    shown: Sequence[tuple[str, str, bool]],
    online: bool,
    beside: bool,
) -> tuple[int, str]:
    """Run the script; called inside."""
    del listen
    words = ("/bin/bash", "-c", f"exec 2>&1\n{script}")
    with ExitStack() as stack:
        space = stack.enter_context(scratch_space(Path(scratch)))
        merged = stack.enter_context(_copy(Path(root), space))
        if online:
            (merged / "etc/resolv.conf").write_bytes(Path("/etc/resolv.conf").read_bytes())
        else:
            # apt is to know of nothing but what it is handed.
            (merged / "etc/apt/sources.list").write_text("")
        for place, name, read_only in shown:
            target = merged / name.lstrip("/")
            target.mkdir(parents=True)
            stack.enter_context(bind(Path(place), target, read_only=read_only))
        if beside:
            # Programs of this machine make devices there that they use.
            for top in (space, merged):
                if top.is_mount():
                    # The mount alone: nothing of an overlay can be changed (mount(8)).
                    run(command("mount", "--options", "remount,bind,dev", top))
            # Its mounts and processes are gone with it.
            call = command(
                "unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--",
                *words, environment={"ROOT": str(merged), "TMPDIR": str(space)},
            )  # fmt: skip
        else:
            stack.enter_context(inhabited(merged))
            # Loop devices appear in the machine's own /dev when they are asked for.
            stack.enter_context(bind(Path("/dev"), merged / "dev"))
            call = in_root(merged, *words, epoch=0)
        status, out, err = attempt(call)
    return status, (out + err).decode()


@contextmanager
def _copy(root: Path, space: Path) -> Iterator[Path]:
    lower, changes, merged = (space / name for name in ("lower", "changes", "root"))
    for place in (lower, changes, merged):
        place.mkdir()
    with ExitStack() as stack:
        if root == MACHINE:
            # An overlay writes nowhere below what it shows.
            stack.enter_context(tmpfs(changes))
            lower = root
        else:
            stack.enter_context(squashfs(root, lower))
        upper, work = changes / "upper", changes / "work"
        upper.mkdir()
        work.mkdir()
        stack.enter_context(overlay([lower], merged, upper=upper, work=work))
        yield merged
