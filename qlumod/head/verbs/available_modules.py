"""The modules that apt's configured sources offer to a head node."""

from qlumod.head.places import Places
from qlumod.model.apt_offers import ModuleOffer, module_offers, names_of_modules
from qlumod.packaging.debian.apt_query import apt_query
from qlumod.packaging.debian.dpkg_query import versions_of


def available_modules(places: Places, *, older: bool = False) -> tuple[ModuleOffer, ...]:
    """The offered modules that are not installed, or newer than what is installed.

    As of the last `apt update`. `older` adds older versions of modules.
    """
    with apt_query(places.root) as apt:
        names = names_of_modules(apt.names())
        candidates = apt.candidates(names)
    return module_offers(candidates, versions_of(places.dpkg, names), older=older)
