"""Debian's packaging: .debs, with dpkg and apt."""

from typing import TYPE_CHECKING

from qlumod.model.names import DEB

if TYPE_CHECKING:
    from qlumod.packaging.answers import Answers
    from qlumod.packaging.archives import BuildTools, HoldArchives
    from qlumod.packaging.database import PackageDatabase
    from qlumod.packaging.initrd import InitrdMaker
    from qlumod.packaging.installer import Installer
    from qlumod.packaging.interfaces import Packaging
    from qlumod.packaging.meeting import Meet
    from qlumod.packaging.permits import PackagingPermits
    from qlumod.packaging.reference import Reference
    from qlumod.state.state_table import StateTable

# ruff: noqa: PLC0415 - each part is imported when it is first used; `Packaging` describes it


class _Debian:
    """The parts of `qlumod.packaging.interfaces.Packaging`."""

    name = DEB

    @property
    def archives(self) -> "HoldArchives":
        from qlumod.packaging.debian.apt_archives import apt_archives

        return apt_archives

    @property
    def tools(self) -> "BuildTools":
        from qlumod.packaging.debian.build_tools import tools

        return tools

    @property
    def installer(self) -> "Installer":
        from qlumod.packaging.debian.roots.deb_installer import DebInstaller

        return DebInstaller()

    @property
    def database(self) -> "PackageDatabase":
        from qlumod.packaging.debian.roots.dpkg_database import DpkgDatabase

        return DpkgDatabase()

    @property
    def reference(self) -> "Reference":
        from qlumod.packaging.debian.roots.deb_reference import DebReference

        return DebReference()

    @property
    def state(self) -> "StateTable":
        from qlumod.packaging.debian.state.state_table import STATE_TABLE

        return STATE_TABLE

    @property
    def meet(self) -> "Meet":
        from qlumod.packaging.debian.meeting import met

        return met

    @property
    def answers(self) -> "Answers":
        from qlumod.packaging.debian.answers import ANSWERS

        return ANSWERS

    @property
    def initrd(self) -> "InitrdMaker":
        from qlumod.packaging.debian.initramfs_tools import INITRAMFS_TOOLS

        return INITRAMFS_TOOLS

    @property
    def permits(self) -> "PackagingPermits":
        from qlumod.packaging.debian.installing_traces import DEBIAN_PERMITS

        return DEBIAN_PERMITS


DEBIAN: "Packaging" = _Debian()
