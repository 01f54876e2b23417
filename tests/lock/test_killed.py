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
from tests.lock.site import Site
from tests.support import debris

KILLS = 10
SEED = int(os.environ.get("QLUMOD_SEED") or random.SystemRandom().randrange(10**6))


def start(site: Site, temporary: Path, *words: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "qlumod", *words],
        cwd=site.top,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "QLUMOD_CACHE": str(site.cache),
            "TMPDIR": str(temporary),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def test_killed_at_any_moment_they_leave_nothing(tmp_path: Path, key: SigningKey) -> None:
    site = Site(tmp_path, key)
    temporary = Path(tempfile.mkdtemp(prefix="qlumod-", dir="/tmp"))
    try:
        _kill_and_look(site, temporary)
    finally:
        shutil.rmtree(temporary)


def _kill_and_look(site: Site, temporary: Path) -> None:
    (site.top / "dist").mkdir()
    folder = "\nArchive: own\nFlavors: bookworm\nDirectory: ../dist\n"
    site.release(extra=folder)
    site.offer(site.deb("munge", files={"/big": os.urandom(3_000_000)}))
    site.spec("slurm", "munge")
    debris.adopt_orphans()
    before = [process.pid for process in debris.descendants()]
    began = time.monotonic()
    assert start(site, temporary, "lock").wait() == 0
    seconds = time.monotonic() - began
    locked = (site.specs / "locks/14.0.0-bookworm-amd64.lock").read_bytes()
    chance = random.Random(SEED)
    for number in range(KILLS):
        verb = ("lock", "--update") if number % 2 else ("fetch",)
        (site.specs / "locks/14.0.0-bookworm-amd64.lock").write_bytes(locked)
        process = start(site, temporary, *verb)
        time.sleep(chance.uniform(0.1, seconds))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert debris.left_running(before, [site.top]) == [], f"{verb} (QLUMOD_SEED={SEED})"
    assert start(site, temporary, "lock", "--update").wait() == 0
    assert start(site, temporary, "fetch").wait() == 0
    assert (site.specs / "locks/14.0.0-bookworm-amd64.lock").read_bytes() == locked
    assert sorted(p.name for p in site.store.partial.iterdir()) == ["lock"]
    assert [p.name for p in temporary.iterdir()] == []
    assert sorted(p.name for p in (site.specs / "locks").iterdir()) == [
        "14.0.0-bookworm-amd64.lock"
    ]
