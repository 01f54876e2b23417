"""All modules at once against a root of its own for each: interleaved rounds, medians, a ratio.

By hand, each module is a root of core's packages and its own, made by one mmdebstrap and one
mksquashfs (root_by_hand.sh), one after the other. qlumod builds, packages and lints the same
modules, cold. All packages are fetched before the first clock starts, and kernel modules are
compiled; both sides use the same compression and have no network.

``BENCH_MODULES="core slurm ofed"`` chooses the modules (default: all that the lock has), ``ROUNDS``
and ``BENCH_COMPRESSION`` how often and how.
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from measured import ROOT, ROUNDS, Spent, clocked, compress, contained, quietly

from qlumod.layer.job import Job
from qlumod.layer.payload_build import ensure_generated
from qlumod.layer.scheduler import usable_processors
from qlumod.packaging.debian.archive import Heading, frozen_archive
from qlumod.system.disk.store import Store
from qlumod.system.disk.workshop import Workshop
from qlumod.workflows.build import ordered
from qlumod.workflows.workplace import Workplace

TARGET = 0.35
"""At most this part of the time that it takes by hand."""
MODULES = os.environ.get("BENCH_MODULES", "").split()


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where one run of the benchmark works."""

    place: Path

    @property
    def cache(self) -> Path:
        """The cache, whose store of packages may be another run's (QLUMOD_STORE)."""
        return self.place / "cache"

    @property
    def store(self) -> Path:
        """The package store."""
        return Path(os.environ.get("QLUMOD_STORE", self.cache / "packages"))

    def qlumod(self, *words: str) -> None:
        """Type a qlumod command."""
        caches = ["--cache", str(self.cache), "--store", str(self.store)]
        quietly([sys.executable, "-m", "qlumod", *words, *caches], self.place)

    def jobs(self) -> tuple[Job, ...]:
        """The modules to build, what is required first."""
        return ordered(Workplace(specs=self.place / "module-specs", cache=self.cache), MODULES)[-1]

    def build(self) -> None:
        """The command that is measured, over an empty cache."""
        for name in ("layers", "work"):
            shutil.rmtree(self.cache / name, ignore_errors=True)
        shutil.rmtree(self.place / "packages", ignore_errors=True)
        # Named, since --all tells by its exit code that the lock does without some.
        self.qlumod("build", *(job.spec.module for job in self.jobs()), "--output", "packages")


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """One module by hand: the words that make it."""

    place: Path
    words: Sequence[str]

    @classmethod
    def prepare(cls, bench: Bench, job: Job) -> "ByHand":
        """Lay out an archive of the packages of a module and of those that it stands on."""
        place = bench.place / "by-hand" / job.spec.module
        place.mkdir(parents=True)
        lock, compression = job.lock, job.project.release.compression
        modules = [*(below.module for below in job.below), job.spec.module]
        packages = [package for module in modules for package in lock.of(module)]
        archive = frozen_archive(
            packages,
            Store(bench.store),
            place / "archive",
            Heading(epoch=lock.epoch, architecture=lock.architecture, suite=lock.flavor),
        )
        lines = (f"{package.package}={package.version}\n" for package in packages)
        (place / "packages").write_text("".join(lines))
        return cls(
            place=place,
            words=(
                archive.source_line,
                lock.flavor,
                str(place / "packages"),
                str(compression.level),
                compression.block_size,
                str(lock.epoch),
            ),
        )

    def work(self) -> None:
        """Make it, and remove it again, which takes next to no time."""
        script = ROOT / "benchmarks" / "root_by_hand.sh"
        quietly(contained(script, str(self.place / "work"), *self.words), self.place)
        shutil.rmtree(self.place / "work")


def main() -> None:
    """Measure, and print the ratio."""
    if os.geteuid() != 0:
        sys.exit("bench: this mounts and makes roots: run it as root")
    with workplace() as bench:
        names = [job.spec.module for job in bench.jobs()]
        print(f"{ROUNDS} rounds of {', '.join(names)}; all packages are fetched", flush=True)
        report(*measured(bench))


@contextmanager
def workplace() -> Iterator[Bench]:
    """A copy of the specs with a fresh lock, all its packages, and no layer."""
    with tempfile.TemporaryDirectory(prefix="qlumod-bench.", dir="/var/tmp") as place:
        bench = Bench(place=Path(place))
        bench.cache.mkdir()
        shutil.copytree(ROOT / "module-specs", bench.place / "module-specs")
        compress(bench.place / "module-specs" / "release")
        (bench.place / "dist").symlink_to(ROOT / "dist")
        bench.qlumod("lock")
        bench.qlumod("fetch", *(job.spec.module for job in bench.jobs()))
        jobs = bench.jobs()
        if any(job.generated for job in jobs):
            bench.build()
            ensure_generated(
                jobs, Workshop(store=Store(bench.store), cache=bench.cache), listen=lambda _: None
            )
        yield bench


def measured(bench: Bench) -> tuple[list[Spent], list[Spent]]:
    """What each round took by hand and by qlumod; the rounds interleave."""
    roots = [ByHand.prepare(bench, job) for job in bench.jobs()]
    hands, builds = [], []

    def by_hand() -> None:
        for root in roots:
            root.work()

    for _ in range(ROUNDS):
        hands.append(clocked(by_hand))
        print(f"  by hand: {hands[-1]}", flush=True)
        builds.append(clocked(bench.build))
        print(f"  qlumod:  {builds[-1]}", flush=True)
    return hands, builds


def report(hands: Sequence[Spent], builds: Sequence[Spent]) -> None:
    """Print medians, the ratio, and what perfect parallelism would give; the last line as JSON."""
    hand, build = (statistics.median(spent.seconds for spent in each) for each in (hands, builds))
    by_hand, worked = (
        statistics.median(spent.processors for spent in each) for each in (hands, builds)
    )
    processors = usable_processors()
    ratio, bound = build / hand, worked / processors / hand
    memory = max(spent.memory for spent in builds)
    print(
        f"\nby hand {hand:.1f} s, qlumod {build:.1f} s (medians)\n"
        f"ratio {ratio:.3f} (at most {TARGET}: {'met' if ratio <= TARGET else 'MISSED'}); "
        f"{bound:.3f} if its work kept {processors} processors busy all the time\n"
        f"seconds of processors: {worked:.1f} / {by_hand:.1f} by hand: {worked / by_hand:.3f}\n"
        f"memory of all its processes at most {memory / 2**20:.0f} MiB\n"
    )
    told = {"by hand": hand, "qlumod": build, "ratio": ratio, "bound": bound}
    print(json.dumps({**told, "processors": [by_hand, worked], "memory": memory}))


if __name__ == "__main__":
    main()
