"""The proof of all modules of one flavor: the result for every stack, and the document."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from qlumod.model.lock import Lock
from qlumod.model.names import ModuleName
from qlumod.model.permit import Permit
from qlumod.model.proof import About, about_document
from qlumod.proof.checked import Checked, Way
from qlumod.proof.design import Design, ProofStack


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProof:
    """A stack with its result; for a pair, `why` is the reason why the result was not derived."""

    stack: ProofStack
    result: Checked
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """The results by stack; `without` has the modules that are not in the proof, with reasons."""

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
        """The stacks that do not equal one installation, sorted."""
        return tuple(
            self.results[stack]
            for stack in sorted(self.results)
            if not self.results[stack].result.equal
        )

    @property
    def ways(self) -> Mapping[Way, int]:
        """The number of stacks that were compared with an installation, by its way."""
        return Counter(shown.result.way for shown in self.results.values())

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
    """The JSON document that ``--json`` prints."""
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
        "differences": [difference.document for difference in result.failures],
        "otherwise_in_two_steps": (
            None if result.otherwise is None else [d.document for d in result.otherwise]
        ),
    }
