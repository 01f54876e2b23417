"""The interface of a packaging: all that qlumod needs of a kind of packages.

The package ``debian`` beside this file implements it for Debian.
"""

from dataclasses import dataclass

from qlumod.model.names import PackagingName
from qlumod.packaging.answers import NO_ANSWERS, Answers
from qlumod.packaging.archives import BuildTools, HoldArchives
from qlumod.packaging.database import PackageDatabase
from qlumod.packaging.initrd import InitrdMaker
from qlumod.packaging.installer import Installer
from qlumod.packaging.meeting import Meet, silent
from qlumod.packaging.permits import PackagingPermits
from qlumod.packaging.reference import Reference
from qlumod.state.state_table import StateTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaging:
    """A kind of packages, with the parts that handle it."""

    name: PackagingName
    """Its name in a release."""
    archives: HoldArchives
    """Holds the archives of a release, for locking and fetching packages."""
    tools: BuildTools
    """Reports the versions of the tools that affect the result of a build."""
    installer: Installer
    """Installs packages into roots."""
    database: PackageDatabase
    """Reads the package database of a root."""
    reference: Reference
    """The packaging's part of the installation with which a stack is compared."""
    state: StateTable
    """The rules of shared state: files that several packages write at run time."""
    meet: Meet = silent
    """The triggers and diversions between modules that were not built over each other."""
    answers: Answers = NO_ANSWERS
    """The files of answers to packages' questions."""
    initrd: InitrdMaker
    """The paths of kernels and initrds, and making an initrd."""
    permits: PackagingPermits
    """The permitted differences between one installation and a stack."""
