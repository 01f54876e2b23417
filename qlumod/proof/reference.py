"""The reference installation for a stack: made by the packages' installer alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, Notice
from qlumod.model.digests import digest_value
from qlumod.model.json_values import Json
from qlumod.model.lock import Lock, LockedPackage
from qlumod.model.lock_file import lock_text
from qlumod.model.names import Digest, ModuleName, PackagingName
from qlumod.model.spec import ModuleSpec
from qlumod.packaging.choice import packaging_named, packaging_place
from qlumod.packaging.installer import Order, Supply
from qlumod.packaging.recorded_tools import supplied
from qlumod.proof.known_fields import ASKED
from qlumod.proof.scanned_tree import MOST_SCAN, ScannedTree, loaded
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.files import sync, write_whole
from qlumod.system.disk.own_code import code_digest
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.disk.staging import staging
from qlumod.system.disk.workshop import Workshop
from qlumod.system.processes.namespace import call_inside

ENTRIES = ("proof/reference.py",)
"""The entry points of installing and scanning: a scan made by other code is not reused."""
PROOF = "proof"
"""The subdirectory of the cache for scans, roots and verdicts."""
UNFINISHED = "work"
"""The directory in it for incomplete files."""
KEPT_BYTES = 2 << 30
"""The maximum bytes of scans of reference installations in the cache."""
KEPT_ROOTS = 2
"""The maximum number of kept roots in the cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """All packages of modules as one installation, with the specs' settings of apt and systemd.

    It does not use accounts, excludes and rules of state, and its initrd has no secrets. `below` is
    the part that is installed first, in a separate step; None: all is installed at once.
    """

    packaging: PackagingName
    """The kind of the packages."""
    lock: Lock
    specs: tuple[ModuleSpec, ...]
    below: "Installation | None" = None
    second: bool = False
    """Whether it repeats another one, to see what no two of them make alike."""

    @property
    def again(self) -> "Installation":
        """A second installation of the same packages in the same way."""
        return replace(self, second=True, below=self.below and self.below.again)

    @property
    def modules(self) -> tuple[ModuleName, ...]:
        """The modules, in build order."""
        return tuple(spec.module for spec in self.specs)

    @property
    def epoch(self) -> int:
        """The epoch of its lowest module, whose scripts write most files that contain a time."""
        return self.lock.epoch_of(self.modules[0])

    @property
    def packages(self) -> tuple[LockedPackage, ...]:
        """The packages of all modules, each once, sorted by name."""
        wanted = set(self.modules)
        return tuple(p for p in self.lock.packages if wanted.intersection(p.modules))

    @property
    def last(self) -> tuple[LockedPackage, ...]:
        """The packages of the last step."""
        before = set(self.below.packages) if self.below else set()
        return tuple(package for package in self.packages if package not in before)

    def lines(self, field: str) -> list[str]:
        """The entries of a field of all specs, lowest module first."""
        return [entry for spec in self.specs for entry in getattr(spec, field)]

    @property
    def secrets(self) -> list[str]:
        """The patterns of paths of secrets of all specs."""
        return [secret.path for spec in self.specs for secret in spec.secrets]

    @property
    def identity(self) -> Digest:
        """The digest of all inputs of the installation."""
        return digest_value(
            {
                "code": code_digest(*ENTRIES),
                "packaging": self.packaging,
                "packages": [[p.package, p.version, p.sha256] for p in self.packages],
                "architecture": self.lock.architecture,
                "flavor": self.lock.flavor,
                "epoch": self.epoch,
                "tools": [list(tool) for tool in self.lock.tools],
                **{field: self.lines(field) for field in ASKED},
                "secrets": self.secrets,
                **({"below": self.below.identity} if self.below else {}),
                **({"second": True} if self.second else {}),
            }
        )


def reference_tree(
    installation: Installation, workshop: Workshop, *, fresh: bool, listen: Listener
) -> ScannedTree:
    """Install and scan, or use the cached scan of the same installation."""
    identity = installation.identity
    kept = scan_path(installation, workshop.cache)
    if kept.is_file() and not fresh:
        listen(Notice(text=f"reference installation {identity[:12]} reused (--fresh redoes it)"))
        return loaded(read_bytes(kept, most=MOST_SCAN))
    root = None
    if installation.below:
        root = kept_root(installation.below, workshop, listen=listen)
    with staging(workshop.work, f"reference-{identity}") as place:
        scanned = _install(installation, place, workshop, upon=root, listen=listen)
        return _kept(installation, scanned, workshop.cache)


