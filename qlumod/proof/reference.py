"""The one installation that a stack is held against: mmdebstrap and apt, and nothing of ours."""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, Notice
from qlumod.model.digests import digest_bytes, digest_value
from qlumod.model.lock import Lock, LockedPackage
from qlumod.model.names import Digest, ModuleName
from qlumod.model.spec import ModuleSpec
from qlumod.proof.tree import Tree, loaded
from qlumod.system.archive import frozen_archive
from qlumod.system.files import make_directories, write_whole
from qlumod.system.namespace import call_inside
from qlumod.system.staging import staging
from qlumod.system.store import Store

RECIPE = (
    "model/tree.py",
    "proof/inside.py",
    "proof/scanned.py",
    "proof/tree.py",
    "system/mmdebstrap.py",
    "system/tree.py",
)
"""The source files that install and scan: a scan made by others is not used."""
KEPT = 8
"""How many scans of reference installations the cache keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """All the packages of some modules as one installation; what the specs ask of apt and systemd.

    Accounts, excludes and rules of state have no part in it.
    """

    lock: Lock
    specs: tuple[ModuleSpec, ...]

    @property
    def modules(self) -> tuple[ModuleName, ...]:
        """The modules, in build order."""
        return tuple(spec.module for spec in self.specs)

    @property
    def epoch(self) -> int:
        """Its time: that of its lowest module, whose scripts write most of what tells the time."""
        return self.lock.epoch_of(self.modules[0])

    @property
    def packages(self) -> tuple[LockedPackage, ...]:
        """The packages of all the modules, each once, sorted by name."""
        wanted = set(self.modules)
        return tuple(p for p in self.lock.packages if wanted.intersection(p.modules))

    def lines(self, field: str) -> list[str]:
        """The entries of a field of all specs, lowest module first."""
        return [entry for spec in self.specs for entry in getattr(spec, field)]

    @property
    def identity(self) -> Digest:
        """The digest of all that decides what is installed."""
        return digest_value(
            {
                "recipe": _recipe(),
                "packages": [[p.package, p.version, p.sha256] for p in self.packages],
                "architecture": self.lock.architecture,
                "flavor": self.lock.flavor,
                "epoch": self.epoch,
                "tools": [list(tool) for tool in self.lock.tools],
                **{field: self.lines(field) for field in ("debconf", "enable", "disable")},
            }
        )


@functools.cache
def _recipe() -> tuple[Digest, ...]:
    top = resources.files("qlumod")
    return tuple(digest_bytes(top.joinpath(*name.split("/")).read_bytes()) for name in RECIPE)


def reference_tree(
    installation: Installation,
    *,
    store: Store,
    cache: Path,
    work: Path,
    fresh: bool,
    listen: Listener,
) -> Tree:
    """Install in `work` and scan, or take the scan of the same installation from the cache."""
    identity = installation.identity
    kept = cache / "proof" / f"{identity}.tree.gz"
    if kept.is_file() and not fresh:
        listen(Notice(text=f"reference installation {identity[:12]} reused (--fresh redoes it)"))
        return loaded(kept.read_bytes())
    make_directories(kept.parent)
    with staging(work, f"reference-{identity}") as place:
        scanned = _install(installation, place, store=store, listen=listen)
        tree = loaded(scanned)
        _check_versions(tree, installation.packages)
        write_whole(kept, scanned)
    _forget_oldest(kept.parent)
    return tree


def _install(installation: Installation, place: Path, *, store: Store, listen: Listener) -> bytes:
    lock = installation.lock
    archive = frozen_archive(
        installation.packages,
        store=store,
        directory=place / "archive",
        architecture=lock.architecture,
        # mmdebstrap looks for the essential packages in the suite that it is told to install.
        suite=lock.flavor,
        epoch=installation.epoch,
        listen=listen,
    )
    output = place / "tree.gz"
    call_inside(
        "qlumod.proof.inside:install",
        {
            "source": archive.source_line,
            "suite": lock.flavor,
            "packages": [f"{p.package}={p.version}" for p in installation.packages],
            "architecture": lock.architecture,
            "epoch": installation.epoch,
            "debconf": installation.lines("debconf"),
            "enable": installation.lines("enable"),
            "disable": installation.lines("disable"),
            "scratch": str(place / "scratch"),
            "output": str(output),
        },
        listen=listen,
    )
    return output.read_bytes()


def _check_versions(tree: Tree, packages: Sequence[LockedPackage]) -> None:
    """Make sure that the reference is what it claims to be: the locked packages, no others."""
    installed = set(_installed(tree.data["/var/lib/dpkg/status"].decode().split("\n\n")))
    locked = {(p.package, p.version) for p in packages}
    if installed != locked:
        names = sorted(" ".join(pair) for pair in installed ^ locked)
        raise QlumodError(
            "the reference installation does not consist of the locked packages", details=names
        )


def _installed(stanzas: Iterable[str]) -> Iterable[tuple[str, str]]:
    for stanza in stanzas:
        fields = dict(
            line.split(": ", 1) for line in stanza.splitlines() if line[:1] != " " and ": " in line
        )
        if fields.get("Status") == "install ok installed":
            yield fields["Package"], fields["Version"]


def _forget_oldest(directory: Path) -> None:
    scans = sorted(directory.glob("*.tree.gz"), key=lambda path: path.stat().st_mtime)
    for old in scans[:-KEPT]:
        old.unlink(missing_ok=True)
