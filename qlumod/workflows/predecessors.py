"""The predecessors of modules: the versions published before, for comparison."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Caution, Listener, step
from qlumod.layer.inputs import SPEC as SPEC_FILE
from qlumod.layer.inputs import parse_inputs
from qlumod.layer.job import Job
from qlumod.lock.rules.module_versions import (
    KnownVersions,
    Published,
    Revision,
    remembered_versions,
    revised,
)
from qlumod.lock.rules.recipe import Recipe, recipe_of
from qlumod.model.lock import Lock, LockedPredecessor
from qlumod.model.names import Digest, ModuleName, ReleaseVersion
from qlumod.model.project import Project
from qlumod.model.release import Release
from qlumod.package.before import BEFORE, SPEC, Predecessor, predecessor_document, read_predecessor
from qlumod.package.published_module import read_inputs_of, read_payload
from qlumod.repository.format.layout import Layout
from qlumod.repository.maintenance.published import (
    PublishedModule,
    WantedVersion,
    at_version,
    bases,
    highest_revision,
    newest,
)
from qlumod.repository.publishing.founding import opened_settings
from qlumod.system.disk.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The repository in which published modules are looked up.

    `against` is a suite or a snapshot; None: the suites of the release, see `bases`.
    """

    repository: Path
    against: str | None = None

    @property
    def layout(self) -> Layout:
        """The paths of that repository."""
        return Layout(root=self.repository.absolute())


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """The input for the versions of modules."""

    base: Base | None
    raised: Collection[ModuleName] = ()
    """The modules that get the next N, even without a known change."""


def revise(
    new: Lock,
    old: Lock | None,
    project: Project,
    *,
    by: Numbering,
    store: Store,
    listen: Listener,
) -> tuple[Lock, tuple[Revision, ...]]:
    """Give each module of a new lock its version, by the published versions in a repository.

    The texts for comparing the new versions are put into the store. Without a repository all
    versions stay as in the old lock.
    """
    there = _there(by.base, listen)
    wanted = _wanted(new, project.release)
    published = _published(there, wanted, [s.module for s in project.specs], store, listen)
    known = {
        spec.module: KnownVersions(
            module=spec.module,
            recipe=recipe_of(
                spec, project.release, project.accounts, new.of(spec.module), new.flavor
            ),
            epoch=new.epoch_of(spec.module),
            published=_of_the_release(
                wanted.version, published.get(spec.module), remembered_versions(old, spec.module)
            ),
            taken=highest_revision(there.layout, wanted, spec.module) if there else 0,
            raised=spec.module in by.raised,
        )
        for spec in project.specs
    }
    return revised(new, old, known)


def fetch_predecessors(
    lock: Lock,
    release: Release,
    modules: Iterable[ModuleName],
    *,
    base: Base | None,
    store: Store,
    listen: Listener,
) -> tuple[LockedPredecessor, ...]:
    """Read texts of the modules' predecessors that the store lacks from a repository again."""
    lacking = tuple(_lacking(lock, modules, store))
    there = _there(base, listen) if lacking else None
    if there:
        wanted = _wanted(lock, release)
        for locked in lacking:
            found = at_version(there.layout, wanted, locked.module, locked.version)
            if found is None:
                raise QlumodError(
                    f"{there.repository} has no version {locked.version} of module {locked.module}",
                    remedy="name the repository that it was published in",
                )
            _check_same(locked, _read(found, locked.module, store, listen).document, found.deb)
    return lacking


def known_predecessor(lock: Lock, module: ModuleName, store: Store) -> Predecessor | None:
    """The predecessor of a module by the lock, from the store; None: the lock names none."""
    locked = lock.predecessor_of(module)
    if locked is None:
        return None
    data = store.document(locked.sha256)
    if data is None:
        raise _unknown(locked)
    return Predecessor(
        module=module,
        version=locked.version,
        texts=read_predecessor(data, f"{module} {locked.version}"),
    )


def require_predecessors(lock: Lock, modules: Iterable[ModuleName], store: Store) -> None:
    """Raise if the store lacks the predecessors of these modules."""
    raise_faults(_unknown(found) for found in _lacking(lock, modules, store))


