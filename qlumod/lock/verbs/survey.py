"""Looking packages up in all archives of a release, also in those on request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.lock.rules.asked import archives_of
from qlumod.lock.rules.on_request import lacking_packages, needed_archives, with_archive
from qlumod.lock.verbs.lock_place import LockPlace
from qlumod.model.project import Project
from qlumod.model.target import Target
from qlumod.packaging.choice import packaging_named
from qlumod.packaging.solving.solution import PackageOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The fields that a module with some packages needs."""

    archives: tuple[str, ...]
    """The archives on request that it names."""
    kernel_modules: tuple[str, ...]
    """The packages of sources of kernel modules that its packages need or recommend."""
    unread: Mapping[str, QlumodError]
    """The archives in which the packages were sought in vain because they cannot be read."""


def survey(
    place: LockPlace, project: Project, wanted: Target, names: Sequence[str], *, listen: Listener
) -> Survey:
    """Look for packages in the archives of all modules, and if one is not there, in all others."""
    archives = project.release.archives_of(wanted.flavor)
    shared, _ = archives_of(project, wanted.flavor)
    offers, unread = _offers(place, project, wanted, names, listen)
    needed = needed_archives(names, offers, archives)
    newest: dict[str, PackageOffer] = {}
    for offer in offers:
        if offer.archive in {*shared, *needed}:
            newest.setdefault(offer.package, offer)
    modules = tuple(dict.fromkeys(m for offer in newest.values() for m in offer.kernel_modules))
    further = [module for module in modules if module not in names]
    if further:
        more, _ = _offers(place, project, wanted, further, listen)
        needed = (*needed, *needed_archives(further, more, archives))
    return Survey(archives=tuple(dict.fromkeys(needed)), kernel_modules=modules, unread=unread)


def with_archives(
    faults: Sequence[QlumodError],
    place: LockPlace,
    project: Project,
    wanted: Target,
    *,
    listen: Listener,
) -> tuple[QlumodError, ...]:
    """The errors of a solution, with the archives on request that have what is lacking."""
    names = lacking_packages(faults)
    archives = project.release.archives_of(wanted.flavor)
    if not names or not any(archive.on_request for archive in archives):
        return tuple(faults)
    try:
        offers, _ = _everywhere(place, project, wanted, names, listen)
    except QlumodError:
        return tuple(faults)
    shared, _ = archives_of(project, wanted.flavor)
    named = {spec.path: spec.archives_for(wanted.flavor) for spec in project.specs}
    return tuple(
        with_archive(
            fault, offers, archives, {*shared, *named.get(fault.brief.partition(":")[0], ())}
        )
        for fault in faults
    )


def _offers(
    place: LockPlace, project: Project, wanted: Target, names: Sequence[str], listen: Listener
) -> tuple[Sequence[PackageOffer], Mapping[str, QlumodError]]:
    """The versions in the archives that modules use now; all others are read if one is missing."""
    _, named = archives_of(project, wanted.flavor)
    offers, _ = _looked_up(place, project, wanted, names, named, listen=listen)
    if {*names} <= {offer.package for offer in offers}:
        return offers, {}
    return _everywhere(place, project, wanted, names, listen)


def _everywhere(
    place: LockPlace, project: Project, wanted: Target, names: Sequence[str], listen: Listener
) -> tuple[Sequence[PackageOffer], Mapping[str, QlumodError]]:
    archives = project.release.archives_of(wanted.flavor)
    on_request = frozenset(archive.name for archive in archives if archive.on_request)
    return _looked_up(place, project, wanted, names, on_request, listen=listen)


def _looked_up(
    place: LockPlace,
    project: Project,
    wanted: Target,
    names: Sequence[str],
    optional: frozenset[str],
    *,
    listen: Listener,
) -> tuple[Sequence[PackageOffer], Mapping[str, QlumodError]]:
    release = project.release
    shared, _ = archives_of(project, wanted.flavor)
    packaging = packaging_named(release.packaging_of(wanted.flavor))
    with packaging.archives(
        release, wanted, place.reach, needed=shared, optional=optional, listen=listen
    ) as bare:
        where = bare.read(optional, listen)
        return where.offers(names, listen), where.missing
