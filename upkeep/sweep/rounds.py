"""The whole sweep: rounds of trials and their proofs, each outcome kept as soon as it is known."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from upkeep.sweep.batching import Proof, batches, settle
from upkeep.sweep.drawing import Candidate
from upkeep.sweep.outcomes import Kind, Outcome, proved, read_outcome, write_outcome
from upkeep.sweep.place import SweepPlace
from upkeep.sweep.proving import SHOWN, prove
from upkeep.sweep.remedies import Remedy
from upkeep.sweep.trial import built_again, tried

BATCH = 50
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
        if not part:
            continue
        for candidate in part:
            if clock.over:
                return
            _try(place, candidate, tell)
        for batch in batches((one for one in part if _is_built(place, one)), BATCH):
            if clock.over:
                return
            _prove(place, [one.name for one in batch], tell)
        # The accounts of this round are no longer needed: the next one begins with the same ids.
        shutil.rmtree(place.built, ignore_errors=True)


def _is_known(place: SweepPlace, candidate: Candidate) -> bool:
    return (place.outcomes / f"{candidate.name}.json").exists()


def _try(place: SweepPlace, candidate: Candidate, tell: Tell) -> None:
    if _is_built(place, candidate):
        return
    tell(f"{candidate.name}: trying")
    trial = tried(place, candidate, _accounts(place))
    if not trial.spec:
        write_outcome(place.outcomes, trial.outcome)
        tell(f"{candidate.name}: {_brief(trial.outcome)}")
        return
    place.built.mkdir(parents=True, exist_ok=True)
    (place.built / "accounts").write_text(trial.accounts, encoding="utf-8")
    _spec(place, candidate.name).write_text(trial.spec, encoding="utf-8")
    # It comes last: what has one is complete.
    write_outcome(place.built, trial.outcome)
    tell(f"{candidate.name}: built in {trial.outcome.seconds} s")


def _is_built(place: SweepPlace, candidate: Candidate) -> bool:
    """Whether it is a module whose proof is still to come."""
    return _built_outcome(place, candidate.name).exists() and not _is_known(place, candidate)


def _accounts(place: SweepPlace) -> str:
    """The account table with the accounts of all modules of this round."""
    path = place.built / "accounts"
    return path.read_text(encoding="utf-8") if path.exists() else place.accounts


def _prove(place: SweepPlace, modules: Sequence[str], tell: Tell) -> None:
    proving = _Proving(place=place, accounts=_accounts(place), tell=tell)
    for name, proof in settle(modules, proving.prove).items():
        outcome = proved(read_outcome(_built_outcome(place, name)), proof)
        write_outcome(place.outcomes, outcome)
        tell(f"{name}: {_brief(outcome)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proving:
    place: SweepPlace
    accounts: str
    tell: Tell

    def prove(self, modules: Sequence[str]) -> Proof:
        """Prove a stack; what no two installations make alike is left out, and it is proved again.

        The second proof uses the reference of the first one, since the packages are the same.
        """
        proof = self._prove(modules)
        mended = [self._leave_out(module, paths) for module, paths in proof.unalike.items()]
        return self._prove(modules) if any(mended) else proof

    def _prove(self, modules: Sequence[str]) -> Proof:
        self.tell(f"proving {', '.join(modules)}")
        specs = {module: _spec(self.place, module).read_text("utf-8") for module in modules}
        proof = prove(self.place, specs, self.accounts, modules)
        for line in (*proof.refused.splitlines()[:SHOWN], *proof.differences):
            self.tell(f"  {line}")
        return proof

    def _leave_out(self, module: str, paths: Sequence[str]) -> bool:
        """Follow the remedy of such paths: build the module again with them under Exclude."""
        outcome = read_outcome(_built_outcome(self.place, module))
        wanted = [Remedy(field="Exclude", entry=path) for path in paths]
        if not wanted or set(map(str, wanted)).intersection(outcome.followed):
            return False
        self.tell(f"{module}: leaving out {', '.join(paths)}")
        path = _spec(self.place, module)
        mended = built_again(self.place, module, path.read_text("utf-8"), self.accounts, wanted)
        if not mended:
            return False
        path.write_text(mended, encoding="utf-8")
        followed = (*outcome.followed, *map(str, wanted))
        write_outcome(self.place.built, replace(outcome, followed=followed))
        return True


def _spec(place: SweepPlace, module: str) -> Path:
    return place.built / f"{module}.module"


def _built_outcome(place: SweepPlace, module: str) -> Path:
    return place.built / f"{module}.json"


def _brief(outcome: Outcome) -> str:
    if outcome.kind in {Kind.REFUSED, Kind.FAULT}:
        return f"{outcome.kind}: {outcome.stage}: {next(iter(outcome.reason), '')}"
    return str(outcome.kind)
