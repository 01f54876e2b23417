"""A Docker engine for tests where none runs: in namespaces of its own, of which nothing is left.

Its network, its mounts and its processes are seen by nobody else: no bridge, no rule of iptables
and no forwarding of packets reaches this machine, and its containers reach no other network. They
are gone with its first process, which dies with whoever has started it.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qlumod.system.disk.tmpfs import ENOUGH, available_memory
from qlumod.system.processes.namespace import contained
from tests.support.debris import processes

PATIENCE = 30.0
"""Seconds that an engine has for its start, and for its end."""
CGROUPS = Path("/sys/fs/cgroup")
_GROUP = "qlumod-tests-"
_START = """\
set -e
[ -z "$1" ] || mount -t tmpfs -o "mode=711,size=$1" data "$2/data"
exec dockerd --host "unix://$2/socket" --data-root "$2/data" --exec-root "$2/run" \
    --pidfile "$2/pid" --cgroup-parent "/$3" --exec-opt native.cgroupdriver=cgroupfs \
    --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false
"""


class NoEngine(Exception):
    """There is no Docker here; no test of it is passed over in silence."""


@contextmanager
def engine() -> Iterator[str]:
    """The address of the engine that runs here, else of one that is there for the block."""
    if _answers(None):
        yield os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        return
    with _private() as address:
        yield address


def docker(*words: str | Path, host: str, stdin: int = subprocess.DEVNULL) -> str:
    """Run a docker command, which must succeed; returns what it printed."""
    done = subprocess.run(
        ["docker", "--host", host, *map(str, words)],
        stdin=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"docker {' '.join(map(str, words))}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


@contextmanager
def _private() -> Iterator[str]:
    if missing := [name for name in ("docker", "dockerd") if not shutil.which(name)]:
        raise NoEngine(f"there is no {missing[0]} (apt install docker.io), and no engine runs")
    _sweep()
    # A socket's path has at most 108 bytes.
    place = Path(tempfile.mkdtemp(prefix="qlumod-docker-"))
    group = f"{_GROUP}{os.getpid()}"
    try:
        with (place / "log").open("wb") as log:
            started = _start(place, group, log.fileno())
        address = f"unix://{place}/socket"
        try:
            _await(started, address, place / "log")
            yield address
        finally:
            _stop(started)
    finally:
        shutil.rmtree(place)
        _remove_groups(group)


def _start(place: Path, group: str, log: int) -> subprocess.Popen[bytes]:
    (place / "data").mkdir()
    size = "70%" if available_memory() >= 2 * ENOUGH else ""
    return subprocess.Popen(
        [*contained(), "sh", "-c", _START, "sh", size, place, group],
        # What a terminal sends to the tests is theirs: they end the engine in their own time.
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )


def _await(started: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _answers(address):
        if started.poll() is not None or time.monotonic() > deadline:
            end = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise NoEngine(
                "dockerd does not run here, which these tests need (as root, with namespaces and"
                f" cgroups); its log ends:\n{end}"
            )
        time.sleep(0.1)


def _answers(address: str | None) -> bool:
    """Whether an engine is there; None: that of this machine."""
    host = ["--host", address] if address else []
    with contextlib.suppress(FileNotFoundError, subprocess.TimeoutExpired):
        return not subprocess.run(
            ["docker", *host, "version", "--format", "{{.Server.Version}}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=10,
            check=False,
        ).returncode
    return False


def _stop(started: subprocess.Popen[bytes]) -> None:
    """End the first process of the namespaces; the kernel ends the others, and all mounts."""
    for first in (one for one in processes() if one.parent == started.pid):
        os.kill(first.pid, signal.SIGKILL)
    started.wait(PATIENCE)


def _sweep() -> None:
    """Remove the empty control groups of engines whose tests were killed."""
    for found in groups():
        if not Path("/proc", found.name.removeprefix(_GROUP)).exists():
            _remove_groups(found.name)


def groups() -> list[Path]:
    """The control groups of engines that are, or were, there for tests."""
    return [*CGROUPS.glob(f"{_GROUP}*"), *CGROUPS.glob(f"*/{_GROUP}*")]


def _remove_groups(name: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while left := [found for found in groups() if found.name == name]:
        for top in left:
            inner = (Path(path) for path, _, _ in os.walk(top, topdown=False))
            for group in inner:
                with contextlib.suppress(OSError):
                    group.rmdir()
        if time.monotonic() > deadline:
            raise NoEngine(f"cannot remove the control groups {', '.join(map(str, left))}")
        time.sleep(0.02)


if __name__ == "__main__":
    # For tests of how it ends, and for trying things out.
    with contextlib.suppress(KeyboardInterrupt), engine() as found:
        print(found, flush=True)
        sys.stdin.read()
