"""Reading what was published: the texts of a payload package, and the inputs of its source."""

import lzma
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from debian.arfile import ArError

from qlumod.errors import QlumodError
from qlumod.late import late
from qlumod.model.digests import digest_bytes
from qlumod.model.document import decoded
from qlumod.model.manifest import Manifest, parse_manifest
from qlumod.model.names import Digest, ModulePackage
from qlumod.model.packed import unpacked
from qlumod.model.payload import MANIFEST, contents_file, packages_file, payload_home
from qlumod.package.before import (
    CHANGELOG,
    CONTENTS,
    CONTENTS_CHANGELOG,
    DEBIAN_CHANGELOG,
    PACKAGES,
    PACKAGES_CHANGELOG,
)
from qlumod.package.install import DOCUMENTS

debfile = late("debian.debfile")

INPUTS = "debian/qlumod/"
_BROKEN = (
    ArError, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, KeyError, OSError,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPayload:
    """What a payload package says of its module."""

    manifest: Manifest
    version: str
    """Of the package: ``14.0.0-1``."""
    digest: Digest
    """Of the manifest, and so of all of the payload."""
    texts: dict[str, str]
    """What its successor is compared with, by name (`qlumod.package.before.TEXTS`)."""


def read_payload(deb: Path) -> PublishedPayload:
    """Read a payload package; only its small files are read."""
    with _readable(deb):
        package = debfile.DebFile(str(deb))
        try:
            control = package.debcontrol()
            name = ModulePackage.parse(control["Package"])
            places = _places(name)
            manifest = _content(package, places.pop(MANIFEST))
            texts = {key: _content(package, path) for key, path in places.items()}
        finally:
            package.close()
    # debhelper may have cut it off, and says so in a comment at its end.
    changelog = re.sub(rb"^#.*\n", b"", texts[DEBIAN_CHANGELOG], flags=re.MULTILINE)
    texts[DEBIAN_CHANGELOG] = changelog
    return PublishedPayload(
        manifest=parse_manifest(decoded(manifest, f"{deb}: {MANIFEST}"), f"{deb}: {MANIFEST}"),
        version=control["Version"],
        digest=digest_bytes(manifest),
        texts={key: decoded(data, f"{deb}: {key}") for key, data in texts.items()},
    )


def _places(name: ModulePackage) -> dict[str, Path]:
    """Where a payload package has its texts."""
    home = Path(payload_home(name.module, name.flavor, name.arch, name.version))
    documents = DOCUMENTS / str(name)
    return {
        MANIFEST: home / MANIFEST,
        PACKAGES: home / packages_file(name.module),
        CONTENTS: home / contents_file(name.module),
        CHANGELOG: documents / f"{name.module}.changelog",
        PACKAGES_CHANGELOG: documents / f"{name.module}.packages.changelog.gz",
        CONTENTS_CHANGELOG: documents / f"{name.module}.contents.changelog.gz",
        DEBIAN_CHANGELOG: documents / "changelog.Debian.gz",
    }


def read_inputs_of(packaging: Path) -> dict[str, str]:
    """The files below ``debian/qlumod/`` of a ``.debian.tar.xz``, by relative path."""
    with _readable(packaging), tarfile.open(packaging, "r:xz") as archive:
        return {
            member.name.removeprefix(INPUTS): decoded(_data(archive, member), member.name)
            for member in archive
            if member.isfile() and member.name.startswith(INPUTS)
        }


def _content(package: Any, path: Path) -> bytes:
    data: bytes = package.data.get_content(str(path))
    return unpacked(data, str(path)) if path.suffix == ".gz" else data


def _data(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member)
    return content.read() if content else b""


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except _BROKEN as fault:
        raise QlumodError(
            f"{path}: cannot read what it says of its module: {fault}",
            remedy="name a whole payload package; qlumod repo check looks through a repository",
        ) from fault
