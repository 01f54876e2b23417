"""What all benchmarks do: run programs quietly, clock them, and watch what memory they take."""

import os
import re
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = int(os.environ.get("ROUNDS", "3"))
COMPRESSION = os.environ.get("BENCH_COMPRESSION", "zstd 9 1M")
PAUSE = 0.1
"""Seconds between two looks at the memory of all processes."""
_PARENT = re.compile(r"^PPid:\s+(\d+)", re.MULTILINE)
_ANONYMOUS = re.compile(r"^Pss_Anon:\s+(\d+)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a piece of work took: seconds on the wall, of the processors, and bytes of memory."""

    seconds: float
    processors: float
    memory: int

    def __str__(self) -> str:
        return (
            f"{self.seconds:.1f} s, processors {self.processors:.1f} s, "
            f"memory {self.memory / 2**20:.0f} MiB"
        )


def clocked(work: Callable[[], None], *, pause: float = PAUSE) -> Spent:
    """Do it, and say what it took; `pause` as of `watched`."""
    subprocess.run(["sync"], check=True)
    began, used = time.monotonic(), processor_seconds()
    with watched(pause) as peak:
        work()
    return Spent(
        seconds=time.monotonic() - began, processors=processor_seconds() - used, memory=peak()
    )


def processor_seconds() -> float:
    """Seconds that the processors worked for our programs: steadier than the clock on the wall."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


@contextmanager
def watched(pause: float = PAUSE) -> Iterator[Callable[[], int]]:
    """Look at the memory of all processes below this one; the value tells the peak, in bytes.

    `pause` are the seconds between two looks.

    Counted is what the processes have for themselves (Pss_Anon of proc(5)), what a fork shares
    once. Files that the kernel keeps in memory while there is room, those of a tmpfs among them,
    are not theirs.
    """
    peak, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(pause):
            peak = max(peak, anonymous_memory(os.getpid()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lambda: peak
    finally:
        ended.set()
        watcher.join()


def anonymous_memory(top: int) -> int:
    """Bytes of memory that the processes below one have for themselves."""
    parents = {
        int(entry.name): found[0]
        for entry in Path("/proc").glob("[0-9]*")
        if (found := _numbers(_PARENT, entry / "status"))
    }

    def is_below(pid: int) -> bool:
        while pid := parents.get(pid, 0):
            if pid == top:
                return True
        return False

    below = filter(is_below, parents)
    return 1024 * sum(sum(_numbers(_ANONYMOUS, Path(f"/proc/{pid}/smaps_rollup"))) for pid in below)


def _numbers(pattern: re.Pattern[str], file: Path) -> list[int]:
    """The numbers in a file of /proc; none of a process that has ended."""
    try:
        return [int(number) for number in pattern.findall(file.read_text())]
    except OSError:
        return []


def compress(release: Path) -> None:
    """Choose a compression between that of trials and that of releases, whatever the file says."""
    text = re.sub("(?m)^Compression: .*$", f"Compression: {COMPRESSION}", release.read_text())
    release.write_text(text)


def quietly(words: Sequence[str], directory: Path) -> None:
    """Run a program; its output shows only if it fails."""
    done = subprocess.run(
        words,
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT), "QLUMOD_CONFIG": os.devnull},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"bench: {' '.join(words)[:2000]} failed:\n{done.stdout}")


def contained(script: Path, *words: str) -> list[str]:
    """The words that run a script by hand in a mount namespace of its own, without network."""
    namespaces = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child"]
    return [*namespaces, "--mount-proc", "--", str(script), *words]
