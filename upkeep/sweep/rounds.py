"""The whole sweep: rounds of trials and their proofs, each outcome kept as soon as it is known."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from upkeep.sweep.batching import Proof, batches, settle
from upkeep.sweep.drawing import Candidate
from upkeep.sweep.outcomes import Kind, Outcome, proved, read_outcome, write_outcome
from upkeep.sweep.place import SweepPlace
from upkeep.sweep.proving import SHOWN, prove
from upkeep.sweep.trial import Trial, tried

BATCH = 32
"""How many modules share one reference installation at most, and are tried in one round."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How long a sweep may begin new work."""

    ends: float
    """By `time.monotonic`."""

    @property
    def over(self) -> bool:
        """Whether nothing new is begun any more."""
        return time.monotonic() >= self.ends


def sweep(place: SweepPlace, queue: Sequence[Candidate], clock: Clock, tell: Tell) -> None:
    """Try and prove all packages of a queue that have no outcome yet, until the clock is over."""
    for start in range(0, len(queue), BATCH):
        part = [one for one in queue[start : start + BATCH] if not _is_known(place, one)]
        for candidate in part:
            if clock.over:
                return
            _try(place, candidate, tell)
        for batch in batches((one for one in part if _trial(place, one)), BATCH):
            if clock.over:
                return
            _prove(place, [one.name for one in batch], tell)
        # The accounts of this round are no longer needed: the next one begins with the same ids.
        shutil.rmtree(place.built, ignore_errors=True)


def _is_known(place: SweepPlace, candidate: Candidate) -> bool:
    return (place.outcomes / f"{candidate.name}.json").exists()


def _try(place: SweepPlace, candidate: Candidate, tell: Tell) -> None:
    if _trial(place, candidate) is not None:
        return
    tell(f"{candidate.name}: trying")
    trial = tried(place, candidate, _accounts(place))
    if not trial.spec:
        write_outcome(place.outcomes, trial.outcome)
        tell(f"{candidate.name}: {_brief(trial.outcome)}")
        return
    place.built.mkdir(parents=True, exist_ok=True)
    (place.built / "accounts").write_text(trial.accounts, encoding="utf-8")
    (place.built / f"{candidate.name}.module").write_text(trial.spec, encoding="utf-8")
    # It comes last: what has one is complete.
    write_outcome(place.built, trial.outcome)
    tell(f"{candidate.name}: built in {trial.outcome.seconds} s")


def _trial(place: SweepPlace, candidate: Candidate) -> Trial | None:
    """A built module whose proof is still to come."""
    path = place.built / f"{candidate.name}.json"
    if not path.exists() or _is_known(place, candidate):
        return None
    text = path.with_suffix(".module").read_text(encoding="utf-8")
    return Trial(outcome=read_outcome(path), spec=text)


def _accounts(place: SweepPlace) -> str:
    """The account table with the accounts of all modules of this round."""
    path = place.built / "accounts"
    return path.read_text(encoding="utf-8") if path.exists() else place.accounts


def _prove(place: SweepPlace, modules: Sequence[str], tell: Tell) -> None:
    specs = {name: (place.built / f"{name}.module").read_text(encoding="utf-8") for name in modules}
    accounts = _accounts(place)

    def prove_some(some: Sequence[str]) -> Proof:
        tell(f"proving {', '.join(some)}")
        proof = prove(place, specs, accounts, some)
        for line in (*proof.refused.splitlines()[:SHOWN], *proof.differences):
            tell(f"  {line}")
        return proof

    for name, proof in settle(modules, prove_some).items():
        outcome = proved(read_outcome(place.built / f"{name}.json"), proof)
        write_outcome(place.outcomes, outcome)
        tell(f"{name}: {_brief(outcome)}")


def _brief(outcome: Outcome) -> str:
    if outcome.kind in {Kind.REFUSED, Kind.FAULT}:
        return f"{outcome.kind}: {outcome.stage}: {next(iter(outcome.reason), '')}"
    return str(outcome.kind)
