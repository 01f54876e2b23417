"""The main job against the same work by hand: three interleaved rounds, medians, ratios.

Nothing here is a test: it prints what it measured, and the targets beside. All packages are
fetched before the first clock starts, and both sides read the same frozen archive's packages, use
the same compression and have no network.
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from measured import ROOT, ROUNDS, clocked, compress, contained, quietly

from qlumod.events import ignore
from qlumod.model.lock import Lock
from qlumod.model.lock_file import parse_lock
from qlumod.model.names import ModuleName
from qlumod.model.release import Release, parse_release
from qlumod.packaging.debian.archive import Heading, frozen_archive
from qlumod.system.disk.store import Store

MODULES = ("core", "slurm")


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the issue asks for."""

    ratio: float
    seconds: float | None = None


TARGETS = {
    "cold": Target(ratio=1.0),
    "nothing changed": Target(ratio=0.02, seconds=1.5),
    "only slurm changed": Target(ratio=0.25),
}
MEANING = {
    "cold": "qlumod build core slurm, cold / the same by hand",
    "nothing changed": "again, nothing changed / cold",
    "only slurm changed": "slurm's spec changed / cold",
}


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where one run of the benchmark works."""

    place: Path
    cache: Path

    @property
    def lock_file(self) -> Path:
        """The only lock."""
        (found,) = (self.place / "module-specs" / "locks").glob("*.lock")
        return found

    @property
    def lock(self) -> Lock:
        """The lock as it stands now."""
        return parse_lock(self.lock_file.read_text(), str(self.lock_file))

    @property
    def release(self) -> Release:
        """The release, for the compression."""
        path = self.place / "module-specs" / "release"
        return parse_release(path.read_text(), str(path))

    def qlumod(self, *words: str) -> None:
        """Type a qlumod command."""
        quietly(
            [sys.executable, "-m", "qlumod", *words, "--cache", str(self.cache)],
            self.place,
        )

    def build(self) -> None:
        """The command that is measured."""
        self.qlumod("build", *MODULES, "--output", "packages")

    def forget_layers(self) -> None:
        """Leave only the fetched packages in the cache, and no finished packages."""
        for entry in self.cache.iterdir():
            if entry.name != "packages":
                shutil.rmtree(entry)
        shutil.rmtree(self.place / "packages", ignore_errors=True)

    def change_slurm(self, turn: int) -> None:
        """Change slurm's spec, and nothing else, so that the lock stays good for core."""
        spec = self.place / "module-specs" / "slurm.module"
        text = spec.read_text().rstrip("\n").partition("\n .\n Measured")[0]
        spec.write_text(f"{text}\n .\n Measured for the {turn}th time.\n")
        self.qlumod("lock")


def main() -> None:
    """Measure, and print the ratios."""
    if os.geteuid() != 0:
        sys.exit("bench: this mounts and makes roots: run it as root")
    with workplace() as bench:
        print(f"{ROUNDS} rounds in {bench.place}; all packages are fetched", flush=True)
        print_table(measured(bench))


@contextmanager
def workplace() -> Iterator[Bench]:
    """A copy of the specs with a fresh lock, and a cache that holds the packages only."""
    with tempfile.TemporaryDirectory(prefix="qlumod-bench.", dir="/var/tmp") as place:
        bench = Bench(place=Path(place), cache=Path(place, "cache"))
        bench.cache.mkdir()
        (bench.place / "module-specs").mkdir()
        for name in ("release", "accounts", "core.module", "slurm.module"):
            shutil.copy(ROOT / "module-specs" / name, bench.place / "module-specs" / name)
        compress(bench.place / "module-specs" / "release")
        (bench.place / "dist").symlink_to(ROOT / "dist")
        bench.qlumod("lock")
        bench.qlumod("fetch")
        yield bench


def measured(bench: Bench) -> dict[str, list[float]]:
    """Seconds of each round; the rounds interleave, so that a slow minute hits all alike."""
    by_hand = ByHand.prepare(bench)
    times: dict[str, list[float]] = {}

    def clock(what: str, work: Callable[[], None]) -> None:
        spent = clocked(work)
        times.setdefault(what, []).append(spent.seconds)
        print(f"  {what}: {spent}", flush=True)

    for turn in range(1, ROUNDS + 1):
        clock("by hand", by_hand.work)
        by_hand.clear()
        bench.forget_layers()
        clock("cold", bench.build)
        clock("nothing changed", bench.build)
        bench.change_slurm(turn)
        clock("only slurm changed", bench.build)
    return times


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """The same work by `by_hand.sh`, and what it reads."""

    place: Path
    words: Sequence[str]

    @classmethod
    def prepare(cls, bench: Bench) -> "ByHand":
        """Lay out the archive of the locked packages, and the two lists."""
        place = bench.place / "by-hand"
        place.mkdir()
        lock = bench.lock
        archive = frozen_archive(
            lock.packages,
            Store(bench.cache / "packages"),
            place / "archive",
            Heading(epoch=lock.epoch, architecture=lock.architecture, suite="frozen"),
            listen=ignore,
        )
        for module in MODULES:
            lines = (f"{p.package}={p.version}\n" for p in lock.of(ModuleName(module)))
            (place / module).write_text("".join(lines))
        compression = bench.release.compression
        words = (
            str(archive.directory),
            archive.source_line,
            lock.flavor,
            str(place / "core"),
            str(place / "slurm"),
            str(compression.level),
            compression.block_size,
            str(lock.epoch),
        )
        return cls(place=place, words=words)

    def work(self) -> None:
        """Do it, in a mount namespace of its own and without network."""
        script = ROOT / "benchmarks" / "by_hand.sh"
        quietly(contained(script, str(self.place / "work"), *self.words), self.place)

    def clear(self) -> None:
        """Remove what was made."""
        shutil.rmtree(self.place / "work")


def print_table(times: dict[str, list[float]]) -> None:
    """Print medians, ratios and targets; the last line is the same as JSON."""
    median = {what: statistics.median(each) for what, each in times.items()}
    print(f"\nby hand: {median['by hand']:.1f} s; cold: {median['cold']:.1f} s (medians)\n")
    ratios = {}
    for what, target in TARGETS.items():
        base = median["by hand" if what == "cold" else "cold"]
        ratios[what] = median[what] / base
        met = ratios[what] <= target.ratio and median[what] <= (target.seconds or median[what])
        limit = f"{target.ratio}" + (f" and {target.seconds} s" if target.seconds else "")
        print(
            f"{MEANING[what]:<50} {ratios[what]:6.3f}  {median[what]:7.2f} s"
            f"  (at most {limit}: {'met' if met else 'MISSED'})"
        )
    print("\n" + json.dumps({"median": median, "ratio": ratios, "times": times}))


if __name__ == "__main__":
    main()
