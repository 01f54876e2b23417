"""The lines of a layer's packages; pure."""

from collections.abc import Iterable

from qlumod.model.contents import PackageLine
from qlumod.model.lock import LockedPackage


def package_lines(packages: Iterable[LockedPackage]) -> tuple[PackageLine, ...]:
    """A line for each package of a module."""
    return tuple(
        PackageLine(
            package=package.package,
            version=package.version,
            architecture=package.architecture,
            source=package.source,
            sha256=package.sha256,
            archive=package.archive,
        )
        for package in packages
    )
