"""What a suite offers, entry by entry: the paragraphs of Packages and Sources."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from qlumod.model.names import Digest
from qlumod.model.numbers import number

SOURCE = "source"
"""The architecture of source packages, as .changes files call it."""
ALL = "all"

_PACKAGE_ORDER = (
    "Package", "Source", "Version", "Architecture", "Essential", "Protected", "Multi-Arch",
    "Maintainer", "Installed-Size", "Provides", "Pre-Depends", "Depends", "Recommends",
    "Suggests", "Enhances", "Conflicts", "Breaks", "Replaces",
)  # fmt: skip
_PACKAGE_END = ("Section", "Priority", "Homepage", "Filename", "Size", "SHA256", "Description")
COMPUTED = frozenset(
    ("filename", "size", "md5sum", "sha1", "sha256", "sha512", "description-md5", "directory")
)
"""Fields that tell of the file and of the index: here they are told, and never by a package."""
_SOURCE_ORDER = ("Package", "Binary", "Version", "Architecture", "Maintainer", "Uploaders")
_SOURCE_END = ("Directory", "Files", "Checksums-Sha256")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PoolFile:
    """A published file: its path below the repository, and what its bytes are."""

    path: str
    size: int
    sha256: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One binary or source package of a suite; `text` is its whole paragraph."""

    package: str
    version: str
    architecture: str
    source: tuple[str, str]
    """Name and version of the source package that it was built from."""
    files: tuple[PoolFile, ...]
    text: str

    @property
    def is_source(self) -> bool:
        """Whether it is a source package."""
        return self.architecture == SOURCE

    @property
    def title(self) -> str:
        """How errors and reports name it."""
        return f"{self.package} {self.version} ({self.architecture})"

    @property
    def order(self) -> tuple[str, str, str]:
        """Where it stands in an index."""
        return (self.package, self.architecture, self.version)


def sort_entries(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The order of every index."""
    return tuple(sorted(entries, key=lambda entry: entry.order))


def index_text(entries: Iterable[Entry]) -> str:
    """A whole Packages or Sources file."""
    return "\n".join(entry.text for entry in sort_entries(entries))


def binary_entry(control: Mapping[str, str], file: PoolFile) -> Entry:
    """The entry of a .deb with that control paragraph."""
    fields = {
        **{name: text for name, text in control.items() if name.lower() not in COMPUTED},
        "Filename": file.path,
        "Size": str(file.size),
        "SHA256": file.sha256,
    }
    return Entry(
        package=control["Package"],
        version=control["Version"],
        architecture=control["Architecture"],
        source=_source_of(control),
        files=(file,),
        text=_paragraph(fields, _PACKAGE_ORDER, _PACKAGE_END),
    )


def source_entry(control: Mapping[str, str], files: tuple[PoolFile, ...]) -> Entry:
    """The entry of a source package whose .dsc says that, already with its own digests."""
    name, version = control["Package"], control["Version"]
    return Entry(
        package=name,
        version=version,
        architecture=SOURCE,
        source=(name, version),
        files=files,
        text=_paragraph(control, _SOURCE_ORDER, _SOURCE_END),
    )


def read_packages(text: str) -> tuple[Entry, ...]:
    """Read a Packages file that qlumod wrote."""
    return tuple(_published_binary(text, fields) for text, fields in _paragraphs(text))


def read_sources(text: str) -> tuple[Entry, ...]:
    """Read a Sources file that qlumod wrote."""
    return tuple(_published_source(text, fields) for text, fields in _paragraphs(text))


def checksums(value: str) -> Iterator[tuple[str, int, str]]:
    """The lines ``digest size name`` of Files and Checksums-… fields."""
    for line in value.split("\n"):
        if line.strip():
            digest, size, *rest = line.split()
            yield digest, number(size), rest[-1]


def _published_binary(text: str, fields: Mapping[str, str]) -> Entry:
    file = PoolFile(
        path=fields["Filename"], size=number(fields["Size"]), sha256=Digest(fields["SHA256"])
    )
    return Entry(
        package=fields["Package"],
        version=fields["Version"],
        architecture=fields["Architecture"],
        source=_source_of(fields),
        files=(file,),
        text=text,
    )


def _published_source(text: str, fields: Mapping[str, str]) -> Entry:
    name, version = fields["Package"], fields["Version"]
    files = tuple(
        PoolFile(path=f"{fields['Directory']}/{file}", size=size, sha256=Digest(sha256))
        for sha256, size, file in checksums(fields["Checksums-Sha256"])
    )
    return Entry(
        package=name,
        version=version,
        architecture=SOURCE,
        source=(name, version),
        files=files,
        text=text,
    )


def _source_of(fields: Mapping[str, str]) -> tuple[str, str]:
    """``Source: name (version)``, where both may be left out if they are the package's own."""
    name, _, version = fields.get("Source", fields["Package"]).partition(" ")
    return name, version.strip("() ") or fields["Version"]


def _paragraphs(text: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    # Quick on purpose: an index may have 10,000 paragraphs, and all of them are our own writing.
    for paragraph in text.split("\n\n"):
        if paragraph.strip():
            whole = paragraph.rstrip("\n") + "\n"
            yield whole, _fields(whole)


def _fields(paragraph: str) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in paragraph.rstrip("\n").split("\n"):
        if line[:1] in (" ", "\t"):
            fields[name] += f"\n{line}"
        else:
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    return fields


def _paragraph(fields: Mapping[str, str], first: tuple[str, ...], last: tuple[str, ...]) -> str:
    between = sorted(name for name in fields if name not in first and name not in last)
    names = (*first, *between, *last)
    return "".join(f"{_field(name, fields[name])}\n" for name in names if name in fields)


def _field(name: str, value: str) -> str:
    # A value that begins on the next line leaves no blank behind the colon.
    return f"{name}:{value}" if value.startswith("\n") else f"{name}: {value}"
