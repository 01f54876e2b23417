"""How a proof of all modules is told: in a sentence, and as a page of Markdown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import ascii_lowercase
from textwrap import wrap

from qlumod.proof.checked import Way
from qlumod.proof.proved import Proved, ShownProof

MOST = 20
"""How many differences between one step and two the table tells of a stack."""


def proof_summary(proved: Proved) -> str:
    """How it came out, in a sentence."""
    count, ways = len(proved.results), proved.ways
    looked_at = (
        f"({len(proved.design.pairs)} pairs; {len(proved.design.apart)} more exclude each other), "
        f"{ways[Way.AT_ONCE]} installed at once and {ways[Way.IN_STEPS]} in two steps"
    )
    if proved.equal:
        return f"every stack equals one installation: {count} stacks {looked_at}"
    return f"{len(proved.wanting)} of {count} stacks do not equal one installation {looked_at}"


def page(proved: Proved) -> str:
    """The proof as a page of Markdown; the same proof, the same bytes."""
    lock = proved.lock
    said = f"The lock is of {proved.date}. In short: {proof_summary(proved)}."
    lines = (
        f"# Proof of {lock.version} for {lock.flavor}, {lock.architecture}",
        "",
        "Written by `make proof-table`; [proof.md](proof.md) says what is proved, and how.",
        *wrap(said, 100),
        "",
        *_section("Modules", ("module", "version", "title"), _modules(proved)),
        *_section("Pairs", *_pairs(proved)),
        *_section("Larger sets", *_sets(proved)),
        *_legend(proved),
        *_section(
            "Never together",
            ("modules", "because"),
            [(f"{apart.one}, {apart.other}", apart.why) for apart in proved.design.apart],
        ),
        *_section(
            "Another installation in two steps", ("modules", "difference"), _reactions(proved)
        ),
        *_section("Not in this proof", ("module", "because"), proved.without),
        *_wanting(proved),
    )
    return "\n".join(lines)


def _modules(proved: Proved) -> list[tuple[str, ...]]:
    return [(one.module, one.version, one.title) for one in proved.about.modules]


def _section(title: str, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[str, ...]:
    found = [tuple(row) for row in rows]
    if not found:
        return ()
    ruler = tuple("---" for _ in heading)
    return (f"## {title}", "", *map(_row, (tuple(heading), ruler, *found)), "")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _pairs(proved: Proved) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    kinds = _kinds(proved)
    return (
        ("pair", "installed", "paths", "unexplained", *kinds.values()),
        [
            (f"{pair.one}, {pair.other}", *_cells(proved.results[pair.stack], kinds))
            for pair in proved.design.pairs
        ],
    )


def _sets(proved: Proved) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    kinds = _kinds(proved)
    return (
        ("modules", "installed", "paths", "unexplained", *kinds.values()),
        [(", ".join(stack), *_cells(proved.results[stack], kinds)) for stack in proved.larger],
    )


def _cells(shown: ShownProof, kinds: Mapping[str, str]) -> tuple[str, ...]:
    result = shown.result
    installed = f"{result.way}: {shown.why}" if shown.why else str(result.way)
    if result.refused:
        return (installed, "", "refused", *("" for _ in kinds))
    counts = (str(result.counts[kind]) for kind in kinds)
    return (installed, str(result.paths), str(len(result.failures)), *counts)


def _kinds(proved: Proved) -> dict[str, str]:
    """A letter for each kind that occurs."""
    occurring = [
        one.name
        for one in proved.permits
        if any(shown.result.counts.get(one.name) for shown in proved.results.values())
    ]
    return dict(zip(occurring, ascii_lowercase, strict=False))


def _legend(proved: Proved) -> tuple[str, ...]:
    whys = {one.name: one.why for one in proved.permits}
    return _section(
        "Kinds of permitted differences",
        ("", "paths", "because"),
        [(letter, name, whys[name]) for name, letter in _kinds(proved).items()],
    )


def _reactions(proved: Proved) -> list[tuple[str, ...]]:
    return [
        (", ".join(stack), str(difference))
        for stack in sorted(proved.results)
        for difference in (proved.results[stack].result.otherwise or ())[:MOST]
    ]


def _wanting(proved: Proved) -> Iterator[str]:
    for shown in proved.wanting:
        yield f"## Unexplained: {', '.join(shown.stack)}"
        yield ""
        yield from (f"    {line}" for line in shown.result.refused.splitlines())
        yield from (f"    {difference}" for difference in shown.result.failures)
        yield ""
