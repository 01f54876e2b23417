"""Looking packages up in all archives of a release, also in those on request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.lock.rules.asked import archives_of
from qlumod.lock.rules.on_request import lacking_packages, needed_archives, with_archive
from qlumod.lock.verbs.open_archives import OpenArchives
from qlumod.model.project import Project
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
    archives: OpenArchives, project: Project, names: Sequence[str], *, listen: Listener
) -> Survey:
    """Look for packages in the archives of all modules, and if one is not there, in all others."""
    flavor = archives.target.flavor
    known = project.release.archives_of(flavor)
    shared, _ = archives_of(project, flavor)
    offers, unread = _offers(archives, project, names, listen)
    needed = needed_archives(names, offers, known)
    newest: dict[str, PackageOffer] = {}
    for offer in offers:
        if offer.archive in {*shared, *needed}:
            newest.setdefault(offer.package, offer)
    modules = tuple(dict.fromkeys(m for offer in newest.values() for m in offer.kernel_modules))
    further = [module for module in modules if module not in names]
    if further:
        more, _ = _offers(archives, project, further, listen)
        needed = (*needed, *needed_archives(further, more, known))
    return Survey(archives=tuple(dict.fromkeys(needed)), kernel_modules=modules, unread=unread)


def with_archives(
    faults: Sequence[QlumodError], archives: OpenArchives, project: Project, *, listen: Listener
) -> tuple[QlumodError, ...]:
    """The errors of a solution, with the archives on request that have what is lacking."""
    names, flavor = lacking_packages(faults), archives.target.flavor
    known = project.release.archives_of(flavor)
    if not names or not any(archive.on_request for archive in known):
        return tuple(faults)
    try:
        offers, _ = _everywhere(archives, names, listen)
    except QlumodError:
        return tuple(faults)
    shared, _ = archives_of(project, flavor)
    named = {spec.path: spec.archives_for(flavor) for spec in project.specs}
    return tuple(
        with_archive(fault, offers, known, {*shared, *named.get(fault.brief.partition(":")[0], ())})
        for fault in faults
    )


def _offers(
    archives: OpenArchives, project: Project, names: Sequence[str], listen: Listener
) -> tuple[Sequence[PackageOffer], Mapping[str, QlumodError]]:
    """The versions in the archives that modules use now; all others are read if one is missing."""
    _, named = archives_of(project, archives.target.flavor)
    offers = archives.read(named, listen).offers(names, listen)
    if {*names} <= {offer.package for offer in offers}:
        return offers, {}
    return _everywhere(archives, names, listen)


def _everywhere(
    archives: OpenArchives, names: Sequence[str], listen: Listener
) -> tuple[Sequence[PackageOffer], Mapping[str, QlumodError]]:
    known = archives.release.archives_of(archives.target.flavor)
    where = archives.read({archive.name for archive in known if archive.on_request}, listen)
    return where.offers(names, listen), where.missing
