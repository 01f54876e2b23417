"""Which modules share one reference installation; pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

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
    """The modules to which differences could be traced."""
    traced: bool = False
    """Whether all differences could be traced."""
    any_two: bool = False
    """Whether all differences are between any two installations: stacking did not make them."""
    unalike: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By module: its paths that no two installations make alike."""
    beside: tuple[str, ...] = ()
    """Of an equal one: how a larger stack with other drawn modules differs, in lines."""

    @property
    def equal(self) -> bool:
        """Whether the stack equals an installation."""
        return not self.refused and not self.differences


Prove = Callable[[Sequence[str]], Proof]


def settle(modules: Sequence[str], prove: Prove) -> dict[str, Proof]:
    """A proof of each module, from as few stacks as possible.

    If a stack of several is not equal, the modules to which differences are traced are proved
    alone. If all differences are traced, the other modules are equal; else these are proved
    together. If no difference is traced, each half of the modules is proved. If all parts are equal
    although their stack differs, the modules are equal over core, and the differences of the stack
    are noted beside. If their stack was only refused, they cannot be in one image.
    """
    if not modules:
        return {}
    found = prove(modules)
    if found.equal or len(modules) == 1:
        return dict.fromkeys(modules, found)
    settled: dict[str, Proof] = {}
    for part in _parts(modules, found):
        settled |= settle(part, prove)
    settled |= {module: Proof() for module in modules if module not in settled}
    if found.differences and all(proof.equal for proof in settled.values()):
        beside = (f"the stack of {', '.join(modules)}:", *found.differences)
        for module in found.culprits if found.traced else modules:
            if not settled[module].beside:
                settled[module] = replace(settled[module], beside=beside)
    return settled


def _parts(modules: Sequence[str], found: Proof) -> list[Sequence[str]]:
    """The stacks to prove after one that is not equal."""
    guilty = [module for module in modules if module in found.culprits]
    others = [module for module in modules if module not in found.culprits]
    if guilty and others:
        return [*([one] for one in guilty), *([] if found.traced else [others])]
    middle = len(modules) // 2
    return [modules[:middle], modules[middle:]]


@dataclass(frozen=True, kw_only=True)
class Owned:
    """What a module's layer has: its paths and its packages."""

    paths: frozenset[str]
    packages: frozenset[str]

    @cached_property
    def names(self) -> frozenset[str]:
        """The last parts of its paths."""
        return frozenset(path.rpartition("/")[2] for path in self.paths)


def owners(path: str, subject: str, owned: Mapping[str, Owned]) -> frozenset[str]:
    """The modules that own what differs: a path, or the package that an entry is about.

    A path that no layer has, such as a link that a script makes, belongs to the modules that have a
    file of that name elsewhere.
    """
    found = {
        module
        for module, has in owned.items()
        if path in has.paths or (subject and subject in has.packages)
    }
    name = _MADE_OF.sub("", path.rpartition("/")[2])
    return frozenset(found or (module for module, has in owned.items() if name in has.names))


_MADE_OF = re.compile(r"\A[KS]\d\d|\.dsh-also\Z")
"""What scripts add to the name of a service: update-rc.d, deb-systemd-helper."""
