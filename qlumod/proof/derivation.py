"""The rules for deriving results from an installation in two steps (docs/proof.md); pure."""

from collections.abc import Iterable, Mapping, Sequence

from qlumod.model.names import ModuleName
from qlumod.model.spec import ModuleSpec
from qlumod.proof.checked import Checked
from qlumod.proof.design import Design, ProofStack, design


def closer_sets(
    planned: Design, known: Mapping[ProofStack, Checked], specs: Sequence[ModuleSpec]
) -> tuple[ProofStack, ...]:
    """The largest sets without modules that differ in two steps, if such modules affect a set."""
    if all(known[large].otherwise == () for large in planned.largest):
        return ()
    spoilt = {s[-1] for s in planned.singles if known[s].otherwise != ()}
    sound = [single for single in planned.singles if spoilt.isdisjoint(single)]
    modules = {module for single in sound for module in single}
    return design(tuple(spec for spec in specs if spec.module in modules)).largest


def no_derivation(stack: ProofStack, known: Mapping[ProofStack, Checked]) -> str:
    """The reason why a stack must be installed at once; "" if two steps are equivalent.

    `known` has the results for each module with its requirements, and for large sets.
    """
    members = {module: _upto(module, known) for module in stack}
    for module, single in members.items():
        if known[single].otherwise != ():
            return f"{module} in two steps is another installation"
    around = [other for other in known if set(stack) < set(other)]
    if not any(known[large].otherwise == () for large in around):
        return "no larger set around it is the same installation in two steps"
    return ""


def why_at_once(
    planned: Design, known: Mapping[ProofStack, Checked], *, asked: bool
) -> dict[ProofStack, str]:
    """The pairs without a result, each with the reason why it is installed at once.

    The reason is "" if two steps are equivalent. `asked`: the user wants all pairs installed at
    once.
    """
    unknown = {pair.stack for pair in planned.pairs} - known.keys()
    return {
        stack: "as was asked" if asked else no_derivation(stack, known) for stack in sorted(unknown)
    }


def _upto(module: ModuleName, known: Iterable[ProofStack]) -> ProofStack:
    """The smallest stack with the module: the module and its requirements."""
    return min((stack for stack in known if module in stack), key=len)
