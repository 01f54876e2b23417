"""A Debian root in which systemd runs as the first process of namespaces of its own."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.roots import HEAD_NODE
from tests.support.transcript import Transcript

SYSTEMD = (*HEAD_NODE, "dbus", "polkitd", "systemd")
"""What the root of a head node has whose administrators start units."""
PATIENCE = 60.0
"""Seconds that systemd has to start and that the kernel has to end it, on a busy machine."""
_BOOT = Path(__file__).with_name("boot_systemd.sh")
_CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class SystemdRoot:
    """A root that has booted; `pid` is its first process, as this machine sees it."""

    pid: int

    def __call__(self, script: str, *, user: str = "root") -> Transcript:
        """Run a shell script in there, as a user of the root; it ends with the root."""
        words = ("/bin/bash", "-c", f"exec 2>&1\n{script}")
        person = ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--", *words)
        done = subprocess.run(
            [
                *("nsenter", f"--target={self.pid}", "--mount", "--pid", "--uts", "--ipc", "--net"),
                *("--cgroup", "--root", "--wd", "--"),
                *("env", "-i", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "TERM=dumb"),
                *("HOME=/root", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
                *(words if user == "root" else person),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        return Transcript(done.returncode, tuple(done.stdout.splitlines()))

    def wait_for(self, condition: str) -> None:
        """Wait until a shell script ends well in there."""
        deadline = time.monotonic() + PATIENCE
        while (last := self(condition)).status:
            assert Path(f"/proc/{self.pid}").exists(), "systemd has ended"
            assert time.monotonic() < deadline, f"{condition}: {last}"
            time.sleep(0.1)


@contextmanager
def systemd_root(
    image: Path, scratch: Path, shown: Sequence[tuple[Path, str]] = ()
) -> Iterator[SystemdRoot]:
    """Boot a copy of a root, without network; `shown` are directories of this machine, and names.

    Nothing of it is left at the end: its processes are killed, and its mounts go with them.
    """
    scratch.mkdir()
    group = _new_group()
    outside = subprocess.Popen(
        [
            *("setpriv", "--pdeathsig", "KILL", "--"),
            # Its cgroup namespace begins at this group.
            *("sh", "-c", 'echo $$ > "$0/cgroup.procs"; exec "$@"', group),
            *("unshare", "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup"),
            *("--propagation", "private", "--fork", "--kill-child=KILL", "--"),
            *(_BOOT, image, scratch, *(word for pair in shown for word in pair)),
        ],
        stdin=subprocess.DEVNULL,
    )
    try:
        root = SystemdRoot(_systemd_of(outside))
        root.wait_for("systemctl is-system-running | grep -qE '^(running|degraded)$'")
        yield root
    finally:
        # The first process of a namespace takes no other signal.
        outside.send_signal(signal.SIGKILL)
        outside.wait()
        _remove_group(group)


def _new_group() -> Path:
    unified = _CGROUPS / "unified"
    group = (unified if unified.is_dir() else _CGROUPS) / f"qlumod-test-{os.urandom(8).hex()}"
    group.mkdir()
    return group


def _systemd_of(process: "subprocess.Popen[bytes]") -> int:
    """The first process of the namespaces, once it is systemd; unshare(1) has no other child.

    Before, it still sees this machine, whose systemd would answer.
    """
    deadline = time.monotonic() + PATIENCE
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError):
            for child in children.read_text().split():
                if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    return int(child)
        time.sleep(0.02)
    raise AssertionError("systemd was not started")


def _remove_group(group: Path) -> None:
    """Remove a control group and those below it, once the kernel has ended their processes."""
    deadline = time.monotonic() + PATIENCE
    while group.exists():
        for directory in sorted(group.rglob("*/"), reverse=True):
            with suppress(OSError):
                directory.rmdir()
        with suppress(OSError):
            group.rmdir()
        assert time.monotonic() < deadline, f"processes are left in {group}"
        time.sleep(0.02)
