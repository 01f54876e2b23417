"""Finding published modules in a repository, to compare new ones with them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.names import (
    ArchName,
    FlavorName,
    ModuleName,
    ModulePackage,
    ReleaseVersion,
    suite_name,
)
from qlumod.model.numbers import number
from qlumod.repository.format.index_entries import ALL, IndexEntry
from qlumod.repository.format.layout import UPDATES, Layout
from qlumod.repository.format.retired_names import remembered
from qlumod.repository.format.snapshots import Snapshot, all_snapshots, current_snapshot
from qlumod.repository.publishing.package_files import pool_directory

_REVISION = re.compile(r"0|[1-9][0-9]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedModule:
    """A published version of a module: its payload package, and its source package if it exists."""

    version: ReleaseVersion
    revision: int
    deb: Path
    packaging: Path | None
    """The ``.debian.tar.xz`` of its source package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedVersion:
    """The modules to find: those of one release × flavor × architecture."""

    prefix: str
    version: ReleaseVersion
    flavor: FlavorName
    architecture: ArchName

    def payload(self, module: ModuleName, version: ReleaseVersion | None = None) -> str:
        """The name of a module's payload package."""
        return str(
            ModulePackage(
                prefix=self.prefix,
                module=module,
                flavor=self.flavor,
                arch=self.architecture,
                version=str(version or self.version),
            )
        )

    def source(self, module: ModuleName) -> str:
        """The name of a module's source package."""
        return self.payload(module).rpartition("-")[0]


def bases(layout: Layout, wanted: WantedVersion, name: str | None = None) -> tuple[Snapshot, ...]:
    """The snapshots with which new modules are compared: by the name of a snapshot or a suite.

    Without a name, they are the current ones of the release's suite, of its updates, and of the
    suites of earlier minor releases of the flavor.
    """
    if name:
        return published_as(layout, name)
    suites = (suite for suite in layout.suite_names() if is_compared_with(suite, wanted))
    return _current(layout, suites)


def _current(layout: Layout, suites: Iterable[str]) -> tuple[Snapshot, ...]:
    return tuple(found for name in suites if (found := current_snapshot(layout, name)))


def newest(
    bases: Iterable[Snapshot], layout: Layout, wanted: WantedVersion, modules: Iterable[ModuleName]
) -> Mapping[ModuleName, PublishedModule]:
    """The newest version of each module that is not newer than the wanted release."""
    entries = [entry for base in bases for entry in base.entries()]
    sources = {entry.source: entry for entry in entries if entry.is_source}
    names = {wanted.payload(module).rpartition("-")[0]: module for module in modules}
    found: dict[ModuleName, PublishedModule] = {}
    for entry in entries:
        module = names.get(entry.package.rpartition("-")[0])
        version = _module_version(entry.package, entry.version)
        if module is None or version is None or version[0] > wanted.version:
            continue
        if module not in found or version > (found[module].version, found[module].revision):
            found[module] = _published(layout, entry, version, sources.get(entry.source))
    return found


def payloads(base: Snapshot, layout: Layout) -> Mapping[tuple[str, ...], Path]:
    """The newest payload package of each module × flavor × architecture in a snapshot."""
    found: dict[tuple[str, ...], tuple[tuple[ReleaseVersion, int], Path]] = {}
    for entry in base.entries():
        version = _module_version(entry.package, entry.version)
        if version:
            name = ModulePackage.parse(entry.package)
            key = (name.module, name.flavor, name.arch)
            if key not in found or version > found[key][0]:
                found[key] = version, layout.root / entry.files[0].path
    return {key: path for key, (_, path) in sorted(found.items())}


def published_as(layout: Layout, name: str) -> tuple[Snapshot, ...]:
    """The snapshot of that name (for each suite in it), or the current snapshot of a suite."""
    if name in layout.suite_names():
        return _current(layout, [name])
    found = tuple(one for one in all_snapshots(layout) if one.identity == name)
    if not found:
        raise QlumodError(
            f"{layout.root} has neither a suite nor a snapshot {name!r}",
            details=(f"its suites: {', '.join(layout.suite_names()) or 'none yet'}",),
            remedy=f"qlumod snapshot list --repository {layout.root} names the snapshots",
        )
    return found


def at_version(
    layout: Layout, wanted: WantedVersion, module: ModuleName, version: str
) -> PublishedModule | None:
    """A published version of a module in any suite, from the pool; None: it was removed."""
    release, _, revision = version.rpartition("-")
    found = ReleaseVersion.parse(release)
    source = wanted.source(module)
    folder = layout.root / pool_directory(source)
    deb = folder / f"{wanted.payload(module, found)}_{version}_{ALL}.deb"
    packaging = folder / f"{source}_{version}.debian.tar.xz"
    if not deb.is_file():
        return None
    return PublishedModule(
        version=found,
        revision=number(revision),
        deb=deb,
        packaging=packaging if packaging.is_file() else None,
    )


def highest_revision(layout: Layout, wanted: WantedVersion, module: ModuleName) -> int:
    """The highest N of the wanted release that was ever published; 0: none was."""
    folder = layout.root / pool_directory(wanted.source(module))
    start = f"{wanted.payload(module)}_{wanted.version}-"
    paths = [*folder.glob(f"{start}*_{ALL}.deb"), *map(Path, remembered(layout))]
    names = (path.name for path in paths if path.name.startswith(start))
    return max(map(number, _revisions(names, start)), default=0)


def _revisions(names: Iterable[str], start: str) -> Iterator[str]:
    for name in names:
        revision = name.removeprefix(start).removesuffix(f"_{ALL}.deb")
        if _REVISION.fullmatch(revision):
            yield revision


def is_compared_with(suite: str, wanted: WantedVersion) -> bool:
    """Whether a suite is that of the wanted release, of its updates, or of an earlier release."""
    minor, _, flavor = suite.removesuffix(UPDATES).partition("-")
    try:
        earliest = ReleaseVersion.parse(f"{minor}.0")
    except QlumodError:
        return False
    return suite_name(earliest, wanted.flavor) == f"{minor}-{flavor}" and earliest <= wanted.version


def _module_version(package: str, version: str) -> tuple[ReleaseVersion, int] | None:
    """The version of a payload package (x.y.z from its name, and N); None for other packages."""
    release, _, revision = version.rpartition("-")
    if package.rpartition("-")[2] != release or not _REVISION.fullmatch(revision):
        return None
    try:
        return ReleaseVersion.parse(release), number(revision)
    except QlumodError:
        return None


def _published(
    layout: Layout,
    entry: IndexEntry,
    version: tuple[ReleaseVersion, int],
    source: IndexEntry | None,
) -> PublishedModule:
    files = [file.path for file in source.files] if source else []
    packaging = next((path for path in files if path.endswith(".debian.tar.xz")), None)
    return PublishedModule(
        version=version[0],
        revision=version[1],
        deb=layout.root / entry.files[0].path,
        packaging=layout.root / packaging if packaging else None,
    )
