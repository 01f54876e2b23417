"""Killed at any moment, lock and fetch leave nothing running, and the next run removes the rest."""

import os
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path

from qlumod.system.keys.gpg import SigningKey
from tests.conftest import CommandLine
from tests.lock.build_host import BuildHost
from tests.support import debris

KILLS = 10
SEED = int(os.environ.get("QLUMOD_SEED") or random.SystemRandom().randrange(10**6))


def test_killed_at_any_moment_they_leave_nothing(tmp_path: Path, key: SigningKey) -> None:
    host = BuildHost(tmp_path, key)
    temporary = Path(tempfile.mkdtemp(prefix="qlumod-", dir="/tmp"))
    try:
        _kill_and_look(host, CommandLine(host.top, host.cache, {"TMPDIR": str(temporary)}))
        assert list(temporary.iterdir()) == []
    finally:
        shutil.rmtree(temporary)


def _kill_and_look(host: BuildHost, qlumod: CommandLine) -> None:
    (host.top / "dist").mkdir()
    folder = "\nArchive: own\nFlavors: bookworm\nDirectory: ../dist\n"
    host.release(extra=folder)
    host.offer(host.deb("munge", files={"/big": os.urandom(3_000_000)}))
    host.spec("slurm", "munge")
    debris.adopt_orphans()
    before = [process.pid for process in debris.descendants()]
    began = time.monotonic()
    qlumod.must("lock")
    seconds = time.monotonic() - began
    locked = (host.specs / "locks/14.0.0-bookworm-amd64.lock").read_bytes()
    chance = random.Random(SEED)
    for number in range(KILLS):
        verb = ("lock", "--update") if number % 2 else ("fetch",)
        (host.specs / "locks/14.0.0-bookworm-amd64.lock").write_bytes(locked)
        process = qlumod.start(*verb)
        time.sleep(chance.uniform(0.1, seconds))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert debris.left_running(before, [host.top]) == [], f"{verb} (QLUMOD_SEED={SEED})"
    qlumod.must("lock", "--update")
    qlumod.must("fetch")
    assert (host.specs / "locks/14.0.0-bookworm-amd64.lock").read_bytes() == locked
    assert sorted(p.name for p in host.store.partial.iterdir()) == ["lock"]
    assert sorted(p.name for p in (host.specs / "locks").iterdir()) == [
        "14.0.0-bookworm-amd64.lock"
    ]
