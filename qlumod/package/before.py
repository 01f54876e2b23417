"""The predecessor of a module: the texts that describe it, for later comparisons.

They are one document in the package store, by digest, and single files below
``debian/qlumod/before/`` in source packages. They are not compressed: the same texts have the same
digest however they were compressed when they were published.
"""

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.contents import PackageLine, PathLine, parse_contents, parse_packages
from qlumod.model.digests import digest_bytes
from qlumod.model.document import decoded
from qlumod.model.names import Digest, ModuleName
from qlumod.model.packed import MOST
from qlumod.system.disk.regular_files import read_bytes

BEFORE = "before"
"""The directory below ``debian/qlumod/`` with a directory for each module."""
PACKAGES = "packages"
CONTENTS = "contents"
CHANGELOG = "changelog"
PACKAGES_CHANGELOG = "packages.changelog"
CONTENTS_CHANGELOG = "contents.changelog"
DEBIAN_CHANGELOG = "debian.changelog"
SPEC = "spec"
"""The canonical text of its spec; missing if its source package was not published."""
TEXTS = (
    PACKAGES, CONTENTS, CHANGELOG, PACKAGES_CHANGELOG, CONTENTS_CHANGELOG, DEBIAN_CHANGELOG, SPEC,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Predecessor:
    """The published version before this one."""

    module: ModuleName
    version: str
    texts: Mapping[str, str]
    """By name; see `TEXTS`."""

    @cached_property
    def packages(self) -> tuple[PackageLine, ...]:
        """The packages of its layer."""
        return parse_packages(self.texts[PACKAGES], self._named(PACKAGES))

    @cached_property
    def contents(self) -> tuple[PathLine, ...]:
        """The paths of its layer."""
        return parse_contents(self.texts[CONTENTS], self._named(CONTENTS))

    @property
    def files(self) -> dict[str, str]:
        """Its texts as files of a source package, by path below ``debian/qlumod/``."""
        return {f"{BEFORE}/{self.module}/{name}": text for name, text in self.texts.items()}

    def _named(self, name: str) -> str:
        return f"{self.module} {self.version}: {name}"


def predecessor_document(texts: Mapping[str, str]) -> bytes:
    """Make a document from texts: an uncompressed tar archive, the same bytes every time."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(texts):
            data = texts[name].encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return written.getvalue()


def read_predecessor(data: bytes, path: str) -> dict[str, str]:
    """Read the texts of a document; raises `QlumodError`."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            return {
                member.name: decoded(_content(archive, member), f"{path}: {member.name}")
                for member in archive
            }
    except (tarfile.TarError, LookupError, ValueError, OSError) as fault:
        raise QlumodError(
            f"{path}: what it says of the version before is damaged: {fault}",
            remedy="lock again: qlumod lock",
        ) from fault


def read_texts(inputs: Path, module: ModuleName, digest: Digest) -> dict[str, str]:
    """Read a predecessor's texts from a source package; `digest` is the one in its lock."""
    place = inputs / BEFORE / module
    texts = {
        name: decoded(read_bytes(place / name, most=MOST), str(place / name))
        for name in TEXTS
        if (place / name).exists()
    }
    if digest_bytes(predecessor_document(texts)) != digest:
        raise QlumodError(
            f"{place}: this is not the predecessor of {module} that the lock names",
            remedy="unpack the source package again, or write it anew",
        )
    return texts


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member)
    return content.read() if content else b""
