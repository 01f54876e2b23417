"""The command line of the sweep; `make sweep` calls it.

python -m upkeep.sweep (--packages FILE | --sample N --seed SEED) [--flavor FLAVOR]
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from qlumod.lock.verbs.check import check_specs
from qlumod.lock.verbs.lock_files import read_lock, target
from qlumod.model.project import CORE
from upkeep.sweep.candidates import candidates_of, read_candidates, write_candidates
from upkeep.sweep.drawing import Candidate, queue_of, rule
from upkeep.sweep.outcomes import Kind, Outcome, keep, read_outcome, taken_over
from upkeep.sweep.place import ROOT, SweepPlace
from upkeep.sweep.rounds import Clock, sweep
from upkeep.sweep.table import GROUPS_PART, Sweep, filled, page


def main(words: Sequence[str]) -> int:
    """Run a sweep; 0 if all wanted packages are tried and none has a fault, else 3."""
    asked = _options().parse_args(words)
    if (asked.packages is None) == (asked.sample is None):
        print("sweep: name PACKAGES=FILE or SAMPLE=n SEED=s", file=sys.stderr)
        return 2
    flavor = asked.flavor or check_specs(asked.specs).release.default_flavor
    place = SweepPlace(
        directory=asked.directory.resolve() / flavor,
        flavor=flavor,
        cache=asked.cache.resolve(),
        specs=asked.specs.resolve(),
        own_packages=asked.own_packages.resolve(),
        profile=asked.profile,
    )
    known = _known(place)
    if asked.keep:
        taken_over(place.outcomes, asked.keep)
    queue, drawn = _wanted(asked, known)
    sweep(place, queue, Clock(ends=time.monotonic() + asked.minutes * 60), _tell)
    outcomes = _outcomes(place, queue)
    if asked.keep:
        keep(outcomes, asked.keep)
    return _report(place, queue, drawn, outcomes, asked.page)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="upkeep.sweep", description=__doc__)
    cache = ROOT / ".cache/sweep"
    parser.add_argument("--packages", type=Path, help="a file of names of packages, one a line")
    parser.add_argument("--sample", type=int, help="how many packages are drawn")
    parser.add_argument("--seed", default="1", help="another seed is another sample")
    parser.add_argument("--flavor", default="", help="the flavor; default: the release's")
    parser.add_argument("--minutes", type=float, default=24 * 60, help="begin nothing new after")
    parser.add_argument("--directory", type=Path, default=ROOT / "build/sweep", help="outcomes")
    parser.add_argument("--cache", type=Path, default=cache, help="qlumod's cache, for this alone")
    parser.add_argument("--specs", type=Path, default=ROOT / "module-specs", help="with core")
    parser.add_argument("--own-packages", type=Path, default=ROOT / "dist", help="qlumod-node")
    parser.add_argument("--profile", default="dev", help="the profile of the release")
    parser.add_argument("--keep", type=Path, help="outcomes to begin with; the end adds to them")
    parser.add_argument("--page", type=Path, help="a page in which the flavor's part is filled")
    return parser


def _known(place: SweepPlace) -> list[Candidate]:
    """What may be drawn: read once for a directory of outcomes."""
    path = place.directory / "candidates.json"
    if not path.exists():
        specs = place.make_specs("core", place.accounts)
        _tell("reading the archives")
        locked = place.run(specs, "lock")
        if locked.error:
            sys.exit(f"sweep: core cannot be locked\n{locked.error}")
        release = check_specs(specs).release
        wanted = target(release, place.flavor)
        core = read_lock(specs, release, wanted).of(CORE)
        found = candidates_of(
            release,
            wanted,
            beside=specs,
            cache=place.directory / "indexes",
            without={package.package for package in core},
        )
        write_candidates(path, found)
    return read_candidates(path)


def _wanted(asked: argparse.Namespace, known: list[Candidate]) -> tuple[list[Candidate], str]:
    """The packages to try, and how they were chosen."""
    if asked.sample is not None:
        queue = queue_of(known, asked.seed)[: asked.sample]
        return queue, f"seed {asked.seed}, {len(queue)} of {len(known)} packages"
    by_name = {candidate.name: candidate for candidate in known}
    lines = asked.packages.read_text(encoding="utf-8").splitlines()
    names = [name for line in lines if (name := line.partition("#")[0].strip())]
    if missing := [name for name in names if name not in by_name]:
        sys.exit(f"sweep: neither in the archives nor beyond core: {', '.join(missing)}")
    return [by_name[name] for name in names], f"the list {asked.packages.name}"


def _outcomes(place: SweepPlace, queue: Sequence[Candidate]) -> tuple[Outcome, ...]:
    paths = [place.outcomes / f"{candidate.name}.json" for candidate in queue]
    return tuple(read_outcome(path) for path in sorted(paths) if path.exists())


def _report(
    place: SweepPlace,
    queue: Sequence[Candidate],
    drawn: str,
    outcomes: tuple[Outcome, ...],
    to: Path | None,
) -> int:
    lines = list(
        page(Sweep(flavor=place.flavor, drawn=drawn, wanted=len(queue), outcomes=outcomes))
    )
    text = "".join(f"{line}\n" for line in lines)
    (place.directory / "table.md").write_text(text, encoding="utf-8")
    if to is not None:
        old = filled(to.read_text(encoding="utf-8"), GROUPS_PART, list(rule()))
        to.write_text(filled(old, place.flavor, lines), encoding="utf-8")
    print(text, end="")
    whole = len(outcomes) == len(queue)
    return 0 if whole and not any(one.kind is Kind.FAULT for one in outcomes) else 3


def _tell(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
