"""Making a new module: its spec is written and tested, so that all later steps succeed."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from qlumod.errors import QlumodError, singles
from qlumod.events import Caution, Event, Listener, Proposal, UnitsEnabled
from qlumod.layer.payload_build import build_payloads, plan_jobs
from qlumod.lock.verbs.check import ACCOUNTS, check_specs
from qlumod.lock.verbs.fetch_locked import fetch_locked
from qlumod.lock.verbs.lock_files import old_lock, target
from qlumod.lock.verbs.open_archives import OpenArchives, open_archives
from qlumod.lock.verbs.solve_lock import Wish, solved_lock
from qlumod.lock.verbs.survey import survey
from qlumod.model.accounts_file import parse_accounts
from qlumod.model.lock import Lock
from qlumod.model.module_file import parse_spec
from qlumod.model.names import FlavorName, ModuleName, PackageName, flavor_name, module_name
from qlumod.model.new_spec import Draft, new_spec_text
from qlumod.model.project import CORE, Project, checked_project
from qlumod.model.relation import Relation, parse_relation
from qlumod.model.release import Release
from qlumod.model.spec import SUFFIX, ModuleSpec
from qlumod.state.enabled_units import enabled_units
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
    archives: Sequence[str] = ()
    kernel_modules: Sequence[str] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A new module."""

    path: Path
    """The path of its spec, whose content is `text`."""
    text: str
    accounts: Path
    stanzas: tuple[str, ...] = ()
    """The stanzas that were appended to the account table for it."""
    archives: tuple[str, ...] = ()
    """The archives on request that it names."""
    kernel_modules: tuple[str, ...] = ()
    """The packages of sources that it compiles."""
    units: tuple[str, ...] = ()
    """The units that its packages enable."""
    left: tuple[QlumodError, ...] = ()
    """What is left to do, since the trial found it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """What the trial of a module found."""

    stanzas: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By field of the spec: the values that it may get."""
    left: tuple[QlumodError, ...] = ()


def new(
    place: Workplace,
    wanted: Wanted,
    *,
    tried: bool = True,
    dry_run: bool = False,
    listen: Listener,
) -> New:
    """Write the spec of a new module, and the accounts that its packages make.

    If it is `tried`, it is solved and built first. The spec is written even if that finds errors:
    they are left to do.
    """
    project = check_specs(place.specs)
    draft = _draft(wanted)
    path = place.specs / f"{draft.module}{SUFFIX}"
    _require_new(project, draft.module, path)
    grown, trial = _with_module(project, draft, path), _Trial()
    if tried:
        require()
        there = replace(place, flavor=place.flavor or _flavor(grown, draft.module))
        draft, trial = _tried(there, project, draft, path, listen)
    made = New(
        path=path,
        text=new_spec_text(draft),
        accounts=place.specs / ACCOUNTS,
        stanzas=trial.stanzas,
        archives=tuple(map(str, draft.archives)),
        kernel_modules=tuple(map(str, draft.kernel_modules)),
        units=trial.units,
        left=trial.left,
    )
    _write(made, draft.module, project, dry_run=dry_run)
    return made


def _write(made: New, module: ModuleName, project: Project, *, dry_run: bool) -> None:
    """Write both files; each is checked before one of them is written."""
    parse_spec(made.text, str(made.path), project.release)
    accounts = _with_accounts(made.accounts, module, made.stanzas, project) if made.stanzas else ""
    if not dry_run:
        beneath = Beneath(made.path.parent)
        if accounts:
            beneath.write_whole(made.accounts, accounts.encode())
        beneath.write_whole(made.path, made.text.encode())


def _with_module(project: Project, draft: Draft, path: Path) -> Project:
    """The project with the new module; raises the errors of its spec."""
    specs = parse_spec(new_spec_text(draft), str(path), project.release)
    return checked_project(project.release, project.accounts, (*project.specs, *specs))


