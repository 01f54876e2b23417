"""Publishing against reprepro and aptly: interleaved rounds, medians, ratios.

One module package is added to repositories of 10,000 (qlumod: gz, zst, by-hash and Contents;
reprepro: gz; aptly: gz and bz2, by-hash, Contents), and 10,000 are published at once. qlumod's look
at the staged state, by a real apt client, is timed apart: nobody else has that. What a person waits
for is told, too: both together, into 10,000 packages beside aptly, and into 100,000 in seconds. How
the time of adding one grows is told by a repository of 100,000 packages, as a multiple of the time
in which plain C programs read, digest and copy its indexes.

``SIZES="1000 10000"`` chooses other sizes, ``ROUNDS`` how often, and ``BENCH_PLACE`` where.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from many_debs import MODULES, changes, make_debs, make_head
from measured import ROOT, ROUNDS, Spent, clocked, quietly

from qlumod.system.keys.gpg import make_key

SUITE = "14.0-bookworm"
SIZES = tuple(int(size) for size in os.environ.get("SIZES", "1000 10000 100000").split())
COMPARED = 10_000
"""The repository in which the others are measured, too, and what is published at once."""
TRIAL = "trying it with a real apt client"
"""The step of the log that is timed apart."""
PYTHON = "/usr/bin/python3"
"""The one that qlumod's Debian packages use."""
MEMORY = 200
"""MB that a publication may take."""
LARGE = 100_000
"""The repository into which one package may take `WAIT` seconds, the trial included."""
WAIT = 2.0