def _lacking(
    lock: Lock, modules: Iterable[ModuleName], store: Store
) -> Iterator[LockedPredecessor]:
    for module in modules:
        found = lock.predecessor_of(module)
        if found and store.document(found.sha256) is None:
            yield found


def _there(base: Base | None, listen: Listener) -> Base | None:
    """The repository, if it exists already: the first release is locked before it is created."""
    if base and not base.against and not base.layout.settings.is_file():
        text = f"there is no repository {base.repository} yet: no module is compared with any"
        listen(Caution(text=text))
        return None
    if base:
        opened_settings(base.layout)
    return base


def _wanted(lock: Lock, release: Release) -> WantedVersion:
    return WantedVersion(
        prefix=release.prefix,
        version=ReleaseVersion.parse(lock.version),
        flavor=lock.flavor,
        architecture=lock.architecture,
    )


def _published(
    base: Base | None,
    wanted: WantedVersion,
    modules: Collection[ModuleName],
    store: Store,
    listen: Listener,
) -> Mapping[ModuleName, Published]:
    if base is None:
        return {}
    snapshots = bases(base.layout, wanted, base.against)
    found = newest(snapshots, base.layout, wanted, modules)
    with step(listen, "comparing with what is published", total=len(found), unit="modules") as done:
        published = {}
        for module, one in sorted(found.items()):
            published[module] = _read(one, module, store, listen)
            done(1)
        return published


def _of_the_release(
    version: ReleaseVersion, found: Published | None, told: Published | None
) -> Published | None:
    """The repository's version, unless it is of an earlier release and the lock knows one."""
    return found if found and (found.version == version or not told) else told


def _read(found: PublishedModule, module: ModuleName, store: Store, listen: Listener) -> Published:
    """Read a published module, and keep the texts with which its successor is compared."""
    payload = read_payload(found.deb)
    inputs = read_inputs_of(found.packaging) if found.packaging else {}
    job = _job(inputs, module, found, listen)
    spec = {SPEC: inputs[f"{module}{SPEC_FILE}"]} if job else {}
    recipe = _recipe(job) if job else None
    return Published(
        version=found.version,
        revision=found.revision,
        digest=recipe.digest if recipe else None,
        manifest=payload.digest,
        document=store.keep(predecessor_document({**payload.texts, **spec})),
        epoch=payload.manifest.epoch,
        recipe=recipe,
        predecessor=_own_predecessor(job, inputs, store) if job else None,
    )


def _recipe(job: Job) -> Recipe:
    project, lock = job.project, job.lock
    return recipe_of(job.spec, project.release, project.accounts, job.packages, lock.flavor)


def _job(
    inputs: Mapping[str, str], module: ModuleName, found: PublishedModule, listen: Listener
) -> Job | None:
    """The job of a published module, if its source package exists and can be read."""
    if not inputs:
        return None
    try:
        return parse_inputs(inputs, module, str(found.packaging))
    except QlumodError as fault:
        listen(Caution(text=f"{module}: what was published cannot be compared: {fault.brief}"))
        return None


def _own_predecessor(job: Job, inputs: Mapping[str, str], store: Store) -> LockedPredecessor | None:
    """The predecessor of a published module, from its source package."""
    module = job.spec.module
    start = f"{BEFORE}/{module}/"
    texts = {
        name.removeprefix(start): text for name, text in inputs.items() if name.startswith(start)
    }
    if texts:
        store.keep(predecessor_document(texts))
    return job.lock.predecessor_of(module)


def _check_same(locked: LockedPredecessor, found: Digest, deb: Path) -> None:
    if found != locked.sha256:
        raise QlumodError(
            f"{deb}: this is not the {locked.version} of module {locked.module} that the lock was "
            "made against",
            details=(f"locked: {locked.sha256}", f"found:  {found}"),
            remedy="name the repository that it was published in",
        )


def _unknown(locked: LockedPredecessor) -> QlumodError:
    return QlumodError(
        f"cannot tell what changed in module {locked.module}: the store knows nothing of "
        f"{locked.version}, the version that the lock compares it with",
        remedy="qlumod fetch --repository DIR, where it was published",
    )
