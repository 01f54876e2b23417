"""Comparing two versions of a module, wherever they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from qlumod.model.content_changes import (
    PackageChange,
    PathChange,
    counts,
    package_changes,
    path_changes,
)
from qlumod.model.contents import PackageLine, PathLine
from qlumod.model.names import ModuleName
from qlumod.package.before import Predecessor
from qlumod.package.published_module import read_payload
from qlumod.stack.payload import Payload


class ListedVersion(Protocol):
    """A version of a module, with the lists of its packages and paths."""

    @property
    def module(self) -> ModuleName: ...

    @property
    def version(self) -> str:
        """Of its package, or of the release."""

    @property
    def packages(self) -> tuple[PackageLine, ...]:
        """The packages of its layer."""

    @property
    def contents(self) -> tuple[PathLine, ...]:
        """The paths of its layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The differences between two versions of a module; None: the version does not exist."""

    module: ModuleName
    old: str | None
    new: str | None
    packages: tuple[PackageChange, ...]
    paths: tuple[PathChange, ...]

    def lines(self, *, brief: bool) -> Iterator[str]:
        """The differences, for people: the number of changes and, unless brief, each of them."""
        yield f"{self.module} {self.old or 'none'} → {self.new or 'none'}"
        for changes, noun in ((self.packages, "package"), (self.paths, "path")):
            yield f"  {counts(changes, noun) or f'no {noun} has changed'}"
            yield from (f"    {change}" for change in changes if not brief)


def listed_version(place: Path) -> ListedVersion:
    """Read a payload package (a .deb), or a payload's directory."""
    if place.is_dir():
        return Payload(directory=place)
    published = read_payload(place)
    return Predecessor(
        module=published.manifest.module, version=published.version, texts=published.texts
    )


def compared(old: ListedVersion | None, new: ListedVersion | None) -> Comparison:
    """Compare two versions; the module's name is that of the new one."""
    there = new or old
    assert there is not None  # one of them is set
    return Comparison(
        module=there.module,
        old=old.version if old else None,
        new=new.version if new else None,
        packages=package_changes(old.packages if old else (), new.packages if new else ()),
        paths=path_changes(old.contents if old else (), new.contents if new else ()),
    )
