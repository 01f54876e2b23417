"""The signed Release files of archives: their ages and their signers."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.digests import digest_bytes
from qlumod.model.lock import LockedArchive
from qlumod.model.stanzas import signed_stanza
from qlumod.packaging.archives import Dated
from qlumod.packaging.debian import apt_indexes
from qlumod.packaging.debian.apt import AptRoot, AptSource
from qlumod.packaging.debian.archives.archive_sources import too_weak
from qlumod.system.disk.documents import MOST
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.keys import gpg
from qlumod.system.keys.strength import weaknesses


def dates(root: AptRoot, suites: Collection[tuple[str, str]]) -> Iterator[Dated]:
    """The ages of these suites (archive and suite), if they have been read."""
    found = apt_indexes.release_files(root)
    for source in root.sources:
        for suite in source.suites:
            path = found.get(apt_indexes.plain_uri(source.base(suite)))
            if path and (source.archive, suite) in suites:
                date = signed_stanza(read_bytes(path, most=MOST), str(path)).need("Date")
                yield Dated(
                    archive=source.archive,
                    suite=suite,
                    date=date,
                    uri=source.uri,
                    snapshot=source.snapshot,
                )


def locked_archives(
    root: AptRoot, indexes: Sequence[tuple[str, str, str]]
) -> tuple[LockedArchive, ...]:
    """The InRelease files that were used, each verified again with its keyring."""
    return tuple(sorted(_archives(root, indexes), key=lambda a: (a.archive, a.suite)))


def _archives(root: AptRoot, indexes: Sequence[tuple[str, str, str]]) -> Iterator[LockedArchive]:
    sources = {source.archive: source for source in root.sources}
    for archive, suite, start in indexes:
        path = root.lists / f"{start}InRelease"
        signature = None
        if not path.exists():
            path, signature = root.lists / f"{start}Release", root.lists / f"{start}Release.gpg"
        signed = _verified(sources[archive], suite, path, signature)
        data = signed.text or read_bytes(path, most=MOST)
        yield LockedArchive(
            archive=archive,
            suite=suite,
            date=signed_stanza(data, str(path)).need("Date"),
            digest=digest_bytes(read_bytes(path, most=MOST)),
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
        # apt accepts any key of the keyring that holds the named one.
        raise QlumodError(
            f"archive {archive}: the suite {suite} is signed by {signed.fingerprint}, not by the"
            f" key that the release names: {source.fingerprint}",
            remedy="make sure of the key, and name it in the archive's field Key",
        )
    weak = weaknesses(read_bytes(keyring, most=MOST))
    if weak.keys() >= set(signed.signers):
        raise too_weak(weak[signed.fingerprint], archive)
    return signed
