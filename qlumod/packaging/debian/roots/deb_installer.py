"""The installer of .debs: mmdebstrap unpacks the essential ones, the root's apt does the rest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.events import Listener
from qlumod.model.json_values import Json
from qlumod.packaging.debian.archive import FrozenArchive, Heading, frozen_archive
from qlumod.packaging.debian.roots import apt_in_root, bootstrap
from qlumod.packaging.debian.roots.apt_order import AptOrder
from qlumod.packaging.debian.roots.deb_supply import DebSupply
from qlumod.packaging.installer import Order, Supply
from qlumod.system.disk.within import Root
from qlumod.system.disk.workshop import Workshop
from qlumod.system.enclosure.enclosure import enclosed

ENVIRONMENT = {"INITRD": "No"}
"""Core's initrd is made once, at the end, and is stored beside the layer."""
_DIRECTORIES = "/*/qlumod-needs-directories"
"""A path-include pattern that matches nothing. Since a directory might contain a match, by the
pattern's text up to its first wildcard, dpkg unpacks all directories and links that are excluded
(dpkg's src/main/filters.c, filter_should_skip).
"""


@dataclass(frozen=True, slots=True)
class DebInstaller:
    """Installs .debs from a frozen archive."""

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that make the archive and the first root."""
        return ("gpg", "mmdebstrap")

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables for maintainer scripts while a module is built."""
        return ENVIRONMENT

    def freeze(
        self, order: Order, directory: Path, *, workshop: Workshop, listen: Listener
    ) -> DebSupply:
        """Make a signed archive of the order's packages."""
        archive = frozen_archive(
            order.packages,
            store=workshop.store,
            directory=directory,
            # mmdebstrap searches for the essential packages in the suite that it has to install.
            heading=Heading(epoch=order.epoch, architecture=order.architecture, suite=order.flavor),
            processors=workshop.processors,
            listen=listen,
        )
        return DebSupply(archive)

    def supply_from(self, document: Mapping[str, Json]) -> DebSupply:
        """Read the archive from its document."""
        return DebSupply(FrozenArchive.from_document(document))

    def bootstrap(self, place: Path, order: Order, supply: Supply, *, listen: Listener) -> Root:
        """Make a new root of the essential packages and apt."""
        return bootstrap.bootstrap(place, _for_apt(order, supply), listen=listen)

    def install(self, root: Root, order: Order, supply: Supply, *, listen: Listener) -> None:
        """Install the order's packages with the root's own apt."""
        apt_in_root.install(root, _for_apt(order, supply), listen=listen)

    def answer(self, root: Root, answers: Sequence[str], order: Order, listen: Listener) -> None:
        if answers:
            text = "".join(f"{line}\n" for line in answers).encode()
            with enclosed(root) as place:
                place.run(
                    "debconf-set-selections",
                    stdin=text,
                    epoch=order.epoch,
                    environment=order.environment,
                    listen=listen,
                )


def _for_apt(order: Order, supply: Supply) -> AptOrder:
    assert isinstance(supply, DebSupply)
    return AptOrder(
        archive=supply.archive,
        packages=apt_in_root.wanted(order.packages),
        architecture=order.architecture,
        epoch=order.epoch,
        dpkg_options=tuple(_dpkg_options(order)),
        environment=order.environment,
    )


def _dpkg_options(order: Order) -> Iterator[str]:
    if order.unsynced:
        yield "force-unsafe-io"
    if order.filters:
        yield from (f"path-exclude={pattern}" for pattern in order.filters.excludes)
        yield from (f"path-include={pattern}" for pattern in order.filters.includes)
        yield f"path-include={_DIRECTORIES}"
