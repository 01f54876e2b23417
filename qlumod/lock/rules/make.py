"""Putting a lock together from what was solved and what it was solved from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.lock.archives.archive_sources import too_weak
from qlumod.lock.archives.freshness import Older, with_reasons
from qlumod.lock.rules.lock_changes import difference
from qlumod.lock.solver.client import Solved
from qlumod.lock.target import Target
from qlumod.model.digests import digest_bytes
from qlumod.model.lock import Lock, LockedArchive, LockedPackage, inputs_of
from qlumod.model.names import Digest, ModuleName
from qlumod.model.project import Project
from qlumod.model.stanzas import date_seconds, signed_stanza
from qlumod.packaging.debian.apt import AptRoot, AptSource
from qlumod.packaging.debian.dpkg_query import versions_of
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.keys import gpg
from qlumod.system.keys.strength import weaknesses

TOOLS = ("debhelper", "dpkg", "libzstd1", "mmdebstrap", "squashfs-tools")
"""The Debian packages whose versions shape what is built."""
EARLIEST = 315_532_800
"""The epoch of a release that has folders of .debs only: 1980, which every format can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The lock before, of which a new one keeps what it can."""

    lock: Lock | None
    unread: Sequence[LockedArchive] = ()
    """Its archives of which only the store has packages now."""
    older: Sequence[Older] | None = None
    """Why archives may be older than they were; None: for no reason, since nothing is kept."""


def make_lock(
    project: Project,
    solved: Solved,
    target: Target,
    *,
    root: AptRoot,
    before: Before,
    left_out: Mapping[ModuleName, str],
) -> Lock:
    """The new lock; where no package has moved, archives and epoch stay those of the old one.

    A module's own epoch stays where none of its packages has moved.
    """
    packages, old = _with_inputs(solved.packages), before.lock
    read = with_reasons(locked_archives(root, solved.indexes), old, before.older)
    archives = (*read, *before.unread)
    epoch = max(
        (date_seconds(archive.date, f"archive {archive.archive}") for archive in archives),
        default=EARLIEST,
    )
    if old and not difference(old, packages):
        archives, epoch = old.archives, old.epoch
    revisions = dict(old.revisions) if old else {}
    lock = Lock(
        version=str(project.release.version),
        flavor=target.flavor,
        architecture=target.architecture,
        epoch=epoch,
        specs=tuple(sorted((spec.module, spec.digest) for spec in project.specs)),
        release=project.release.digest,
        accounts=project.accounts.digest,
        archives=archives,
        tools=tools(),
        revisions=tuple(
            (module, revisions.get(module, 1))
            for module in sorted(spec.module for spec in project.specs)
        ),
        packages=packages,
        left_out=tuple(sorted(left_out.items())),
    )
    return replace(lock, epochs=tuple(_epochs(lock, old)))


def _epochs(lock: Lock, old: Lock | None) -> Iterator[tuple[ModuleName, int]]:
    """The epochs of modules that have kept the one that they had."""
    for module, _ in lock.specs:
        if old and lock.of(module) and _bytes(lock, module) == _bytes(old, module):
            epoch = old.epoch_of(module)
            if epoch != lock.epoch:
                yield module, epoch


def _bytes(lock: Lock, module: ModuleName) -> list[Digest]:
    return [package.sha256 for package in lock.of(module)]


def _with_inputs(packages: Sequence[LockedPackage]) -> tuple[LockedPackage, ...]:
    """Give generated packages the digests of their inputs."""
    return tuple(
        replace(package, sha256=inputs_of(package, packages)) if package.generated else package
        for package in packages
    )


def tools(database: Path = Path("/var/lib/dpkg")) -> tuple[tuple[str, str], ...]:
    """The versions of this host's tools."""
    versions = versions_of(database, TOOLS)
    for name in TOOLS:
        if name not in versions:
            raise QlumodError(
                f"cannot record the version of {name}: it is not installed",
                remedy=f"apt install {name}",
            )
    return tuple(sorted(versions.items()))


def require_tools(lock: Lock, database: Path = Path("/var/lib/dpkg")) -> None:
    """Raise where this host's tools are not those that the lock records: the bytes would differ."""
    others = other_tools(lock, database)
    if others:
        raise QlumodError(
            f"the lock of {lock.version} for {lock.flavor} and {lock.architecture} was made with "
            "other tools, which would build other bytes",
            details=others,
            remedy="build where these versions are, or run `qlumod lock`, which keeps the packages "
            "and records the tools of this machine",
        )


def other_tools(lock: Lock, database: Path = Path("/var/lib/dpkg")) -> tuple[str, ...]:
    """Say how this host's tools are not those that the lock records, a line each."""
    here = dict(tools(database))
    return tuple(
        f"{name}: the lock has {version}, this machine {here.get(name, 'none')}"
        for name, version in lock.tools
        if here.get(name) != version
    )


def locked_archives(
    root: AptRoot, indexes: Sequence[tuple[str, str, str]]
) -> tuple[LockedArchive, ...]:
    """The InRelease files that were used, each checked once more against its keyring."""
    return tuple(sorted(_archives(root, indexes), key=lambda a: (a.archive, a.suite)))


def _archives(root: AptRoot, indexes: Sequence[tuple[str, str, str]]) -> Iterator[LockedArchive]:
    sources = {source.archive: source for source in root.sources}
    for archive, suite, start in indexes:
        path = root.lists / f"{start}InRelease"
        signature = None
        if not path.exists():
            path, signature = root.lists / f"{start}Release", root.lists / f"{start}Release.gpg"
        signed = _verified(sources[archive], suite, path, signature)
        data = signed.text or read_bytes(path)
        yield LockedArchive(
            archive=archive,
            suite=suite,
            date=signed_stanza(data, str(path)).need("Date"),
            digest=digest_bytes(read_bytes(path)),
            key=signed.fingerprint,
            expired_because=sources[archive].expired_because,
        )


def _verified(source: AptSource, suite: str, path: Path, signature: Path | None) -> gpg.Signed:
    archive, keyring = source.archive, source.keyring
    try:
        signed = gpg.verify(path, keyring, signature=signature)
    except gpg.BadSignature as fault:
        raise QlumodError(
            f"archive {archive}: the suite {suite} has no good signature by a key of {keyring}",
            details=fault.details,
            remedy="install the archive's current keyring package",
        ) from fault
    if source.fingerprint and source.fingerprint not in signed.signers:
        # apt takes any key of the keyring that holds the one that was named.
        raise QlumodError(
            f"archive {archive}: the suite {suite} is signed by {signed.fingerprint}, not by the"
            f" key that the release names: {source.fingerprint}",
            remedy="make sure of the key, and name it in the archive's field Key",
        )
    weak = weaknesses(read_bytes(keyring))
    if weak.keys() >= set(signed.signers):
        raise too_weak(weak[signed.fingerprint], archive)
    return signed


def own_sources(
    packages: Sequence[LockedPackage], old: Lock | None, held: str
) -> tuple[LockedPackage, ...]:
    """Give packages that came from the store their place of the old lock.

    The names of archives that stand for the store begin with `held`.
    """
    before = {package.sha256: package for package in (old.packages if old else ())}
    return tuple(
        _placed(package, before[package.sha256]) if package.archive.startswith(held) else package
        for package in packages
    )


def _placed(package: LockedPackage, old: LockedPackage) -> LockedPackage:
    return replace(package, archive=old.archive, filename=old.filename)
