"""What came of each package: the values, their files, and how an answer of qlumod is read."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from upkeep.sweep.batching import Proof

_OF_THE_HOST = ("cannot fetch ", "cannot read the archives' indexes", "cannot use ")
"""How errors begin that are about the network or the disk, and about no package."""
INTERRUPTED = 130


class Kind(StrEnum):
    """The kinds of outcomes, in the order of the table."""

    EQUAL = "equal"
    MENDED = "equal after the printed remedy was followed"
    REFUSED = "refused"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one package."""

    package: str
    version: str
    kind: Kind
    group: str
    section: str
    stage: str = ""
    """The verb that refused or failed."""
    reason: tuple[str, ...] = ()
    """Why it was refused, or the fault, in qlumod's words."""
    followed: tuple[str, ...] = ()
    """The remedies that were followed."""
    beside: tuple[str, ...] = ()
    """How a stack with other drawn modules differs, although it is equal over core."""
    accounts: int = 0
    """How many accounts `qlumod new` added to the table."""
    seconds: int = 0
    """How long its trial took, without the proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a command of qlumod ended; `document` is what --json printed, None if that is no JSON."""

    status: int
    document: Mapping[str, Any] | None
    err: str = ""

    @property
    def crashed(self) -> bool:
        """Whether the program failed otherwise than by an error that it can tell."""
        return (
            self.status not in {0, 1, 3, 4}
            or self.document is None
            or (self.status == 1 and "errors" not in self.document)
        )

    @property
    def halts(self) -> bool:
        """Whether it says nothing about a package: interrupted, or stopped by network or disk."""
        return self.status == INTERRUPTED or self.error.startswith(_OF_THE_HOST)

    @property
    def error(self) -> str:
        """The text of its error, or of what `new` left to do, as a terminal shows it."""
        if self.crashed:
            return "\n".join((f"status {self.status}", *self.err.strip().splitlines()[-12:]))
        assert self.document is not None
        faults = self.document.get("errors") or self.document.get("left_to_do", ())
        return "\n".join(line for fault in faults for line in _lines(fault))


def _lines(fault: Mapping[str, Any]) -> Iterator[str]:
    yield fault["brief"]
    yield from (f"  {line}".rstrip() for line in fault["details"])
    if fault["remedy"]:
        yield f"To mend it: {fault['remedy']}"


def answer(status: int, out: str, err: str) -> Answer:
    """Read what a command printed."""
    try:
        document = json.loads(out)
    except ValueError:
        document = None
    return Answer(status=status, document=document if isinstance(document, dict) else None, err=err)


def differences(found: Answer) -> tuple[Mapping[str, Any], ...]:
    """The differences that nothing permits, of an answer of verify-stack."""
    listed = (found.document or {}).get("differences", ())
    return tuple(one for one in listed if one["permitted"] is None)


def told(one: Mapping[str, Any]) -> str:
    """A difference in one line."""
    about = f" ({one['subject']})" if one["subject"] else ""
    sides = f"installation {one['reference'] or '-'!r}, stack {one['stack'] or '-'!r}"
    any_two = ", in any two installations" if one.get("any_two") else ""
    return f"{one['path']}: {one['aspect']}{about}{any_two}: {sides}"


def proved(outcome: Outcome, proof: Proof) -> Outcome:
    """The outcome of a module that was built, after its proof."""
    if proof.equal:
        kind = Kind.MENDED if outcome.followed else Kind.EQUAL
        return replace(outcome, kind=kind, stage="", reason=(), beside=proof.beside)
    told_why = (proof.refused and not proof.crashed) or proof.any_two
    kind = Kind.REFUSED if told_why else Kind.FAULT
    reason = tuple(proof.refused.splitlines()) or proof.differences
    return replace(outcome, kind=kind, stage="verify-stack", reason=reason)


def write_outcome(directory: Path, outcome: Outcome) -> None:
    """Keep an outcome, as soon as it is known: a file is complete or absent."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{outcome.package}.json"
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(asdict(outcome), indent=1) + "\n", encoding="utf-8")
    unfinished.rename(path)


def read_outcome(path: Path) -> Outcome:
    """Read a kept outcome."""
    return _outcome(json.loads(path.read_text(encoding="utf-8")))


def _outcome(values: Mapping[str, Any]) -> Outcome:
    lists: dict[str, Sequence[str]] = {
        name: values[name] for name in ("reason", "followed", "beside")
    }
    return Outcome(
        **{
            **values,
            "kind": Kind(values["kind"]),
            **{name: tuple(lines) for name, lines in lists.items()},
        }
    )


def taken_over(directory: Path, kept: Path) -> None:
    """Write the outcomes of another machine's sweep, one a line, that a directory lacks."""
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else ()
    for outcome in map(_outcome, map(json.loads, lines)):
        if not (directory / f"{outcome.package}.json").exists():
            write_outcome(directory, outcome)


def keep(outcomes: Sequence[Outcome], kept: Path) -> None:
    """Write outcomes for `taken_over`, by name."""
    by_name = sorted(outcomes, key=lambda one: one.package)
    lines = (json.dumps(asdict(one), sort_keys=True) for one in by_name)
    unfinished = kept.with_suffix(".new")
    unfinished.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    unfinished.rename(kept)


def kept_outcomes(directory: Path) -> Iterator[Outcome]:
    """All kept outcomes, by name."""
    yield from map(read_outcome, sorted(directory.glob("*.json")))
