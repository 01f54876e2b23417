"""The page of outcomes: counts, and each refusal and fault with its reason; pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from upkeep.sweep.drawing import GROUPS
from upkeep.sweep.outcomes import Kind, Outcome

GROUPS_PART = "the groups"
"""The part of the page that says how packages are drawn."""
LONGEST = 4
"""How many lines of a reason the page has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What the page says of one sweep."""

    flavor: str
    drawn: str
    """How the packages were chosen: ``seed 1, 60 of 63,000``, or the name of a list."""
    wanted: int
    outcomes: tuple[Outcome, ...]


def page(sweep: Sweep) -> Iterator[str]:
    """The lines about one flavor."""
    count = len(sweep.outcomes)
    yield f"## {sweep.flavor}"
    yield ""
    yield f"Drawn: {sweep.drawn}. Tried: {count} of {sweep.wanted}."
    yield ""
    yield from _counts(sweep.outcomes)
    for kind, title in ((Kind.FAULT, "Faults"), (Kind.REFUSED, "Refused")):
        found = [one for one in sweep.outcomes if one.kind is kind]
        if found:
            yield from ("", f"### {title}", "", "| package | at | reason |", "|---|---|---|")
            yield from map(_row, found)
    yield from _beside(sweep.outcomes)
    yield from _equal(sweep.outcomes)


def _beside(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Differences of stacks of drawn modules that are equal over core."""
    found = dict.fromkeys(one.beside for one in outcomes if one.beside)
    if found:
        yield from ("", "### Drawn modules that differ only together", "")
    for title, *lines in found:
        yield f"- {_cell(title)}"
        yield from (f"  - {_cell(line)}" for line in lines)


def _counts(outcomes: Sequence[Outcome]) -> Iterator[str]:
    counted = Counter((one.group, one.kind) for one in outcomes)
    yield f"| group | {' | '.join(Kind)} | all |"
    yield f"|---|{'---|' * (len(Kind) + 1)}"
    for group in [group.name for group in GROUPS]:
        numbers = [counted[group, kind] for kind in Kind]
        yield _line(group, *map(str, numbers), str(sum(numbers)))
    numbers = [sum(one.kind is kind for one in outcomes) for kind in Kind]
    yield _line("**all**", *map(str, numbers), str(len(outcomes)))


def _row(one: Outcome) -> str:
    lines = [line.strip() for line in one.reason if line.strip()]
    more = ["…"] if len(lines) > LONGEST else []
    after = [f"(followed: {'; '.join(one.followed)})"] if one.followed else []
    reason = "<br>".join(map(_cell, (*lines[:LONGEST], *more, *after)))
    return _line(f"{one.package} {one.version}", one.stage, reason)


def _equal(outcomes: Sequence[Outcome]) -> Iterator[str]:
    mended = [one for one in outcomes if one.kind is Kind.MENDED]
    if mended:
        yield from ("", "### Equal after the printed remedy was followed", "")
        yield from ("| package | remedies |", "|---|---|")
        for one in mended:
            yield _line(f"{one.package} {one.version}", _cell("; ".join(one.followed)))
    equal = [one for one in outcomes if one.kind is Kind.EQUAL]
    if equal:
        yield from ("", "### Equal", "")
        yield ", ".join(map(_name, equal)) + "."


def _name(one: Outcome) -> str:
    added = f" ({one.accounts} accounts)" if one.accounts else ""
    return f"{one.package} {one.version}{added}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;") if text else ""


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def filled(text: str, part: str, lines: Sequence[str]) -> str:
    """A page with the lines of a part, such as a flavor, in the place that is marked for it."""
    begin, end = f"<!-- made by make sweep: {part} -->", f"<!-- end of {part} -->"
    before, found, rest = text.partition(begin)
    if not found:
        before, rest = f"{text.rstrip()}\n\n", f"{end}\n"
    return before + "\n".join((begin, "", *lines, "", end)) + rest.partition(end)[2]
