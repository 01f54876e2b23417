"""What qlumod asks of a kind of packages: whoever offers all of this is a packaging.

The package ``debian`` beside this file has Debian's.
"""

from dataclasses import dataclass

from qlumod.model.names import PackagingName
from qlumod.packaging.answers import Answers
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
    """A kind of packages, and all that knows how to deal with it."""

    name: PackagingName
    """As a release names it."""
    place: str
    """Where a process of its own finds this value (``module:name``, see `choice.packaging_at`)."""
    archives: HoldArchives
    """Holds the archives of a release: packages are locked and fetched from them."""
    tools: BuildTools
    """Tells the versions of the tools that shape what is built."""
    installer: Installer
    """What puts packages into roots."""
    database: PackageDatabase
    """What a root says of the packages in it."""
    reference: Reference
    """What is special about the installation that a stack is compared with."""
    state: StateTable
    """The rules of shared state: what packages write together at run time."""
    meet: Meet = silent
    """What packages of modules tell each other that meet in a stack only."""
    answers: Answers | None = None
    """Where answers to packages' questions are kept; None: packages ask nothing."""
    initrd: InitrdMaker
    """Where kernels and initrds lie, and how an initrd is made."""
    permits: PackagingPermits
    """What one installation may have otherwise than a stack."""
