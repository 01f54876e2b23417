"""The addresses of a release's archives: matched to the archives that the host's apt knows."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.address import Address
from qlumod.model.release_archives import UNVERIFIED, Archive
from qlumod.packaging.debian.apt import AptSource
from qlumod.packaging.debian.host_apt import HostArchive
from qlumod.system.disk.documents import MOST, require_regular
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.keys import gpg
from qlumod.system.keys.strength import Weakness, weaknesses

_FINGERPRINT = re.compile(r"[0-9A-F]{40}")


def require_debs(address: Address) -> None:
    """Raise if a directory that is named as a folder of .debs is a complete archive."""
    if address.directory and Path(address.directory, "dists").is_dir():
        raise QlumodError(
            f"{address.said}: archive {address.archive}: {address.directory} is a whole archive,"
            " not a directory of .debs",
            remedy=f"write file://{address.directory}",
        )


def sources_of(
    archives: Sequence[Archive],
    host: Sequence[HostArchive],
    *,
    keyrings: Sequence[Path],
    optional: Collection[str] = (),
) -> tuple[tuple[AptSource, ...], dict[str, QlumodError]]:
    """The sources for the release's archives (folders have none); raises all errors at once.

    `keyrings` are directories that are searched for the keyring of a key named by its fingerprint.
    Errors of the `optional` archives are not raised, but returned by the archives' names.
    """
    faults: dict[str, QlumodError] = {}
    sources = []
    for archive in archives:
        if archive.directory:
            continue
        try:
            sources.append(_source(archive, host, keyrings))
        except QlumodError as fault:
            faults[archive.name] = fault
    raise_faults(fault for name, fault in faults.items() if name not in optional)
    return tuple(sources), faults


def _source(archive: Archive, host: Sequence[HostArchive], keyrings: Sequence[Path]) -> AptSource:
    if archive.key == UNVERIFIED:
        raise QlumodError(
            f"archive {archive.name}: its key is unverified",
            details=(f"it is {archive.uri}",),
            remedy="make sure of the key, and write its fingerprint, or the path of a keyring, into"
            " the archive's field Key in the release file; or name a mirror that you sign yourself,"
            f" with its Key, in qlumod.conf; or a directory of .debs: --archive {archive.name}=DIR",
        )
    known = None if archive.uri else _host_archive(archive, host)
    uri = known.uri if known else archive.uri
    return AptSource(
        archive=archive.name,
        uri=uri if uri.endswith("/") else f"{uri}/",
        suites=archive.suites,
        components=archive.components,
        keyring=_keyring(archive, keyrings),
        expired_because=archive.expired_because,
        fingerprint=archive.key if is_named_by_fingerprint(archive) else "",
        snapshot=known.snapshot if known else "",
    )


def _host_archive(archive: Archive, host: Sequence[HostArchive]) -> HostArchive:
    same = [
        known for known in host if (known.origin, known.label) == (archive.origin, archive.label)
    ]
    if not same:
        known = sorted({(entry.origin, entry.label, entry.uri) for entry in host})
        raise QlumodError(
            f"archive {archive.name}: this host's apt knows no archive with"
            f" Origin {archive.origin!r} and Label {archive.label!r}",
            details=(
                *("it knows:" for _ in known[:1]),
                *(f"Origin {origin!r}, Label {label!r}: {uri}" for origin, label, uri in known),
                *(() if known else ("it has no lists of any archive",)),
            ),
            remedy="add the archive to /etc/apt/sources.list.d and run `apt update`,"
            f" or say where it is: --archive {archive.name}=URI, or Archive in qlumod.conf",
        )
    # Of several mirrors, the one that the host uses for this very suite.
    exact = (known for known in same if {known.suite, known.codename} & set(archive.suites))
    return next(exact, same[0])


def is_named_by_fingerprint(archive: Archive) -> bool:
    """Whether the release names the archive's key by its fingerprint, and no keyring."""
    return bool(_FINGERPRINT.fullmatch(archive.key))


def _keyring(archive: Archive, keyrings: Sequence[Path]) -> Path:
    if is_named_by_fingerprint(archive):
        return _keyring_with(archive, keyrings)
    path = Path(archive.key)
    if path.exists():
        require_regular(path, f"archive {archive.name}: Key")
        _require_strong(archive, path, gpg.fingerprints(path))
    else:
        raise QlumodError(
            f"archive {archive.name}: Key: there is no keyring {path}",
            remedy="install the package that brings the archive's keyring",
        )
    return path


def _require_strong(archive: Archive, keyring: Path, named: Sequence[str]) -> None:
    """Raise if all of these keys are too weak; any strong one may be the signing key."""
    weak = weaknesses(read_bytes(keyring, most=MOST))
    if weak.keys() >= set(named):
        raise_faults(too_weak(weak[key], archive.name) for key in named)


def too_weak(weak: Weakness, archive: str) -> QlumodError:
    """The error for a key that is too weak to verify an archive."""
    return weak.fault(
        f"archive {archive}",
        mend="ask the archive's owner for a better key, which Debian 13 asks for, too; or take its"
        f" packages as a directory of .debs that you have looked at: --archive {archive}=DIR",
    )


def _keyring_with(archive: Archive, keyrings: Sequence[Path]) -> Path:
    for folder in keyrings:
        for path in sorted(folder.glob("*")):
            if path.suffix in (".gpg", ".asc", ".pgp") and archive.key in gpg.fingerprints(path):
                _require_strong(archive, path, (archive.key,))
                return path
    raise QlumodError(
        f"archive {archive.name}: Key: no keyring of this host holds the key {archive.key}",
        details=(f"looked into {', '.join(map(str, keyrings))}",),
        remedy="put the archive's keyring into /etc/apt/keyrings",
    )
