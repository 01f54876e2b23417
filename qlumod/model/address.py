"""Where a user says that an archive of the release is: a mirror, or a directory of .debs."""

from dataclasses import dataclass, replace

from qlumod.errors import QlumodError
from qlumod.model.release_archives import Archive, archive_directory, archive_name, archive_uri


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An archive's place, instead of what the release and the host's apt say of it."""

    archive: str
    said: str
    """Who says so, for errors: ``--archive``, or ``FILE:LINE``."""
    uri: str = ""
    directory: str = ""
    """A directory of .debs, absolute; either this or `uri`."""
    key: str = ""
    """The key that signs there; empty: the one that the release names."""
    expired_because: str = ""
    """Why Valid-Until does not count there; empty: as the release says."""
    asked: bool = False
    """Whether it is for this very release, which then must have that archive."""

    @property
    def place(self) -> str:
        """The address itself."""
        return self.uri or self.directory


def address(text: str, *, said: str, asked: bool = True) -> Address:
    """Read ``NAME=URI`` or ``NAME=DIRECTORY``; raises `QlumodError`."""
    name, _, place = text.partition("=")
    if not place:
        raise QlumodError(f"{text!r} has not the form NAME=URI")
    if "://" in place:
        return Address(archive=archive_name(name), said=said, uri=archive_uri(place), asked=asked)
    folder = archive_directory(place)
    return Address(archive=archive_name(name), said=said, directory=folder, asked=asked)


def placed(archive: Archive, address: Address) -> Archive:
    """The archive at that address; raises `QlumodError` where it cannot be there."""
    if address.directory:
        return Archive(
            name=archive.name,
            flavors=archive.flavors,
            directory=address.directory,
            on_request=archive.on_request,
        )
    if archive.directory:
        raise QlumodError(
            f"{address.said}: archive {archive.name}: {address.uri} cannot stand for a directory of"
            " .debs, which has neither suites nor a key",
            remedy="name another directory",
        )
    return replace(
        archive,
        uri=address.uri,
        origin="",
        label="",
        key=address.key or archive.key,
        expired_because=address.expired_because or archive.expired_because,
    )
