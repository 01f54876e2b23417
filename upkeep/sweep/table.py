"""The page of outcomes: counts, and each refusal and fault with its reason; pure."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from upkeep.sweep.drawing import GROUPS
from upkeep.sweep.outcomes import Kind, Outcome

GROUPS_PART = "the groups"
"""The part of the page that says how packages are drawn."""
LONGEST = 4
"""How many lines of a reason the page has."""
WIDTH = 104
"""How long a line of the page is, unless one word is longer."""


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
    outcomes = sweep.outcomes
    yield f"## {sweep.flavor}"
    yield ""
    yield f"Drawn: {sweep.drawn}. Tried: {len(outcomes)} of {sweep.wanted}. {_share(outcomes)}"
    yield ""
    yield from _counts(outcomes)
    for kind, title in ((Kind.FAULT, "Faults"), (Kind.REFUSED, "Refused")):
        yield from _part(title, [_failed(one) for one in outcomes if one.kind is kind])
    beside = dict.fromkeys(one.beside for one in outcomes if one.beside)
    yield from _part("Drawn modules that differ only together", beside)
    mended = [(_name(one), *one.followed) for one in outcomes if one.kind is Kind.MENDED]
    yield from _part("Equal after the printed remedy was followed", mended)
    equal = [_name(one) for one in outcomes if one.kind is Kind.EQUAL]
    if equal:
        yield from ("", "### Equal", "")
        yield from _filled(f"{', '.join(equal)}.")


def _share(outcomes: Sequence[Outcome]) -> str:
    equal = sum(one.kind in {Kind.EQUAL, Kind.MENDED} for one in outcomes)
    percent = f" ({100 * equal / len(outcomes):.1f} %)" if outcomes else ""
    return f"Equal, with or without a remedy: {equal}{percent}."


def _failed(one: Outcome) -> tuple[str, ...]:
    lines = [line.strip() for line in one.reason if line.strip()]
    more = ["…"] if len(lines) > LONGEST else []
    followed = [f"followed: {remedy}" for remedy in one.followed]
    return f"{_name(one)}, at {one.stage}", *lines[:LONGEST], *more, *followed


def _part(title: str, items: Iterable[Sequence[str]]) -> Iterator[str]:
    """A heading, and a list of items: the first line of each, and its other ones below it."""
    for number, (first, *lines) in enumerate(items):
        if not number:
            yield from ("", f"### {title}", "")
        yield from _filled(first, "- ")
        for line in lines:
            yield from _filled(_code(line), "  - ")


def _code(text: str) -> str:
    """Text in which no character is markup."""
    mark = "``" if "`" in text else "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{mark}{pad}{text}{pad}{mark}"


def _filled(text: str, item: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        width=WIDTH,
        initial_indent=item,
        subsequent_indent=" " * len(item),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _counts(outcomes: Sequence[Outcome]) -> Iterator[str]:
    counted = Counter((one.group, one.kind) for one in outcomes)
    yield f"| group | {' | '.join(Kind)} | all |"
    yield f"|---|{'---|' * (len(Kind) + 1)}"
    for group in [group.name for group in GROUPS]:
        numbers = [counted[group, kind] for kind in Kind]
        yield _line(group, *map(str, numbers), str(sum(numbers)))
    numbers = [sum(one.kind is kind for one in outcomes) for kind in Kind]
    yield _line("**all**", *map(str, numbers), str(len(outcomes)))


def _name(one: Outcome) -> str:
    added = f" ({one.accounts} accounts)" if one.accounts else ""
    return f"{one.package} {one.version}{added}"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def filled(text: str, part: str, lines: Sequence[str]) -> str:
    """A page with the lines of a part, such as a flavor, in the place that is marked for it."""
    begin, end = f"<!-- made by make sweep: {part} -->", f"<!-- end of {part} -->"
    before, found, rest = text.partition(begin)
    if not found:
        before, rest = f"{text.rstrip()}\n\n", f"{end}\n"
    return before + "\n".join((begin, "", *lines, "", end)) + rest.partition(end)[2]
