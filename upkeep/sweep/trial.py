"""Trying one package: `qlumod new`, and the remedies that it prints, until the module is built."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from upkeep.sweep.drawing import Candidate, group_of
from upkeep.sweep.outcomes import Answer, Kind, Outcome
from upkeep.sweep.place import SweepPlace
from upkeep.sweep.remedies import Remedy, mended_accounts, mended_spec, remedies

ROUNDS = 6
"""How many times remedies are followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A tried package: its outcome, and its spec if a layer was built (else it is empty)."""

    outcome: Outcome
    spec: str = ""
    accounts: str = ""
    """The account table that it needs."""


def tried(place: SweepPlace, candidate: Candidate, accounts: str) -> Trial:
    """Try a package over core; `accounts` is the account table as other modules have left it."""
    began = time.monotonic()
    specs = place.make_specs("trial", accounts)
    told = place.run(specs, "new", candidate.name, "--packages", candidate.name)
    made = len((told.document or {}).get("accounts", ()))
    outcome = _outcome(candidate, accounts=made)
    if told.error or made:
        outcome = _until_built(place, specs, outcome, told)
    outcome = replace(outcome, seconds=round(time.monotonic() - began))
    if outcome.kind is not Kind.EQUAL:
        return Trial(outcome=outcome)
    return Trial(
        outcome=outcome,
        spec=_spec(specs, candidate.name).read_text(encoding="utf-8"),
        accounts=(specs / "accounts").read_text(encoding="utf-8"),
    )


def _spec(specs: Path, module: str) -> Path:
    return specs / f"{module}.module"


def _outcome(candidate: Candidate, *, accounts: int) -> Outcome:
    return Outcome(
        package=candidate.name,
        version=candidate.version,
        kind=Kind.EQUAL,
        group=group_of(candidate).name,
        section=candidate.section,
        accounts=accounts,
    )


def _until_built(place: SweepPlace, specs: Path, outcome: Outcome, told: Answer) -> Outcome:
    """Follow the remedies of an answer, and of those that come after it."""
    stage, followed = "new", list[Remedy]()
    for _ in range(ROUNDS):
        if told.error:
            wanted = [one for one in remedies(told.error) if one not in followed]
            if told.crashed or not wanted:
                return _failed(outcome, stage, told, followed)
            told = _follow(place, specs, outcome.package, wanted)
            followed += wanted
            if told.error:
                stage = "new --no-trial"
                continue
        stage, told = _built(place, specs, outcome.package)
        if not told.error:
            return replace(outcome, followed=tuple(map(str, followed)))
    return _failed(outcome, stage, told, followed)


def _follow(place: SweepPlace, specs: Path, module: str, wanted: list[Remedy]) -> Answer:
    """Add what an error asked for; the spec is written first, if the trial has not written it."""
    told = Answer(status=0, document={})
    path = _spec(specs, module)
    if not path.exists():
        told = place.run(specs, "new", module, "--packages", module, "--no-trial")
    if not told.error:
        table = specs / "accounts"
        path.write_text(mended_spec(path.read_text(encoding="utf-8"), wanted), encoding="utf-8")
        table.write_text(
            mended_accounts(table.read_text(encoding="utf-8"), wanted), encoding="utf-8"
        )
    return told


def built_again(
    place: SweepPlace, module: str, spec: str, accounts: str, wanted: Sequence[Remedy]
) -> str:
    """Build a module with more entries in its spec; the new spec, empty if that is refused."""
    mended = mended_spec(spec, wanted)
    specs = place.make_specs("trial", accounts, {module: mended})
    _, told = _built(place, specs, module)
    return "" if told.error else mended


def _built(place: SweepPlace, specs: Path, module: str) -> tuple[str, Answer]:
    """Lock and build a module; returns the verb that came last, and its answer."""
    told = place.run(specs, "lock")
    if told.error:
        return "lock", told
    packages = str(place.directory / "packages")
    return "build", place.run(specs, "build", module, "--no-lint", "--output", packages)


def _failed(outcome: Outcome, stage: str, told: Answer, followed: list[Remedy]) -> Outcome:
    """Refused, or a fault: a crash, a remedy in vain, or a false reason (the package was drawn)."""
    again = [one for one in remedies(told.error) if one in followed]
    false = f"there is no package {outcome.package}" in told.error
    return replace(
        outcome,
        kind=Kind.FAULT if told.crashed or again or false else Kind.REFUSED,
        stage=stage,
        reason=(*_again(again), *told.error.splitlines()),
        followed=tuple(map(str, followed)),
    )


def _again(remedies_in_vain: list[Remedy]) -> Iterator[str]:
    if remedies_in_vain:
        yield f"followed in vain: {', '.join(map(str, remedies_in_vain))}"
