"""apt in a root that is being built: it sees the frozen archive, and nothing else."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from qlumod.events import Listener
from qlumod.model.lock import LockedPackage
from qlumod.stack.chroot import in_root
from qlumod.system.mount import bind
from qlumod.system.run import run

POLICY = "#!/bin/sh\n# No service starts while a module is built.\nexit 101\n"
ARCHIVE = "run/qlumod/archive"
"""Where a root being built finds the frozen archive; /run is a tmpfs there."""
ENVIRONMENT = {"INITRD": "No"}
"""Core's initrd is made once, at the end, and lies beside the layer."""


def wanted(packages: Sequence[LockedPackage]) -> tuple[str, ...]:
    """The locked packages as apt-get takes them."""
    return tuple(f"{package.package}={package.version}" for package in packages)


def install(
    root: Path,
    packages: Sequence[LockedPackage],
    *,
    archive: Path,
    source: str,
    epoch: int,
    dpkg_options: Sequence[str],
    listen: Listener,
) -> None:
    """Install exactly these packages into an inhabited root; `source` is the archive's line."""
    place = root / ARCHIVE
    place.mkdir(parents=True)
    with bind(archive, place, read_only=True), _no_services(root):
        sources = root / "run/qlumod/sources.list"
        sources.write_text(f"{_seen_inside(source, archive)}\n", encoding="utf-8")
        for name in ("lists/partial", "cache/archives/partial"):
            (root / "run/qlumod" / name).mkdir(parents=True)
        for words in _calls(packages, dpkg_options):
            run(in_root(root, *words, epoch=epoch, environment=ENVIRONMENT), listen=listen)


def _seen_inside(source: str, archive: Path) -> str:
    """The line of sources.list(5) as apt in the root needs it; it reads the .debs in place."""
    return source.replace(f"copy:{archive}", f"file:/{ARCHIVE}").replace(
        str(archive), f"/{ARCHIVE}"
    )


def _calls(
    packages: Sequence[LockedPackage], dpkg_options: Sequence[str]
) -> Iterator[tuple[str, ...]]:
    options = (
        "-o", "Dir::Etc::SourceList=/run/qlumod/sources.list",
        "-o", "Dir::Etc::SourceParts=/dev/null",
        # Indexes and logs stay out of the layer.
        "-o", "Dir::State::Lists=/run/qlumod/lists",
        "-o", "Dir::Cache=/run/qlumod/cache",
        "-o", "Acquire::Check-Valid-Until=false",
        "-o", "Acquire::Languages=none",
        "-o", "APT::Sandbox::User=root",
        "-o", "APT::Install-Recommends=false",
        "-q",
    )  # fmt: skip
    dpkg = [word for option in dpkg_options for word in ("-o", f"DPkg::Options::=--{option}")]
    yield ("apt-get", *options, "update")
    yield ("apt-get", *options, *dpkg, "--yes", "--no-remove", "install", *wanted(packages))


@contextmanager
def _no_services(root: Path) -> Iterator[None]:
    """Forbid starting services (invoke-rc.d(8)); the file does not stay."""
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text(POLICY, encoding="utf-8")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()
