"""apt in a root that is being built: it sees only the frozen archive."""

from collections.abc import Iterator, Sequence

from qlumod.events import Listener
from qlumod.model.lock import LockedPackage
from qlumod.packaging.debian.archive import FrozenArchive
from qlumod.packaging.debian.roots.apt_order import AptOrder
from qlumod.packaging.debian.roots.script_surroundings import surroundings
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.bubblewrap import Shown
from qlumod.system.enclosure.enclosure import enclosed

_ARCHIVE = "/run/qlumod/archive"
"""The path of the frozen archive inside a root that is being built."""
_SOURCES = "/run/qlumod/sources.list"


def wanted(packages: Sequence[LockedPackage]) -> tuple[str, ...]:
    """The locked packages as arguments of apt-get."""
    return tuple(f"{package.package}={package.version}" for package in packages)


def install(root: Root, order: AptOrder, *, listen: Listener) -> None:
    """Install exactly the packages of an order into a root, with its own apt."""
    shown = Shown(source=order.archive.directory, name=_ARCHIVE)
    with surroundings(root, order.packages), enclosed(root, shown) as place:
        sources = f"{_seen_inside(order.archive)}\n".encode()
        place.run_directory.write(_below_run(_SOURCES), sources)
        for name in ("lists/partial", "cache/archives/partial"):
            place.run_directory.make_directory(f"/qlumod/{name}")
        for words in _calls(order.packages, order.dpkg_options):
            place.run(*words, epoch=order.epoch, environment=order.environment, listen=listen)


def _below_run(path: str) -> str:
    return path.removeprefix("/run")


def _seen_inside(archive: FrozenArchive) -> str:
    """The line of sources.list(5) for apt in the root; it reads the .debs in place."""
    keyring = archive.keyring.relative_to(archive.directory)
    return (
        f"deb [signed-by={_ARCHIVE}/{keyring}] file:{_ARCHIVE} {archive.suite} {archive.component}"
    )


def _calls(packages: Sequence[str], dpkg_options: Sequence[str]) -> Iterator[tuple[str, ...]]:
    options = (
        "-o", f"Dir::Etc::SourceList={_SOURCES}",
        "-o", "Dir::Etc::SourceParts=/dev/null",
        # Indexes stay out of the layer.
        "-o", "Dir::State::Lists=/run/qlumod/lists",
        "-o", "Dir::Cache=/run/qlumod/cache",
        "-o", "Acquire::Check-Valid-Until=false",
        "-o", "Acquire::Languages=none",
        "-o", "APT::Sandbox::User=root",
        "-o", "APT::Install-Recommends=false",
        # apt's pseudo terminal loses some of the output of dpkg and of scripts.
        "-o", "Dpkg::Use-Pty=false",
        "-q",
    )  # fmt: skip
    dpkg = [word for option in dpkg_options for word in ("-o", f"DPkg::Options::=--{option}")]
    yield ("apt-get", *options, "update")
    yield ("apt-get", *options, *dpkg, "--yes", "--no-remove", "install", *packages)
