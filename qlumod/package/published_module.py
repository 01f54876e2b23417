"""Reading published modules: the texts of a payload package, and the inputs of its source."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.digests import digest_bytes
from qlumod.model.document import decoded
from qlumod.model.manifest import Manifest, parse_manifest
from qlumod.model.names import Digest, ModulePackage
from qlumod.model.packed import unpacked
from qlumod.model.payload_paths import MANIFEST, contents_file, packages_file, payload_home
from qlumod.package.before import (
    CHANGELOG,
    CONTENTS,
    CONTENTS_CHANGELOG,
    DEBIAN_CHANGELOG,
    PACKAGES,
    PACKAGES_CHANGELOG,
)
from qlumod.package.payload_install import DOCUMENTS
from qlumod.packaging.debian.deb import Deb, tar_xz_files

INPUTS = "debian/qlumod/"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPayload:
    """The data of a payload package about its module."""

    manifest: Manifest
    version: str
    """Of the package: ``14.0.0-1``."""
    digest: Digest
    """Of the manifest, and so of all files of the payload."""
    texts: dict[str, str]
    """The texts with which its successor is compared, by name (`qlumod.package.before.TEXTS`)."""


def read_payload(path: Path) -> PublishedPayload:
    """Read a payload package; only its small files are read. Raises `QlumodError`."""
    with _told(path):
        deb = Deb.at(path)
        control = deb.control
        places = _places(ModulePackage.parse(control.need("Package")))
        found = deb.texts(places.values())
        data = {key: _content(found, place) for key, place in places.items()}
    manifest = data.pop(MANIFEST)
    # debhelper may have truncated it, with a comment about that at its end.
    changelog = re.sub(rb"^#.*\n", b"", data[DEBIAN_CHANGELOG], flags=re.MULTILINE)
    data[DEBIAN_CHANGELOG] = changelog
    return PublishedPayload(
        manifest=parse_manifest(decoded(manifest, f"{path}: {MANIFEST}"), f"{path}: {MANIFEST}"),
        version=control.need("Version"),
        digest=digest_bytes(manifest),
        texts={key: decoded(text, f"{path}: {key}") for key, text in data.items()},
    )


def _places(name: ModulePackage) -> dict[str, str]:
    """The paths of texts and manifest in a payload package."""
    home = Path(payload_home(name.module, name.flavor, name.arch, name.version))
    documents = DOCUMENTS / str(name)
    places = {
        MANIFEST: home / MANIFEST,
        PACKAGES: home / packages_file(name.module),
        CONTENTS: home / contents_file(name.module),
        CHANGELOG: documents / f"{name.module}.changelog",
        PACKAGES_CHANGELOG: documents / f"{name.module}.packages.changelog.gz",
        CONTENTS_CHANGELOG: documents / f"{name.module}.contents.changelog.gz",
        DEBIAN_CHANGELOG: documents / "changelog.Debian.gz",
    }
    return {key: str(place).lstrip("/") for key, place in places.items()}


def read_inputs_of(packaging: Path) -> dict[str, str]:
    """The files below ``debian/qlumod/`` of a ``.debian.tar.xz``, by relative path."""
    with _told(packaging):
        return {
            file.path.removeprefix(INPUTS): decoded(file.read(), file.path)
            for file in tar_xz_files(packaging)
            if file.is_file and file.path.startswith(INPUTS)
        }


def _content(found: Mapping[str, bytes], place: str) -> bytes:
    if place not in found:
        raise QlumodError("File not found inside package")
    return unpacked(found[place], place) if place.endswith(".gz") else found[place]


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except QlumodError as fault:
        raise QlumodError(
            f"{path}: cannot read what it says of its module: "
            f"{fault.brief.removeprefix(f'{path}: ')}",
            remedy="name a whole payload package; qlumod repo check looks through a repository",
        ) from fault
