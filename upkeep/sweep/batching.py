"""Which modules share one reference installation; pure."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from upkeep.sweep.drawing import Candidate


def batches(candidates: Iterable[Candidate], size: int) -> list[tuple[Candidate, ...]]:
    """Share out packages, in their order, so that none of a batch conflicts with another of it."""
    made: list[list[Candidate]] = []
    for candidate in candidates:
        room = (
            batch
            for batch in made
            if len(batch) < size and not any(apart(candidate, other) for other in batch)
        )
        batch = next(room, None)
        if batch is None:
            made.append([candidate])
        else:
            batch.append(candidate)
    return [tuple(batch) for batch in made]


def apart(one: Candidate, other: Candidate) -> bool:
    """Whether the stanza of one of two packages says that they conflict."""
    return _rejects(one, other) or _rejects(other, one)


def _rejects(one: Candidate, other: Candidate) -> bool:
    return bool({other.name, *other.provides}.intersection(one.conflicts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of one stack: equal, different (`differences`), or not proved (`refused`)."""

    refused: str = ""
    crashed: bool = False
    """Whether the program itself failed, instead of refusing."""
    differences: tuple[str, ...] = ()
    culprits: frozenset[str] = frozenset()
    """The modules to which all differences could be traced; empty: not all could."""
    beside: tuple[str, ...] = ()
    """Of an equal one: how a larger stack with other drawn modules differs, in lines."""

    @property
    def equal(self) -> bool:
        """Whether the stack equals an installation."""
        return not self.refused and not self.differences


Prove = Callable[[Sequence[str]], Proof]


def settle(modules: Sequence[str], prove: Prove) -> dict[str, Proof]:
    """A proof of each module, from as few stacks as possible.

    If a stack of several is not equal, the modules to which the differences are traced are proved
    alone and the others together; if they cannot be traced, each half is proved. If all parts are
    equal although their stack differs, the modules are equal over core, and the differences of the
    stack are noted beside. If their stack was only refused, they cannot be in one image.
    """
    if not modules:
        return {}
    found = prove(modules)
    if found.equal or len(modules) == 1:
        return dict.fromkeys(modules, found)
    parts = _parts(modules, found.culprits)
    settled: dict[str, Proof] = {}
    for part in parts:
        settled |= settle(part, prove)
    if found.differences and all(proof.equal for proof in settled.values()):
        beside = (f"the stack of {', '.join(modules)}:", *found.differences)
        for module in found.culprits or modules:
            if not settled[module].beside:
                settled[module] = replace(settled[module], beside=beside)
    return settled


def _parts(modules: Sequence[str], culprits: Collection[str]) -> list[Sequence[str]]:
    guilty = [module for module in modules if module in culprits]
    if guilty and len(guilty) < len(modules):
        rest = [module for module in modules if module not in culprits]
        return [*([one] for one in guilty), rest]
    middle = len(modules) // 2
    return [modules[:middle], modules[middle:]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """What a module's layer has: its paths and its packages."""

    paths: frozenset[str]
    packages: frozenset[str]


def traced(differences: Iterable[tuple[str, str]], owners: Mapping[str, Owned]) -> frozenset[str]:
    """The modules that own what differs, by path or by the package that an entry is about.

    Each difference is a path and a subject. Empty if one of them belongs to no module.
    """
    found: set[str] = set()
    for path, subject in differences:
        whose = {
            module
            for module, owned in owners.items()
            if path in owned.paths or subject in owned.packages
        }
        if not whose:
            return frozenset()
        found |= whose
    return frozenset(found)