def kept_root(
    installation: Installation, workshop: Workshop, *, fresh: bool = False, listen: Listener
) -> Path:
    """The root of an installation as a file in the cache, for second steps."""
    root = _root_path(installation, workshop.cache)
    if root.is_file() and not fresh:
        return root
    with (
        staging(workshop.work, f"reference-{installation.identity}") as place,
        # On the file system of the cache, which may differ from that of `place`.
        staging(root.parent / UNFINISHED, installation.identity) as unfinished,
    ):
        # Another process may have made it while this one waited for the directory.
        if root.is_file() and not fresh:
            return root
        made = unfinished / root.name
        scanned = _install(installation, place, workshop, kept=made, listen=listen)
        _kept(installation, scanned, workshop.cache)
        _put(made, root)
    _forget_oldest(root.parent)
    return root


def _put(made: Path, place: Path) -> None:
    with told(place):
        sync(made)
        made.rename(place)
        sync(place.parent)


def scan_path(installation: Installation, cache: Path) -> Path:
    """The path of an installation's scan, whether it exists or not."""
    return cache / PROOF / f"{installation.identity}.tree.gz"


def _root_path(installation: Installation, cache: Path) -> Path:
    return cache / PROOF / f"{installation.identity}.root.tar.zst"


def _kept(installation: Installation, scanned: bytes, cache: Path) -> ScannedTree:
    tree = loaded(scanned)
    _check_versions(tree, installation)
    kept = scan_path(installation, cache)
    make_directories(kept.parent)
    write_whole(kept, scanned)
    _forget_oldest(kept.parent)
    return tree


def _install(
    installation: Installation,
    place: Path,
    workshop: Workshop,
    *,
    upon: Path | None = None,
    kept: Path | None = None,
    listen: Listener,
) -> bytes:
    order = Order(
        packages=installation.last,
        flavor=installation.lock.flavor,
        architecture=installation.lock.architecture,
        epoch=installation.epoch,
    )
    supply = supplied(
        order,
        installation.lock,
        place / "archive",
        packaging=installation.packaging,
        workshop=workshop,
        listen=listen,
    )
    output = place / "tree.gz"
    call_inside(
        "qlumod.proof.inside:install_reference",
        {
            "packaging": packaging_place(installation.packaging),
            "order": _document(installation, supply, place / "lock"),
            "asked": {field: installation.lines(field) for field in ASKED},
            "secrets": installation.secrets,
            "places": {
                "scratch": str(place / "scratch"),
                "output": str(output),
                **({"upon": str(upon)} if upon else {}),
                **({"kept": str(kept)} if kept else {}),
            },
        },
        listen=listen,
    )
    return read_bytes(output, most=MOST_SCAN)


def _document(installation: Installation, supply: Supply, lock: Path) -> Mapping[str, Json]:
    """The order for the installing process; writes the lock to `lock`."""
    text = lock_text(installation.lock.restricted_to(installation.modules))
    lock.write_text(text, encoding="utf-8")
    return {
        "supply": supply.document,
        "lock": str(lock),
        "packages": [[p.package, p.version] for p in installation.last],
        "epoch": installation.epoch,
    }


def _check_versions(tree: ScannedTree, installation: Installation) -> None:
    """Raise unless the reference consists of exactly the locked packages."""
    installed = set(packaging_named(installation.packaging).reference.installed(tree.data))
    locked = {(p.package, p.version) for p in installation.packages}
    if installed != locked:
        names = sorted(" ".join(pair) for pair in installed ^ locked)
        raise QlumodError(
            "the reference installation does not consist of the locked packages", details=names
        )


def _forget_oldest(directory: Path) -> None:
    """Remove the oldest scans and roots above the limits of the cache."""
    roots = sorted(directory.glob("*.root.tar.zst"), key=_age)
    for old in roots[:-KEPT_ROOTS]:
        old.unlink(missing_ok=True)
    room = KEPT_BYTES
    for scan in sorted(directory.glob("*.tree.gz"), key=_age, reverse=True):
        room -= scan.stat().st_size
        if room < 0:
            scan.unlink(missing_ok=True)


def _age(path: Path) -> int:
    return path.stat().st_mtime_ns
