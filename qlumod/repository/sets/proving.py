"""Finding the pairs of a module set that are not proved to equal one installation; the errors."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from qlumod.errors import QlumodError
from qlumod.model.held import Held
from qlumod.model.names import Digest, ModuleName
from qlumod.model.profile import RELEASED, profile_of
from qlumod.model.proof import stack_digest
from qlumod.model.stacks import excluded, stack_of
from qlumod.repository.format.layout import UPDATES
from qlumod.repository.sets.module_sets import MOST_NAMED, ModuleSet, Pair, Proving, shortened
from qlumod.repository.sets.proofs import GivenProof, ProofsByStack
from qlumod.repository.sets.set_documents import line_of


def judged_pairs(one: ModuleSet, proved: ProofsByStack) -> ModuleSet:
    """A set with the numbers of its proved and unproved pairs."""
    held = one.held
    pairs = _pairs(held)
    found: dict[Pair, Digest] = {}
    if proved:
        stacks = ((pair, _stack(pair, held)) for pair in pairs)
        found = {pair: proved[stack] for pair, stack in stacks if stack in proved}
    lacking = [pair for pair in pairs if pair not in found]
    return replace(
        one,
        proving=Proving(
            pairs=len(pairs),
            unproved=len(lacking),
            lacking=tuple(lacking[:MOST_NAMED]),
            proofs=tuple(sorted(set(found.values()))),
        ),
    )


def must_be_proved(suite: str) -> bool:
    """Whether a suite accepts only proved modules; suites of proposed updates are for testing."""
    return not suite.endswith(UPDATES)


def unproved_faults(
    sets: Iterable[ModuleSet], suite: str, given: Sequence[GivenProof]
) -> Iterator[QlumodError]:
    """An error for each set that has unproved pairs."""
    for one in sets:
        if one.proving.unproved:
            lacking = [one.named(pair) for pair in one.proving.lacking]
            hints = (hint for proof in given for hint in _hints(one, proof))
            yield QlumodError(
                f"{suite} takes proved modules only, and {line_of(one).tally}; there is no proof"
                " that these equal one installation:",
                details=(*shortened(lacking, one.proving.unproved), *hints),
                remedy=f"prove them: {_command(one)} --proof proof.json; then publish with --proof"
                " proof.json. To publish without: --unproved, which is recorded",
            )


def _pairs(held: Mapping[ModuleName, Held]) -> Sequence[Pair]:
    """The pairs that may be in one image."""
    enemies = excluded(held.values())
    pairs = [pair for pair in combinations(sorted(held), 2) if pair[1] not in enemies[pair[0]]]
    return pairs or [(one,) for one in sorted(held)]


def _stack(pair: Pair, held: Mapping[ModuleName, Held]) -> Digest:
    """The digest of the stack of a pair with all required modules."""
    modules = frozenset[ModuleName]().union(*(stack_of(one, held) for one in pair))
    return stack_digest(held[module].payload for module in modules)


def _hints(one: ModuleSet, given: GivenProof) -> Iterator[str]:
    """The reasons why a given proof does not prove the set."""
    about = given.proof.about
    if (about.release, about.flavor, about.architecture) != one.key:
        yield f"{given.path} is about {about.release} ({about.flavor}, {about.architecture})"
        return
    unequal = sum(not equal for equal in given.proof.stacks.values())
    if unequal:
        yield f"{given.path} says of {unequal} stacks that they do not equal one installation"
    proven = {found.module: found.payload for found in about.modules}
    for member in one.members:
        if proven.get(member.module, member.held.payload) != member.held.payload:
            yield f"{given.path} is about other bytes than those of {member.title}"


def _command(one: ModuleSet) -> str:
    profiles = {profile_of(member.version) for member in one.members} - {RELEASED}
    chosen = "".join(f" --profile {profile}" for profile in sorted(profiles))
    of_what = f"--flavor {one.flavor} --arch {one.architecture}{chosen}"
    if one.proving.unproved == 1:
        return f"qlumod verify-stack {' '.join(one.proving.lacking[0])} {of_what}"
    return f"qlumod verify-stack --all {of_what}"
