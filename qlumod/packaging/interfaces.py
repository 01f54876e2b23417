"""The interface of a packaging: all that qlumod needs of a kind of packages.

The package ``debian`` beside this file implements it for Debian.
"""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from qlumod.model.names import PackagingName
    from qlumod.packaging.answers import Answers
    from qlumod.packaging.archives import BuildTools, HoldArchives
    from qlumod.packaging.database import PackageDatabase
    from qlumod.packaging.initrd import InitrdMaker
    from qlumod.packaging.installer import Installer
    from qlumod.packaging.meeting import Meet
    from qlumod.packaging.permits import PackagingPermits
    from qlumod.packaging.reference import Reference
    from qlumod.state.state_table import StateTable


class Packaging(Protocol):
    """A kind of packages, with the parts that handle it.

    The parts are properties, so that a packaging imports each part when it is first used.
    """

    @property
    def name(self) -> "PackagingName":
        """Its name in a release."""

    @property
    def archives(self) -> "HoldArchives":
        """Holds the archives of a release, for locking and fetching packages."""

    @property
    def tools(self) -> "BuildTools":
        """Reports the versions of the tools that affect the result of a build."""

    @property
    def installer(self) -> "Installer":
        """Installs packages into roots."""

    @property
    def database(self) -> "PackageDatabase":
        """Reads the package database of a root."""

    @property
    def reference(self) -> "Reference":
        """The packaging's part of the installation with which a stack is compared."""

    @property
    def state(self) -> "StateTable":
        """The rules of shared state: files that several packages write at run time."""

    @property
    def meet(self) -> "Meet":
        """The triggers and diversions between modules that were not built over each other.

        A packaging that has none uses `qlumod.packaging.meeting.silent`.
        """

    @property
    def answers(self) -> "Answers":
        """The files of answers to packages' questions.

        A packaging that has none uses `qlumod.packaging.answers.NO_ANSWERS`.
        """

    @property
    def initrd(self) -> "InitrdMaker":
        """The paths of kernels and initrds, and making an initrd."""

    @property
    def permits(self) -> "PackagingPermits":
        """The permitted differences between one installation and a stack."""