def _tried(
    place: Workplace, project: Project, draft: Draft, path: Path, listen: Listener
) -> tuple[Draft, _Trial]:
    """Solve and build a module; its draft gets the fields for which that is evidence.

    Raises errors that are not about it.
    """
    wanted = target(project.release, place.flavor, place.arch)
    with open_archives(place, project.release, wanted) as archives:
        draft = _surveyed(archives, _with_module(project, draft, path), draft, listen)
        project = _with_module(project, draft, path).of_flavor(wanted.flavor)
        old = old_lock(place, project, wanted)
        try:
            project, lock = solved_lock(archives, project, old, Wish(older=None), listen=listen)
        except QlumodError as fault:
            if not all(_is_about(project.spec(draft.module), one) for one in singles(fault)):
                raise
            return draft, _Trial(left=singles(fault))
    trial = _built(place, project, lock, draft.module, listen)
    draft = replace(
        draft,
        units=trial.units,
        secrets=trial.values.get("Secrets", ()),
        wins=trial.values.get("Wins", ()),
        restore=trial.values.get("Restore", ()),
    )
    return draft, trial


def _surveyed(archives: OpenArchives, project: Project, draft: Draft, listen: Listener) -> Draft:
    """The draft with the archives and the kernel modules that its packages need."""
    names = [relation.name for relation in (*draft.packages, *draft.kernel_modules)]
    found = survey(archives, project.of_flavor(archives.target.flavor), names, listen=listen)
    for archive, reason in sorted(found.unread.items()):
        listen(Caution(text=f"not looked into: {archive}: {reason.brief}"))
    sources = {*found.kernel_modules}
    return replace(
        draft,
        archives=draft.archives
        or tuple(_of_archive(name, draft, project.release) for name in found.archives),
        packages=tuple(one for one in draft.packages if one.name not in sources),
        kernel_modules=draft.kernel_modules
        or tuple(Relation(name=PackageName(name)) for name in found.kernel_modules),
    )


def _of_archive(name: str, draft: Draft, release: Release) -> Relation:
    """An archive, with the flavors that have it unless all of the module do."""
    flavors = draft.flavors or release.flavors
    having = tuple(
        flavor
        for flavor in flavors
        if any(archive.name == name for archive in release.archives_of(flavor))
    )
    return Relation(name=PackageName(name), flavors=() if having == tuple(flavors) else having)


def _built(
    place: Workplace, project: Project, lock: Lock, module: ModuleName, listen: Listener
) -> _Trial:
    """Build a module of a lock with what it requires, and note what its build proposes."""
    if module in (left_out := dict(lock.left_out)):
        unknown = QlumodError(
            f"{module} cannot be tried: {left_out[module]}",
            remedy="name a mirror or a directory of .debs: qlumod lock --archive NAME=URI",
        )
        return _Trial(left=(unknown,))
    jobs = plan_jobs(project.in_profile(place.profile), lock, [module])
    names = [job.spec.module for job in jobs]
    fetch_locked(place, lock, project.release, modules=names, listen=listen)
    proposals, units = list[Proposal](), list[str]()

    def hear(event: Event) -> None:
        listen(event)
        if isinstance(event, Proposal):
            proposals.append(event)
        elif isinstance(event, UnitsEnabled) and event.module == module:
            units.extend(event.units)

    faults: list[QlumodError] = []
    try:
        made = build_payloads(jobs, place.workshop, listen=hear)
        units = list(enabled_units(line.path for line in made[module].contents))
    except QlumodError as fault:
        faults.extend(singles(fault))
    values: dict[str, tuple[str, ...]] = {}
    for name, value in (pair for one in proposals for pair in one.values):
        values[name] = (*values.get(name, ()), value)
    mended = {one.fault for one in proposals if one.stanzas}
    return _Trial(
        stanzas=tuple(stanza for one in proposals for stanza in one.stanzas),
        units=tuple(units),
        values=values,
        left=tuple(fault for fault in faults if fault.brief not in mended),
    )


def _is_about(spec: ModuleSpec, fault: QlumodError) -> bool:
    """Whether an error of the solver names a spec, or a module of it with another."""
    path, _, said = fault.brief.partition(":")
    return path == spec.path or spec.module in said.split()


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


def _draft(wanted: Wanted) -> Draft:
    module = module_name(wanted.module)
    title = wanted.title or module.capitalize()
    return Draft(
        module=module,
        title=title,
        stack_group=wanted.stack_group or DEFAULT_GROUP,
        flavors=tuple(map(flavor_name, wanted.flavors)),
        requires=tuple(map(module_name, wanted.requires)) or (CORE,),
        archives=tuple(map(parse_relation, wanted.archives)),
        packages=tuple(map(parse_relation, wanted.packages)),
        kernel_modules=tuple(map(parse_relation, wanted.kernel_modules)),
        description=wanted.description or title,
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
