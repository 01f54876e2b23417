"""Which archives on request have the packages that the archives of all modules lack; pure."""

import re
from collections.abc import Collection, Iterator, Sequence

from qlumod.errors import QlumodError
from qlumod.model.release_archives import Archive
from qlumod.packaging.solving.solution import PackageOffer

_LACKING = re.compile(r"there is no package (\S+)|\b(?:Pre-?Depends|Depends): ([^\s:]+)")
"""The packages that an error of the solver is about, in its words and in those of apt."""


def needed_archives(
    names: Sequence[str], offers: Sequence[PackageOffer], archives: Sequence[Archive]
) -> tuple[str, ...]:
    """The archives on request for packages that no archive of all modules has.

    Of several archives it takes the first in the release file, with those beside it.
    """
    shared = {archive.name for archive in archives if not archive.on_request}
    found: list[str] = []
    for name in names:
        having = {offer.archive for offer in offers if offer.package == name}
        if not having & {*shared, *found}:
            first = next((archive for archive in archives if archive.name in having), None)
            found += [first.name, *_beside(first, archives)] if first else []
    return tuple(dict.fromkeys(found))


def _beside(archive: Archive, archives: Sequence[Archive]) -> Iterator[str]:
    """The archives on request with the other versions of its packages, such as security's."""
    for other in archives:
        if (
            other.on_request
            and archive.origin
            and (other.origin, other.components) == (archive.origin, archive.components)
            and other.label != archive.label
        ):
            yield other.name


def lacking_packages(faults: Sequence[QlumodError]) -> tuple[str, ...]:
    """The names of the packages without which there is no solution, by the errors."""
    return tuple(dict.fromkeys(name for fault in faults for name in _lacking(fault)))


def _lacking(fault: QlumodError) -> Iterator[str]:
    for found in _LACKING.finditer("\n".join((fault.brief, *fault.details))):
        yield found[1] or found[2]


def with_archive(
    fault: QlumodError,
    offers: Sequence[PackageOffer],
    archives: Sequence[Archive],
    own: Collection[str],
) -> QlumodError:
    """An error of the solver, with the archives on request that have what is lacking.

    `own` are the archives that its module uses.
    """
    more = {archive.name for archive in archives} - {*own}
    names = tuple(_lacking(fault))
    known = {(offer.package, offer.version) for offer in offers if offer.archive in own}
    found = [
        offer
        for offer in offers
        if offer.package in names
        and offer.archive in more
        and (offer.package, offer.version) not in known
    ]
    if not found:
        return fault
    asked = needed_archives([one.package for one in found], found, archives)
    new = [name for name in asked if name not in own]
    remedy = f"add {', '.join(new)} to the field Archive of the module"
    return QlumodError(
        fault.brief,
        details=(
            *fault.details,
            *(
                f"{one.package} {one.version} is in the archive {one.archive}, which is on request"
                for one in found
                if one.archive in new
            ),
        ),
        remedy=f"{remedy}; or {fault.remedy}" if fault.remedy else remedy,
    )
