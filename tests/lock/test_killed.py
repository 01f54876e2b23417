"""Killed at any moment, lock and fetch leave nothing running, and the next run removes the rest."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from qlumod.system.keys.gpg import SigningKey
from tests.conftest import ROOT
from tests.lock.build_host import BuildHost
from tests.support import debris

KILLS = 10
SEED = int(os.environ.get("QLUMOD_SEED") or random.SystemRandom().randrange(10**6))


def start(host: BuildHost, temporary: Path, *words: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "qlumod", *words],
        cwd=host.top,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "QLUMOD_CACHE": str(host.cache),
            "TMPDIR": str(temporary),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def test_killed_at_any_moment_they_leave_nothing(tmp_path: Path, key: SigningKey) -> None:
    host = BuildHost(tmp_path, key)
    temporary = Path(tempfile.mkdtemp(prefix="qlumod-", dir="/tmp"))
    try:
        _kill_and_look(host, temporary)
    finally:
        shutil.rmtree(temporary)


def _kill_and_look(host: BuildHost, temporary: Path) -> None:
    (host.top / "dist").mkdir()
    folder = "\nArchive: own\nFlavors: bookworm\nDirectory: ../dist\n"
    host.release(extra=folder)
    host.offer(host.deb("munge", files={"/big": os.urandom(3_000_000)}))
    host.spec("slurm", "munge")
    debris.adopt_orphans()
    before = [process.pid for process in debris.descendants()]
    began = time.monotonic()
    assert start(host, temporary, "lock").wait() == 0
    seconds = time.monotonic() - began
    locked = (host.specs / "locks/14.0.0-bookworm-amd64.lock").read_bytes()
    chance = random.Random(SEED)
    for number in range(KILLS):
        verb = ("lock", "--update") if number % 2 else ("fetch",)
        (host.specs / "locks/14.0.0-bookworm-amd64.lock").write_bytes(locked)
        process = start(host, temporary, *verb)
        time.sleep(chance.uniform(0.1, seconds))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert debris.left_running(before, [host.top]) == [], f"{verb} (QLUMOD_SEED={SEED})"
    assert start(host, temporary, "lock", "--update").wait() == 0
    assert start(host, temporary, "fetch").wait() == 0
    assert (host.specs / "locks/14.0.0-bookworm-amd64.lock").read_bytes() == locked
    assert sorted(p.name for p in host.store.partial.iterdir()) == ["lock"]
    assert [p.name for p in temporary.iterdir()] == []
    assert sorted(p.name for p in (host.specs / "locks").iterdir()) == [
        "14.0.0-bookworm-amd64.lock"
    ]
