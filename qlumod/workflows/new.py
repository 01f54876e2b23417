"""Making a new module: its spec is written and tested, so that all later steps succeed."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Event, Listener, Proposal
from qlumod.layer.payload_build import build_payloads, plan_jobs
from qlumod.lock.verbs.check import ACCOUNTS, check_specs
from qlumod.lock.verbs.fetch_locked import fetch_locked
from qlumod.lock.verbs.lock_files import old_lock, target
from qlumod.lock.verbs.solve_lock import Wish, solved_lock
from qlumod.model.accounts_file import parse_accounts
from qlumod.model.module_file import parse_spec
from qlumod.model.names import FlavorName, ModuleName, flavor_name, module_name
from qlumod.model.new_spec import Draft, new_spec_text
from qlumod.model.project import CORE, Project, checked_project
from qlumod.model.relation import parse_relation
from qlumod.model.spec import SUFFIX
from qlumod.system.disk.beneath import Beneath
from qlumod.system.disk.documents import read_document
from qlumod.system.processes.namespace import require
from qlumod.workflows.workplace import Workplace

DEFAULT_GROUP = "HPC Stack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The user's input for a new module, unparsed; empty fields have defaults."""

    module: str
    packages: Sequence[str]
    title: str = ""
    stack_group: str = ""
    flavors: Sequence[str] = ()
    requires: Sequence[str] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A new module."""

    path: Path
    """The path of its spec, whose content is `text`."""
    text: str
    accounts: Path
    stanzas: tuple[str, ...]
    """The stanzas that were appended to the account table for it."""


def new(
    place: Workplace,
    wanted: Wanted,
    *,
    tried: bool = True,
    dry_run: bool = False,
    listen: Listener,
) -> New:
    """Write the spec of a new module, and the accounts that its packages make.

    If it is `tried`, it is solved and built first, and nothing is written unless that succeeds.
    """
    project = check_specs(place.specs)
    module = module_name(wanted.module)
    path = place.specs / f"{module}{SUFFIX}"
    _require_new(project, module, path)
    text = _spec_text(module, wanted)
    grown = checked_project(
        project.release,
        project.accounts,
        (*project.specs, *parse_spec(text, str(path), project.release)),
    )
    stanzas: tuple[str, ...] = ()
    if tried:
        there = replace(place, flavor=place.flavor or _flavor(grown, module))
        stanzas = _missing_accounts(there, grown, module, listen)
    table = place.specs / ACCOUNTS
    accounts = _with_accounts(table, module, stanzas, project) if stanzas else ""
    if not dry_run:
        beneath = Beneath(place.specs)
        if accounts:
            beneath.write_whole(table, accounts.encode())
        beneath.write_whole(path, text.encode())
    return New(path=path, text=text, accounts=table, stanzas=stanzas)


def _missing_accounts(
    place: Workplace, project: Project, module: ModuleName, listen: Listener
) -> tuple[str, ...]:
    """Build a module; returns the missing entries of the account table, and raises other errors."""
    require()
    wanted = target(project.release, place.flavor, place.arch)
    project = project.of_flavor(wanted.flavor)
    project, lock = solved_lock(
        place, project, wanted, old_lock(place, project, wanted), Wish(older=None), listen=listen
    )
    if module in (left_out := dict(lock.left_out)):
        raise QlumodError(
            f"{module} cannot be tried: {left_out[module]}",
            remedy="name a mirror or a directory of .debs: --archive NAME=URI",
        )
    jobs = plan_jobs(project.in_profile(place.profile), lock, [module])
    names = [job.spec.module for job in jobs]
    fetch_locked(place, lock, project.release, modules=names, listen=listen)
    proposed: list[str] = []

    def hear(event: Event) -> None:
        listen(event)
        if isinstance(event, Proposal):
            proposed.extend(event.stanzas)

    try:
        build_payloads(jobs, place.workshop, listen=hear)
    except QlumodError:
        if not proposed:
            raise
    return tuple(proposed)


def _require_new(project: Project, module: ModuleName, path: Path) -> None:
    if os.path.lexists(path):
        raise QlumodError(
            f"{path} is there already, and is not overwritten",
            remedy="edit it, or choose another name",
        )
    for spec in project.specs:
        if spec.module == module:
            raise QlumodError(
                f"there is a module {module!r} already: {spec.at('Variant')}",
                remedy="choose another name",
            )


def _spec_text(module: ModuleName, wanted: Wanted) -> str:
    title = wanted.title or module.capitalize()
    return new_spec_text(
        Draft(
            module=module,
            title=title,
            stack_group=wanted.stack_group or DEFAULT_GROUP,
            flavors=tuple(map(flavor_name, wanted.flavors)),
            requires=tuple(map(module_name, wanted.requires)) or (CORE,),
            packages=tuple(map(parse_relation, wanted.packages)),
            description=wanted.description or title,
        )
    )


def _flavor(project: Project, module: ModuleName) -> FlavorName:
    """The flavor in which a module is tried: the release's default, or the module's first."""
    spec, release = project.spec(module), project.release
    candidates = (release.default_flavor, *release.flavors)
    return next(flavor for flavor in candidates if spec.made_in(flavor))


def _with_accounts(
    table: Path, module: ModuleName, stanzas: Sequence[str], project: Project
) -> str:
    """The text of the account table with more stanzas; it is checked before it is written."""
    text = read_document(table, within=table.parent).rstrip("\n")
    added = (f"# {module}", *(f"{stanza.strip()}\n" for stanza in stanzas))
    text = "\n".join((text, "", *added))
    parse_accounts(text, str(table), project.release.flavors)
    return text
