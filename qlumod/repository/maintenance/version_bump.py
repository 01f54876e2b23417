"""Earlier meta packages with a higher version, so that clients follow a rollback."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from debian.debian_support import Version

from qlumod.errors import QlumodError
from qlumod.model.lines import lines_of
from qlumod.model.names import ModulePackage, ReleaseVersion
from qlumod.model.stanzas import as_text
from qlumod.packaging.debian.deb import Deb
from qlumod.repository.format.index_entries import IndexEntry
from qlumod.repository.format.layout import Layout
from qlumod.system.disk.documents import read_small
from qlumod.system.disk.removal import remove_tree
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture

REALLY = "+really"
_MODULE = "-module-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """A meta package and its new version, higher than the one that clients may have."""

    entry: IndexEntry
    version: str


def to_raise(before: Iterable[IndexEntry], after: Iterable[IndexEntry]) -> tuple[Raised, ...]:
    """The meta packages of `after` that are older than those of `before`, the present suite."""
    now = {entry.package: entry.version for entry in before if is_meta(entry)}
    return tuple(
        Raised(entry=entry, version=really(now[entry.package], entry.version))
        for entry in after
        if is_meta(entry)
        and entry.package in now
        and Version(entry.version) < Version(now[entry.package])
    )


def is_meta(entry: IndexEntry) -> bool:
    """Whether a package is a meta package of a module: ``…-x.y``, ``…-x`` or without a version."""
    if entry.is_source or _MODULE not in entry.package:
        return False
    try:
        ReleaseVersion.parse(ModulePackage.parse(entry.package).version)
    except QlumodError:
        return True
    return False


def really(highest: str, version: str) -> str:
    """A version above `highest` that contains the real one: ``14.0.1+really14.0.0-1``."""
    meant = version.rpartition(REALLY)[2]
    upstream = highest.rpartition("-")[0] or highest
    short = f"{upstream.partition(REALLY)[0]}{REALLY}{meant}"
    return short if Version(short) > Version(highest) else f"{upstream}{REALLY}{meant}"


def make_raised(layout: Layout, raised: Sequence[Raised], folder: Path) -> tuple[Path, ...]:
    """Build the packages with the same files and the higher version; the bytes are reproducible."""
    versions = {one.entry.package: one.version for one in raised}
    return tuple(
        _make(layout.root / one.entry.files[0].path, one, versions, folder) for one in raised
    )


def _make(published: Path, raised: Raised, versions: Mapping[str, str], folder: Path) -> Path:
    entry = raised.entry
    tree = folder / f"{entry.package}.tree"
    made = folder / f"{entry.package}_{raised.version}_{entry.architecture}.deb"
    capture(command("dpkg-deb", "--raw-extract", published, tree))
    control = tree / "DEBIAN/control"
    text = as_text(read_small(control))
    control.write_bytes(_control(text, raised, versions).encode())
    epoch = {"SOURCE_DATE_EPOCH": str(_time(published))}
    words = ("--root-owner-group", "-Zxz", "--build", tree, made)
    capture(command("dpkg-deb", *words, environment=epoch))
    remove_tree(tree)
    return made


def _control(text: str, raised: Raised, versions: Mapping[str, str]) -> str:
    """The control file with the new versions.

    They are in Version and in relations to other raised meta packages; Source names the old one.
    """
    source = "Source: {} ({})".format(*raised.entry.source)
    lines = [line for line in lines_of(text) if not line.startswith("Source:")]
    text = "".join(f"{line}\n" for line in (lines[0], source, *lines[1:]))
    text = re.sub(r"^Version: .*$", f"Version: {raised.version}", text, flags=re.MULTILINE)
    for package, version in sorted(versions.items()):
        text = re.sub(
            rf"(?<![\w.+-]){re.escape(package)} \(= [^)]*\)", f"{package} (= {version})", text
        )
    return text


def _time(deb: Path) -> int:
    """The time when the package was made, from its control archive."""
    return max(file.mtime for file in Deb.at(deb).control_files())
