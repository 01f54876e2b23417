"""The entries of a suite: the paragraphs of Packages and Sources."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qlumod.model.names import Digest
from qlumod.model.stanzas import ControlStanza, is_computed, read_stanzas, stanza_text

SOURCE = "source"
"""The architecture of source packages in .changes files."""
ALL = "all"

_PACKAGE_ORDER = (
    "Package", "Source", "Version", "Architecture", "Essential", "Protected", "Multi-Arch",
    "Maintainer", "Installed-Size", "Provides", "Pre-Depends", "Depends", "Recommends",
    "Suggests", "Enhances", "Conflicts", "Breaks", "Replaces",
)  # fmt: skip
_PACKAGE_END = ("Section", "Priority", "Homepage", "Filename", "Size", "SHA256", "Description")
_SOURCE_ORDER = ("Package", "Binary", "Version", "Architecture", "Maintainer", "Uploaders")
_SOURCE_END = ("Directory", "Files", "Checksums-Sha256")
_PACKAGE_COMPUTED = ("Filename", "Size", "SHA256")
_SOURCE_COMPUTED = _SOURCE_END
_BUILT_USING = re.compile(r"^(?:Static-)?Built-Using:(.*(?:\n[ \t].*)*)", re.MULTILINE)
_SOURCE_OF = re.compile(r"([A-Za-z0-9][A-Za-z0-9+.-]*)\s*\(\s*=?\s*([^\s()]+)\s*\)")
_FIELD_NAME = re.compile(r"^([^\s:]+):", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PoolFile:
    """A published file: its path below the repository, its size and its digest."""

    path: str
    size: int
    sha256: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """One binary or source package of a suite; `text` is its whole paragraph."""

    package: str
    version: str
    architecture: str
    source: tuple[str, str]
    """Name and version of the source package from which it was built."""
    files: tuple[PoolFile, ...]
    text: str

    @property
    def is_source(self) -> bool:
        """Whether the entry is a source package."""
        return self.architecture == SOURCE

    @property
    def built_from(self) -> tuple[tuple[str, str], ...]:
        """The sources of which it has parts: its own, and those of (Static-)Built-Using."""
        if "uilt-Using:" not in self.text:
            return (self.source,)
        listed = (
            of for value in _BUILT_USING.findall(self.text) for of in _SOURCE_OF.findall(value)
        )
        return (self.source, *listed)

    @property
    def foreign(self) -> tuple[str, ...]:
        """The fields about its files that this program does not compute, as older ones let in."""
        own = _SOURCE_COMPUTED if self.is_source else _PACKAGE_COMPUTED
        names = _FIELD_NAME.findall(self.text)
        return tuple(name for name in names if name not in own and is_computed(name))

    @property
    def title(self) -> str:
        """The name in errors and reports."""
        return f"{self.package} {self.version} ({self.architecture})"

    @property
    def order(self) -> tuple[str, str, str]:
        """The sort key in an index."""
        return (self.package, self.architecture, self.version)


def sort_entries(entries: Iterable[IndexEntry]) -> tuple[IndexEntry, ...]:
    """Sort entries as in an index."""
    return tuple(sorted(entries, key=lambda entry: entry.order))


def binary_entry(control: Mapping[str, str], file: PoolFile) -> IndexEntry:
    """The entry of a .deb with that control paragraph (`qlumod.model.stanzas.normalised`)."""
    fields = {
        **control,
        "Filename": file.path,
        "Size": str(file.size),
        "SHA256": file.sha256,
    }
    return IndexEntry(
        package=control["Package"],
        version=control["Version"],
        architecture=control["Architecture"],
        source=_source_of(control),
        files=(file,),
        text=_paragraph(fields, _PACKAGE_ORDER, _PACKAGE_END),
    )


def source_entry(control: Mapping[str, str], files: tuple[PoolFile, ...]) -> IndexEntry:
    """The entry of a source package from the fields of its .dsc, to which its digests are added."""
    name, version = control["Package"], control["Version"]
    return IndexEntry(
        package=name,
        version=version,
        architecture=SOURCE,
        source=(name, version),
        files=files,
        text=_paragraph(control, _SOURCE_ORDER, _SOURCE_END),
    )


def read_packages(text: str, where: str = "Packages") -> tuple[IndexEntry, ...]:
    """Read a Packages file that qlumod wrote; raises `QlumodError`."""
    return tuple(_published_binary(each) for each in read_stanzas(text, where))


def read_sources(text: str, where: str = "Sources") -> tuple[IndexEntry, ...]:
    """Read a Sources file that qlumod wrote; raises `QlumodError`."""
    return tuple(_published_source(each) for each in read_stanzas(text, where))


def _published_binary(told: ControlStanza) -> IndexEntry:
    file = PoolFile(
        path=told.need("Filename"), size=told.number("Size"), sha256=Digest(told.need("SHA256"))
    )
    return IndexEntry(
        package=told.need("Package"),
        version=told.need("Version"),
        architecture=told.need("Architecture"),
        source=_source_of(told.fields),
        files=(file,),
        text=told.text,
    )


def _published_source(told: ControlStanza) -> IndexEntry:
    name, version = told.need("Package"), told.need("Version")
    files = tuple(
        PoolFile(path=f"{told.need('Directory')}/{file}", size=size, sha256=Digest(sha256))
        for sha256, size, file in told.files("Checksums-Sha256")
    )
    return IndexEntry(
        package=name,
        version=version,
        architecture=SOURCE,
        source=(name, version),
        files=files,
        text=told.text,
    )


def _source_of(fields: Mapping[str, str]) -> tuple[str, str]:
    """Parse ``Source: name (version)``; a missing part is the package's own name or version."""
    name, _, version = fields.get("Source", fields["Package"]).partition(" ")
    return name, version.strip("() ") or fields["Version"]


def _paragraph(fields: Mapping[str, str], first: tuple[str, ...], last: tuple[str, ...]) -> str:
    between = sorted(name for name in fields if name not in first and name not in last)
    names = (*first, *between, *last)
    return stanza_text({name: fields[name] for name in names if name in fields})
