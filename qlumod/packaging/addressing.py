"""The addresses of a release's archives, as given on the command line and in settings."""

from collections.abc import Callable, Collection, Sequence

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.address import Address, placed
from qlumod.model.names import FlavorName
from qlumod.model.release import Release
from qlumod.model.release_archives import Archive


def require_archives(release: Release, addresses: Sequence[Address]) -> None:
    """Raise for each address that names this very release but none of its archives."""
    names = sorted(archive.name for archive in release.archives)
    raise_faults(
        QlumodError(
            f"{one.said}: release {release.version} has no archive {one.archive!r}",
            remedy=f"choose from {', '.join(names)}",
        )
        for one in addresses
        if one.asked and one.archive not in names
    )


def addressed(
    release: Release,
    flavor: FlavorName,
    names: Collection[str],
    addresses: Sequence[Address],
    *,
    check: Callable[[Address], None],
) -> tuple[Archive, ...]:
    """Some archives of a flavor, each at its first address; raises all errors at once.

    `check` raises if an address cannot replace an archive of the packaging.
    """
    require_archives(release, addresses)
    chosen = {one.archive: one for one in reversed(addresses)}
    faults, found = [], []
    for archive in release.archives_of(flavor):
        if archive.name not in names:
            continue
        address = chosen.get(archive.name)
        try:
            if address:
                check(address)
            found.append(placed(archive, address) if address else archive)
        except QlumodError as fault:
            faults.append(fault)
    raise_faults(faults)
    return tuple(found)
