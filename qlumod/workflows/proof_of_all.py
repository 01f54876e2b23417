"""Proving all modules of a flavor: every pair that an image may have, and the largest sets."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, Notice, step, within
from qlumod.layer.payload_build import plan_jobs
from qlumod.lock.verbs.fetch_locked import fetch_locked
from qlumod.lock.verbs.lock_files import locked_project
from qlumod.model.digests import digest_value
from qlumod.model.lock import Lock
from qlumod.model.names import Digest, ModuleName, PackagingName, module_name
from qlumod.model.project import CORE, Project
from qlumod.model.spec import with_requirements
from qlumod.packaging.choice import packaging_named
from qlumod.proof.checked import (
    Checked,
    Way,
    checked,
    checked_text,
    parse_checked,
    refused,
)
from qlumod.proof.derivation import closer_sets, no_derivation
from qlumod.proof.design import Design, ProofStack, design
from qlumod.proof.difference import Difference
from qlumod.proof.proved import Proved, ShownProof, table
from qlumod.proof.reference import PROOF, UNFINISHED, Installation, kept_root, reference_tree
from qlumod.proof.scanned_tree import ScannedTree
from qlumod.proof.steps import otherwise
from qlumod.proof.verdict import Verdict
from qlumod.stack.payload import Payload
from qlumod.state.kind import canonical_path
from qlumod.system.disk.files import make_directories, told, write_whole
from qlumod.system.disk.own_code import code_digest
from qlumod.system.disk.staging import sweep
from qlumod.system.disk.tmpfs import available_memory
from qlumod.system.disk.workshop import Workshop
from qlumod.system.processes.namespace import require
from qlumod.system.processes.workers import workers
from qlumod.workflows.proof import about, built_payloads, verdict_of
from qlumod.workflows.workplace import Workplace

ONCE, STEPS = Way.AT_ONCE, Way.IN_STEPS
ROOM = 6 << 30
"""Bytes of memory for one installation beside another one."""
ENTRIES = ("workflows/proof_of_all.py",)
"""Where proving begins: what decides a result, besides the bytes of the payloads."""
HARMLESS = {
    "layer/": "the payloads' identities are among the inputs",
    "lock/": "the lock's packages are among the inputs",
    "package/": "a proof is about payloads",
    "repository/": "a repository asks for proofs, and makes none",
    "secrets/": "what layers may hold is decided before there is a payload",
}


def verify_all(
    place: Workplace,
    modules: Sequence[str] = (),
    *,
    fresh: bool = False,
    at_once: bool = False,
    listen: Listener,
) -> Proved:
    """Hold every pair of modules and the largest compatible sets against one installation each.

    No names stand for all modules. A pair is installed in two steps where that is proven sound
    (docs/proof.md); `at_once` installs every pair at once. `fresh` does again what was done before.
    """
    project, lock = locked_project(place, modules)
    asked = tuple(map(module_name, modules)) or tuple(spec.module for spec in project.specs)
    looked_at = with_requirements(asked, project.specs)
    names = tuple(spec.module for spec in looked_at)
    plan_of_all = design(looked_at)
    require()
    fetch_locked(place, lock, project.release, modules=names, listen=listen)
    jobs = plan_jobs(project, lock, names)
    payloads = built_payloads(place.workshop, jobs, listen=listen)
    sweep(place.cache / PROOF / UNFINISHED)
    prover = Prover(
        project=project,
        lock=lock,
        payloads=payloads,
        identities={job.spec.module: job.identity for job in jobs},
        workshop=place.workshop,
        fresh=fresh,
    )
    results = _results(plan_of_all, prover, at_once, processors=place.processors, listen=listen)
    return Proved(
        lock=lock,
        about=about(lock, looked_at, payloads),
        design=plan_of_all,
        results=results,
        without=(
            *lock.left_out,
            *((s.module, "not asked for") for s in project.specs if s.module not in names),
        ),
    )


def write_table(proved: Proved, file: Path) -> None:
    """Write the table of pairs into a file, as a page of Markdown."""
    with told(file):
        file.write_text(table(proved), encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prover:
    """Makes installations and stacks of modules that are built, and compares them."""

    project: Project
    lock: Lock
    payloads: Mapping[ModuleName, Payload]
    identities: Mapping[ModuleName, Digest]
    workshop: Workshop
    fresh: bool

    def keep_core(self, *, listen: Listener) -> None:
        """Have the root that all second steps begin with."""
        kept_root(
            self._installation((CORE,), ONCE),
            self.workshop,
            fresh=self.fresh,
            listen=within(listen, CORE),
        )

    def ground(self, stack: ProofStack, *, listen: Listener) -> Checked:
        """Hold a stack against an installation, and that against one in two steps."""

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
        """Hold a stack against an installation that is made in one of both ways."""

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
        """What was found before of the same bytes by the same code, else what is found now."""
        place = self.workshop.cache / PROOF / f"{self._identity(what, stack, way)}.json"
        if place.is_file() and not self.fresh:
            return parse_checked(place.read_bytes())
        try:
            found = make(within(listen, _title(stack)))
        except QlumodError as fault:
            found = refused(way, str(fault))
        listen(Notice(text=f"{_title(stack)}: {_brief(found)}"))
        # What was refused is tried again the next time, whatever the reason.
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
        table = packaging_named(self._packaging).state
        with step(listen, "comparing one step with two"):
            return otherwise(reference, in_steps, secrets=secrets, table=table)

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
        core = Installation(packaging=self._packaging, lock=self.lock, specs=specs[:1])
        return replace(core, specs=specs, below=core if way == STEPS else None)

    @property
    def _packaging(self) -> PackagingName:
        return self.project.release.packaging_of(self.lock.flavor)

    def _reference(self, stack: ProofStack, way: Way, listen: Listener) -> ScannedTree:
        return reference_tree(
            self._installation(stack, way),
            self.workshop,
            fresh=self.fresh,
            listen=listen,
        )

    def _verdict(
        self, stack: ProofStack, way: Way, reference: ScannedTree, listen: Listener
    ) -> Verdict:
        return verdict_of(
            self.project,
            self._installation(stack, way),
            {module: self.payloads[module] for module in stack},
            reference=reference,
            work=self.workshop.work,
            listen=listen,
        )


def _results(
    planned: Design, prover: Prover, at_once: bool, *, processors: int | None, listen: Listener
) -> dict[ProofStack, ShownProof]:
    """What is installed at once comes first: it decides which pairs may be derived."""
    with workers(_room(processors)) as beside:
        begun = beside.submit(prover.keep_core, listen=listen)

        def all_of(
            work: Callable[[ProofStack], Checked], stacks: Iterable[ProofStack]
        ) -> dict[ProofStack, Checked]:
            """Do it for all stacks side by side."""
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
        pairs = {
            stack: "as was asked" if at_once else no_derivation(stack, known)
            for stack in sorted({pair.stack for pair in planned.pairs} - known.keys())
        }
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
    """How many installations go side by side: there are processors and memory for them."""
    return min(processors or os.cpu_count() or 1, max(1, available_memory() // ROOM))


def _title(stack: ProofStack) -> str:
    return " + ".join(stack)


def _brief(result: Checked) -> str:
    if result.refused:
        return f"refused: {result.refused.splitlines()[0]}"
    if result.failures:
        return f"{len(result.failures)} differences that nothing permits"
    return f"equals an installation {result.way}"
