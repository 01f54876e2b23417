"""The proof of all modules of one flavor: every stack's result, as a document and as a table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from string import ascii_lowercase
from textwrap import wrap

from qlumod.model.lock import Lock
from qlumod.model.names import ModuleName
from qlumod.model.proof import About, Permit, about_document
from qlumod.proof.checked import Checked, Way
from qlumod.proof.design import Design, ProofStack

MOST = 20
"""How many differences between one step and two the table tells of a stack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProof:
    """A stack with its result; `why` tells why it was not derived, although it is a pair."""

    stack: ProofStack
    result: Checked
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """The results by stack, and what is not in the proof: modules, each with the reason."""

    lock: Lock
    about: About
    design: Design
    results: Mapping[ProofStack, ShownProof]
    permits: tuple[Permit, ...]
    """The kinds of differences that are permitted, in the order of the list."""
    without: tuple[tuple[ModuleName, str], ...]

    @property
    def equal(self) -> bool:
        """Whether every stack equals one installation."""
        return not self.wanting

    @property
    def wanting(self) -> tuple[ShownProof, ...]:
        """The stacks that do not, sorted."""
        return tuple(
            self.results[stack]
            for stack in sorted(self.results)
            if not self.results[stack].result.equal
        )

    @property
    def date(self) -> str:
        """The day of the lock."""
        return datetime.fromtimestamp(self.lock.epoch, UTC).strftime("%Y-%m-%d")

    @property
    def larger(self) -> tuple[ProofStack, ...]:
        """The sets of more than a pair, the largest first."""
        pairs = {pair.stack for pair in self.design.pairs}
        return tuple(
            sorted(
                (s for s in self.results if s not in pairs and s not in self.design.singles),
                key=lambda stack: (-len(stack), stack),
            )
        )


def proof_document(proved: Proved) -> dict[str, object]:
    """What ``--json`` prints."""
    return {
        **about_document(proved.about),
        "date": proved.date,
        "equal": proved.equal,
        "permitted": [{"name": one.name, "why": one.why} for one in proved.permits],
        "pairs": [
            {"one": pair.one, "other": pair.other, "modules": list(pair.stack)}
            for pair in proved.design.pairs
        ],
        "apart": [asdict(apart) for apart in proved.design.apart],
        "stacks": [_stack_document(proved.results[stack]) for stack in sorted(proved.results)],
        "without": [{"module": module, "why": why} for module, why in proved.without],
    }


def _stack_document(shown: ShownProof) -> dict[str, object]:
    result = shown.result
    return {
        "modules": list(shown.stack),
        "installed": str(result.way),
        "why": shown.why,
        "equal": result.equal,
        "refused": result.refused,
        "paths": result.paths,
        "permitted": dict(result.counts),
        "differences": [asdict(difference) for difference in result.failures],
        "otherwise_in_two_steps": (
            None if result.otherwise is None else [asdict(d) for d in result.otherwise]
        ),
    }


def proof_summary(proved: Proved) -> str:
    """How it came out, in a sentence."""
    ways = [shown.result.way for shown in proved.results.values()]
    looked_at = (
        f"({len(proved.design.pairs)} pairs; {len(proved.design.apart)} more exclude each other), "
        f"{ways.count(Way.AT_ONCE)} installed at once and {ways.count(Way.IN_STEPS)} in two steps"
    )
    if proved.equal:
        return f"every stack equals one installation: {len(ways)} stacks {looked_at}"
    return f"{len(proved.wanting)} of {len(ways)} stacks do not equal one installation {looked_at}"


def table(proved: Proved) -> str:
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