@dataclass(frozen=True, kw_only=True)
class Added:
    """What it took to add packages: all of it, and the part of it that is the trial's."""

    spent: Spent
    trial: float

    @property
    def own(self) -> float:
        """The seconds without the trial."""
        return self.spent.seconds - self.trial

    def __str__(self) -> str:
        return f"{self.own:.3f} s + {self.trial:.2f} s of trial ({self.spent})"


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where one run of the benchmark works, and with which key."""

    place: Path
    key: str

    def debs(self, size: int) -> list[Path]:
        """The packages of a repository of that size, and what all of them depend on."""
        folder = self.place / "debs"
        return [make_head(folder), *make_debs(folder, range(size - 1))]

    def another(self, number: int) -> Path:
        """A package that no repository has: the core of a later release."""
        (made,) = make_debs(self.place / "added", [number * MODULES])
        return made

    def qlumod(self, repository: str, files: Sequence[Path], *, pause: float = 1.0) -> Added:
        """Publish into a repository, which is begun where it is not there."""
        log = self.place / "log"
        words = ["--quiet", "--log", log, "--repository", self.place / repository]
        call = [PYTHON, "-m", "qlumod", "publish", *words, "--suite", SUITE, "--key", self.key]
        # What they hold is made up: there is nothing to prove.
        call += ["--unproved", *files]
        # Snapshots are named by the second: one that follows at once would wait.
        time.sleep(1)
        spent = clocked(lambda: quietly([*map(str, call)], self.place), pause=pause)
        return Added(spent=spent, trial=seconds_of(TRIAL, log.read_text()))

    def reprepro(self, repository: str, files: Sequence[Path]) -> Spent:
        """Put packages into a repository of reprepro, which is begun where it is not there."""
        base = self.place / repository
        if not base.exists():
            (base / "conf").mkdir(parents=True)
            (base / "conf/distributions").write_text(
                f"Codename: {SUITE}\nArchitectures: amd64\nComponents: main\nSignWith: {self.key}\n"
            )
        words = ["reprepro", "--silent", "-b", str(base), "includedeb", SUITE]
        names = [file.name for file in files]
        return clocked(lambda: quietly([*words, *names], files[0].parent), pause=1.0)

    def begin_aptly(self, files: Sequence[Path]) -> None:
        """Make a repository of aptly with these packages, and publish it."""
        (self.place / "aptly.conf").write_text(
            json.dumps({"rootDir": str(self.place / "aptly"), "gpgProvider": "gpg"})
        )
        self._aptly("repo", "create", f"-distribution={SUITE}", "-component=main", "bench")
        self._aptly("repo", "add", "bench", *map(str, files))
        self._aptly("publish", "repo", *self._signing, "-architectures=amd64", "bench")

    def aptly(self, file: Path) -> Spent:
        """Add a package to the repository of aptly."""

        def work() -> None:
            self._aptly("repo", "add", "bench", str(file))
            self._aptly("publish", "update", *self._signing, SUITE)

        return clocked(work, pause=1.0)

    @property
    def _signing(self) -> tuple[str, str]:
        return "-batch", f"-gpg-key={self.key}"

    def _aptly(self, *words: str) -> None:
        quietly(["aptly", f"-config={self.place}/aptly.conf", *words], self.place)

    def written(self, repository: str) -> float:
        """Seconds in which C programs read each index, digest it plain and packed, and write it."""
        suite = self.place / repository / "dists" / SUITE / "main"
        unpacked = f"zcat {suite}/binary-amd64/Packages.gz {suite}/Contents-amd64.gz | sha256sum"
        packed = f"cat {suite}/*/Packages.* {suite}/*.gz | tee {self.place}/packed | sha256sum"
        script = f"set -e; {unpacked}; {packed}"
        return clocked(lambda: quietly(["sh", "-c", script], self.place), pause=1.0).seconds


def seconds_of(step: str, log: str) -> float:
    """How long a step took, by the times in a log."""
    lines = re.findall(rf"^\[ *([0-9.]+)\] {re.escape(step)}", log, re.MULTILINE)
    return float(lines[-1]) - float(lines[0]) if lines else 0.0


def main() -> None:
    """Measure, and print the ratios."""
    with workplace() as bench:
        print(f"{ROUNDS} rounds in {bench.place}", flush=True)
        report({**at_once(bench), **one_more(bench), **growth(bench)})


@contextmanager
def workplace() -> Iterator[Bench]:
    """A directory and a key whose agent runs, as it does for people who sign."""
    place = Path(tempfile.mkdtemp(prefix="qlumod-bench.", dir=os.environ.get("BENCH_PLACE")))
    home = place / "gnupg"
    os.environ["GNUPGHOME"] = str(home)
    # As the Debian package does when it is installed; also isolated processes find that.
    subprocess.run([PYTHON, "-m", "compileall", "-q", str(ROOT / "qlumod")], check=True)
    try:
        key = make_key(home, "Bench <bench@example.org>").fingerprint
        subprocess.run(["gpgconf", "--launch", "gpg-agent"], check=True)
        yield Bench(place=place, key=key)
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=False)
        shutil.rmtree(place)


def at_once(bench: Bench) -> dict[str, list[float]]:
    """Seconds in which the compared number of packages is published; one of each stays."""
    files = bench.debs(COMPARED)
    ours: list[Added] = []
    theirs: list[Spent] = []
    for turn in range(ROUNDS):
        # What was there stays for now: some file systems are slow to make files where many have
        # just been removed.
        for repository in ("qlumod", "reprepro") if turn else ():
            (bench.place / repository).rename(bench.place / f"{repository}-{turn}")
        ours.append(bench.qlumod("qlumod", files, pause=0.1))
        print(f"  {COMPARED} at once, qlumod:   {ours[-1]}", flush=True)
        theirs.append(bench.reprepro("reprepro", files))
        print(f"  {COMPARED} at once, reprepro: {theirs[-1]}", flush=True)
    bench.begin_aptly(files)
    return {
        "at once": [one.spent.seconds for one in ours],
        "at once, trial": [one.trial for one in ours],
        "at once, reprepro": [one.seconds for one in theirs],
        "at once, memory": [one.spent.memory / 10**6 for one in ours],
    }


def one_more(bench: Bench) -> dict[str, list[float]]:
    """Seconds in which one package is added to what `at_once` has left."""
    found: dict[str, list[float]] = {"one": [], "one, trial": [], "reprepro": [], "aptly": []}
    for turn in range(ROUNDS):
        file = bench.another(COMPARED + turn)
        added = bench.qlumod("qlumod", [file])
        found["one"].append(added.own)
        found["one, trial"].append(added.trial)
        found["reprepro"].append(bench.reprepro("reprepro", [file]).seconds)
        found["aptly"].append(bench.aptly(file).seconds)
        print(f"  one more: {_last(found)}", flush=True)
    watched = bench.qlumod("qlumod", [bench.another(COMPARED + ROUNDS)], pause=0.01)
    return {**found, "one, memory": [watched.spent.memory / 10**6]}


def growth(bench: Bench) -> dict[str, list[float]]:
    """Seconds in which one package is added to repositories of several sizes, and written."""
    for size in SIZES:
        if size != COMPARED:
            listed = changes(bench.place / "debs", bench.debs(size))
            bench.qlumod(_name(size), [listed])
    found: dict[str, list[float]] = {}
    for turn in range(ROUNDS):
        for size in SIZES:
            added = bench.qlumod(_name(size), [bench.another(max(SIZES) + COMPARED + turn)])
            found.setdefault(f"one to {size}", []).append(added.own)
            found.setdefault(f"one to {size}, trial", []).append(added.trial)
            found.setdefault(f"writing {size}", []).append(bench.written(_name(size)))
        print(f"  growth: {_last(found)}", flush=True)
    return found


def _name(size: int) -> str:
    return "qlumod" if size == COMPARED else f"qlumod-{size}"


def _last(found: dict[str, list[float]]) -> str:
    return ", ".join(f"{what} {seconds[-1]:.3f}" for what, seconds in found.items())


def report(found: dict[str, list[float]]) -> None:
    """Print medians, ratios and targets; the last line is the same as JSON."""
    median = {what: statistics.median(each) for what, each in found.items()}
    large = max(SIZES)
    waited = median[f"one to {large}"] + median[f"one to {large}, trial"]
    figures = (
        ("one more / reprepro includedeb", median["one"] / median["reprepro"], 1.0),
        ("one more / aptly add + update", median["one"] / median["aptly"], 0.1),
        (
            "one more, with the trial / aptly",
            (median["one"] + median["one, trial"]) / median["aptly"],
            0.2,
        ),
        (f"{COMPARED} at once / reprepro", median["at once"] / median["at once, reprepro"], 1.5),
        ("memory for one more, MB", median["one, memory"], MEMORY),
        (f"memory for {COMPARED}, MB", max(found["at once, memory"]), MEMORY),
    )
    grown = (
        (f"one to {large} / writing", median[f"one to {large}"] / median[f"writing {large}"], 1.5),
        (f"one to {large}, with the trial, s", waited, WAIT),
    )
    figures += grown if large == LARGE else ()
    print()
    for what, seconds in median.items():
        print(f"{what:<32} {seconds:9.3f}")
    print()
    for what, value, most in figures:
        print(f"{what:<44} {value:8.3f}  (at most {most}: {'met' if value <= most else 'MISSED'})")
    print("\n" + json.dumps({"median": median, "ratio": {what: v for what, v, _ in figures}}))


if __name__ == "__main__":
    main()
