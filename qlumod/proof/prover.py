"""Comparing all stacks of a proof of all modules with installations, in parallel."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from qlumod.errors import QlumodError
from qlumod.events import Listener, Notice, step, within
from qlumod.model.difference import Difference
from qlumod.model.digests import digest_value
from qlumod.model.lock import Lock
from qlumod.model.names import Digest, ModuleName
from qlumod.model.project import CORE, Project
from qlumod.packaging.choice import packaging_named
from qlumod.packaging.interfaces import Packaging
from qlumod.proof.checked import Checked, Way, checked, checked_text, parse_checked, refused
from qlumod.proof.derivation import closer_sets, why_at_once
from qlumod.proof.design import Design, ProofStack
from qlumod.proof.proved import ShownProof
from qlumod.proof.reference import PROOF, Installation, kept_root, reference_tree
from qlumod.proof.scanned_tree import ScannedTree
from qlumod.proof.stack_verdict import attributed, verdict_of
from qlumod.proof.steps import otherwise
from qlumod.proof.verdict import Verdict
from qlumod.stack.payload import Payload
from qlumod.state.kind import canonical_path
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.documents import MOST_RECORDS
from qlumod.system.disk.files import write_whole
from qlumod.system.disk.own_code import code_digest
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.disk.tmpfs import available_memory
from qlumod.system.disk.workshop import Workshop
from qlumod.system.processes.workers import workers

ONCE, STEPS = Way.AT_ONCE, Way.IN_STEPS
ROOM = 6 << 30
"""The bytes of memory for each parallel installation."""
ENTRIES = ("proof/prover.py",)
"""The entry points of the code that decides a result, besides the bytes of the payloads."""
HARMLESS = {
    "package/": "a proof is about payloads",
    "secrets/": "what layers may hold is decided before there is a payload",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prover:
    """Makes installations and stacks of built modules, and compares them."""

    project: Project
    lock: Lock
    payloads: Mapping[ModuleName, Payload]
    identities: Mapping[ModuleName, Digest]
    workshop: Workshop
    fresh: bool

    def keep_core(self, *, listen: Listener) -> None:
        """Make and keep the root of core, from which all second steps start."""
        kept_root(
            self._installation((CORE,), ONCE),
            self.workshop,
            fresh=self.fresh,
            listen=within(listen, CORE),
        )

    def ground(self, stack: ProofStack, *, listen: Listener) -> Checked:
        """Compare a stack with an installation, and that with an installation in two steps."""

        def make(listen: Listener) -> Checked:
            reference = self._reference(stack, ONCE, listen)
            differing = self._otherwise(stack, reference, listen)
            try:
                found = self._verdict(stack, ONCE, reference, listen)
            except QlumodError as fault:
                return refused(ONCE, str(fault), differing)
            return checked(found, ONCE, differing)

        return self._kept("ground", stack, ONCE, make, listen)

    def pair(self, stack: ProofStack, way: Way, *, listen: Listener) -> Checked:
        """Compare a stack with an installation that is made in the given way."""

        def make(listen: Listener) -> Checked:
            reference = self._reference(stack, way, listen)
            return checked(self._verdict(stack, way, reference, listen), way)

        return self._kept("pair", stack, way, make, listen)

    def _kept(
        self,
        what: str,
        stack: ProofStack,
        way: Way,
        make: Callable[[Listener], Checked],
        listen: Listener,
    ) -> Checked:
        """The cached result for the same payloads and the same code, else a new result."""
        place = self.workshop.cache / PROOF / f"{self._identity(what, stack, way)}.json"
        if place.is_file() and not self.fresh:
            return parse_checked(read_bytes(place, most=MOST_RECORDS))
        try:
            found = make(within(listen, _title(stack)))
        except QlumodError as fault:
            found = refused(way, str(fault))
        listen(Notice(text=f"{_title(stack)}: {_brief(found)}"))
        # A refused stack is tried again the next time, whatever the reason.
        if not found.refused:
            make_directories(place.parent)
            write_whole(place, checked_text(found))
        return found

    def _otherwise(
        self, stack: ProofStack, reference: ScannedTree, listen: Listener
    ) -> tuple[Difference, ...]:
        if stack == (CORE,):
            return ()
        in_steps = self._reference(stack, STEPS, listen)
        specs = map(self.project.spec, stack)
        secrets = [canonical_path(secret.path) for spec in specs for secret in spec.secrets]
        with step(listen, "comparing one step with two"):
            return otherwise(
                reference,
                in_steps,
                secrets=secrets,
                packaging=self.packaging,
            )

    def _identity(self, what: str, stack: ProofStack, way: Way) -> Digest:
        return digest_value(
            {
                "what": what,
                "code": code_digest(*ENTRIES, harmless=tuple(HARMLESS)),
                "reference": self._installation(stack, way).identity,
                "payloads": [self.identities[module] for module in stack],
            }
        )

    def _installation(self, stack: ProofStack, way: Way) -> Installation:
        specs = tuple(self.project.spec(module) for module in stack)
        core = Installation(packaging=self.packaging.name, lock=self.lock, specs=specs[:1])
        return replace(core, specs=specs, below=core if way == STEPS else None)

    @property
    def packaging(self) -> Packaging:
        """The packaging of the modules."""
        return packaging_named(self.project.release.packaging_of(self.lock.flavor))

    def _reference(self, stack: ProofStack, way: Way, listen: Listener) -> ScannedTree:
        return self._tree(self._installation(stack, way), listen)

    def _tree(self, installation: Installation, listen: Listener) -> ScannedTree:
        return reference_tree(installation, self.workshop, fresh=self.fresh, listen=listen)

    def _verdict(
        self, stack: ProofStack, way: Way, reference: ScannedTree, listen: Listener
    ) -> Verdict:
        installation = self._installation(stack, way)
        found = verdict_of(
            self.project,
            installation,
            {module: self.payloads[module] for module in stack},
            reference=reference,
            work=self.workshop.work,
            listen=listen,
        )
        return attributed(
            found,
            reference,
            lambda: self._tree(installation.again, listen),
            packaging=self.packaging,
            listen=listen,
        )


def results_of(
    planned: Design, prover: Prover, *, at_once: bool, listen: Listener
) -> dict[ProofStack, ShownProof]:
    """Prove all stacks; `at_once` derives no pair.

    Installations at once come first: they decide which pairs may be derived.
    """
    with workers(_room(prover.workshop.processors)) as beside:
        begun = beside.submit(prover.keep_core, listen=listen)

        def all_of(
            work: Callable[[ProofStack], Checked], stacks: Iterable[ProofStack]
        ) -> dict[ProofStack, Checked]:
            """The results of a function for all stacks, computed in parallel."""
            wanted = tuple(dict.fromkeys(stacks))
            if not wanted:
                return {}
            with step(listen, "proving", total=len(wanted), unit="stacks") as advance:
                made = {stack: beside.submit(work, stack) for stack in wanted}
                for one in made.values():
                    one.add_done_callback(lambda _: advance(1))
                return {stack: one.result() for stack, one in made.items()}

        ground = partial(prover.ground, listen=listen)
        known = all_of(ground, (*planned.largest, *planned.singles))
        begun.result()
        closer = closer_sets(planned, known, prover.project.specs)
        known |= all_of(ground, (stack for stack in closer if stack not in known))
        pairs = why_at_once(planned, known, asked=at_once)
        listen(Notice(text=_planned(known, pairs)))
        found = all_of(
            lambda stack: prover.pair(stack, ONCE if pairs[stack] else STEPS, listen=listen), pairs
        )
    return {
        stack: ShownProof(stack=stack, result=result, why=pairs.get(stack, ""))
        for stack, result in (known | found).items()
    }


def _planned(known: Mapping[ProofStack, Checked], pairs: Mapping[ProofStack, str]) -> str:
    derived = sum(not why for why in pairs.values())
    return (
        f"{len(known)} stacks were held against installations at once; "
        f"of {len(pairs)} more pairs {derived} are derived"
    )


def _room(processors: int | None) -> int:
    """The number of parallel installations for which there are processors and memory."""
    return min(processors or os.cpu_count() or 1, max(1, available_memory() // ROOM))


def _title(stack: ProofStack) -> str:
    return " + ".join(stack)


def _brief(result: Checked) -> str:
    if result.refused:
        return f"refused: {result.refused.splitlines()[0]}"
    if result.failures:
        return f"{len(result.failures)} differences that nothing permits"
    return f"equals an installation {result.way}"
