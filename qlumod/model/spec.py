"""The module spec: what an engineer writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from qlumod.model.names import Digest, FlavorName, ModuleName, PackageName


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One wanted package, ``slurm-client (>= 22.05) <bookworm>``; restrictions name flavors."""

    name: PackageName
    operator: str = ""
    """``<<``, ``<=``, ``=``, ``>=``, ``>>`` or empty (Policy 7.1)."""
    version: str = ""
    flavors: tuple[FlavorName, ...] = ()
    """Only for these flavors; empty: for all."""
    line: int = 0
    """Where it stands in its file, for errors; 0 where it came from no file."""

    def __str__(self) -> str:
        bound = f" ({self.operator} {self.version})" if self.operator else ""
        restriction = f" <{' '.join(self.flavors)}>" if self.flavors else ""
        return f"{self.name}{bound}{restriction}"


class SecretKind(StrEnum):
    """Where a secret of a running node comes from."""

    SITE = "site"
    """The same on many nodes (munge's key): supplied by the site, never generated."""
    NODE = "node"
    """One node's own (ssh host keys): from the site, a persistent place, or generated at boot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A path that never enters a layer: an absolute path, in which ``*`` matches within a name."""

    path: str
    kind: SecretKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSpec:
    """What one stanza of a ``.module`` file says (a variant is a spec of its own).

    Fields of the file and attributes have the same names. `packages` are the relations as
    written, for all flavors; see `packages_for`. `text` is the canonical text of the stanza.
    """

    module: ModuleName
    path: str
    """The file it was read from, for errors."""
    title: str
    stack_group: str
    description: str
    """Synopsis, then the extended lines as in a control file (Policy 5.6.13), joined by newlines."""
    requires: tuple[ModuleName, ...] = ()
    conflicts: tuple[ModuleName, ...] = ()
    packages: tuple[Relation, ...] = ()
    recommends: bool = False
    """Whether apt takes the packages' Recommends, too."""
    exclude: tuple[str, ...] = ()
    """dpkg path-exclude patterns of this module."""
    include: tuple[str, ...] = ()
    """dpkg path-include patterns: exceptions to the excludes."""
    wins: tuple[str, ...] = ()
    """Absolute paths where this module's file overrides that of a module below."""
    enable: tuple[str, ...] = ()
    """systemd units to enable at the end of the build."""
    disable: tuple[str, ...] = ()
    """systemd units to disable at the end of the build."""
    debconf: tuple[str, ...] = ()
    """Preseeding lines of debconf-set-selections(1): ``package question type value``."""
    secrets: tuple[Secret, ...] = ()
    prefer: tuple[PackageName, ...] = ()
    """Packages that apt is to choose first where alternatives satisfy a dependency."""
    digest: Digest

    def packages_for(self, flavor: FlavorName) -> tuple[Relation, ...]:
        """The packages wanted in a flavor, in the file's order."""
        return tuple(r for r in self.packages if not r.flavors or flavor in r.flavors)


def in_build_order(specs: Sequence[ModuleSpec]) -> tuple[ModuleSpec, ...]:
    """Sort by requirement (what is required first), then by name; raises on cycles and gaps."""
    raise NotImplementedError


def with_requirements(
    wanted: Sequence[ModuleName], specs: Sequence[ModuleSpec]
) -> tuple[ModuleSpec, ...]:
    """The wanted modules and all that they require, in build order; raises on an unknown name."""
    raise NotImplementedError
