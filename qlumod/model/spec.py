"""The module spec: the input of an engineer for one module."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.build_option import BuildOption
from qlumod.model.names import Digest, FlavorName, ModuleName, PackageName
from qlumod.model.public import Public
from qlumod.model.relation import Relation
from qlumod.model.secret import Secret, SecretKind
from qlumod.model.stacks import Circle, gaps, in_order, stack_of

__all__ = [
    "ModuleSpec",
    "Relation",
    "Restored",
    "Secret",
    "SecretKind",
    "in_build_order",
    "wanted_in",
    "with_requirements",
]

SUFFIX = ".module"
"""The suffix of a spec's file name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """Paths of a lower module's package that were left out there, and are restored in this one."""

    package: str
    """The package's name, in which ``*`` matches anything (a kernel's name has its version)."""
    pattern: str
    """A dpkg pattern."""
    flavors: tuple[FlavorName, ...] = ()
    """The flavors for which they are restored; empty: all."""

    def __str__(self) -> str:
        flavors = f" <{' '.join(self.flavors)}>" if self.flavors else ""
        return f"{self.package}{flavors}: {self.pattern}"

    def names(self, package: PackageName) -> bool:
        """Whether it applies to that package."""
        return fnmatchcase(package, self.package)

    def matches(self, path: str) -> bool:
        """Whether it applies to that canonical path, whose form in the .deb may differ."""
        return any(fnmatchcase(spelt, self.pattern) for spelt in (path, path.removeprefix("/usr")))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSpec:
    """The content of a ``.module`` file for one module; each of its variants is a module of its
    own.

    Fields of the file and attributes have the same names; the table `SPEC_FIELDS` says how each is
    read. `packages` and other relations are unchanged, for all flavors; see `packages_for`.
    `digest` is that of the canonical text (`spec_text`), which has no path, line numbers or
    comments.
    """

    module: ModuleName
    variant_of: ModuleName | None
    """For a variant: the module that the file describes."""
    path: str = field(compare=False)
    """The file it was read from, for errors."""
    title: str
    stack_group: str
    description: str
    """Synopsis, then the extended lines as in a control file (Policy 5.6.13) without their first
    space (an empty line is ``.``), joined by newlines.
    """
    flavors: tuple[FlavorName, ...]
    """The flavors that have the module; empty: all."""
    requires: tuple[ModuleName, ...]
    conflicts: tuple[ModuleName, ...]
    """Modules that cannot be in one image with it; for a variant, including the other variants."""
    archives: tuple[Relation, ...]
    """Archives of the release that are preferred for its packages; see `archives_for`."""
    packages: tuple[Relation, ...]
    build_packages: tuple[Relation, ...]
    """The packages installed for compiling kernel modules, which are never in the layer."""
    kernel_modules: tuple[Relation, ...]
    """Packages of dkms sources: compiled for core's kernel, and replaced by the result."""
    build_options: tuple[BuildOption, ...]
    """Variables and options with which they are compiled."""
    restore: tuple[Restored, ...]
    recommends: bool
    """Whether the packages' Recommends are installed, too."""
    exclude: tuple[str, ...]
    """dpkg path-exclude patterns of this module."""
    include: tuple[str, ...]
    """dpkg path-include patterns: exceptions to the excludes."""
    wins: tuple[str, ...]
    """Absolute paths where this module's file overrides that of a module below."""
    enable: tuple[str, ...]
    """systemd units to enable at the end of the build."""
    disable: tuple[str, ...]
    """systemd units to disable at the end of the build."""
    debconf: tuple[str, ...]
    """Preseeding lines of debconf-set-selections(1): ``package question type value``."""
    secrets: tuple[Secret, ...]
    public: tuple[Public, ...]
    """Suspected secrets that are public, each with the reason."""
    redistribute: bool
    """Whether its packages may be given to anybody: otherwise no public suite accepts them."""
    prefer: tuple[PackageName, ...]
    """Packages that are preferred among alternatives that satisfy a dependency."""
    digest: Digest
    lines: tuple[tuple[str, int], ...] = field(compare=False, repr=False)
    """The lines of fields (``Requires``) and their items (``Requires core``), for errors."""

    def packages_for(self, flavor: FlavorName) -> tuple[Relation, ...]:
        """The requested packages in a flavor, in the file's order."""
        return wanted_in(flavor, self.packages)

    def build_packages_for(self, flavor: FlavorName) -> tuple[Relation, ...]:
        """The packages installed for compiling kernel modules, in a flavor."""
        return wanted_in(flavor, self.build_packages)

    def kernel_modules_for(self, flavor: FlavorName) -> tuple[Relation, ...]:
        """The packages of dkms sources, in a flavor."""
        return wanted_in(flavor, self.kernel_modules)

    def build_options_for(self, flavor: FlavorName, package: PackageName) -> tuple[str, ...]:
        """The variables and options with which a package of dkms sources is compiled."""
        return tuple(
            one.text
            for one in self.build_options
            if one.package == package and (not one.flavors or flavor in one.flavors)
        )

    def restore_for(self, flavor: FlavorName) -> tuple[Restored, ...]:
        """The restored paths in a flavor."""
        return tuple(r for r in self.restore if not r.flavors or flavor in r.flavors)

    def archives_for(self, flavor: FlavorName) -> tuple[str, ...]:
        """The names of the archives that are preferred for its packages, in a flavor."""
        return tuple(relation.name for relation in wanted_in(flavor, self.archives))

    def made_in(self, flavor: FlavorName) -> bool:
        """Whether a flavor has the module."""
        return not self.flavors or flavor in self.flavors

    def at(self, name: str, item: str = "") -> str:
        """The position of a field, or of an item in it: ``slurm.module:5: Requires``."""
        lines = dict(self.lines)
        line = lines.get(f"{name} {item}") or lines.get(name) or lines.get("Module", 1)
        return f"{self.path}:{line}: {name}"


def wanted_in(flavor: FlavorName, relations: Iterable[Relation]) -> tuple[Relation, ...]:
    """Those of some relations that are for a flavor, in their order."""
    return tuple(r for r in relations if not r.flavors or flavor in r.flavors)


def in_build_order(specs: Sequence[ModuleSpec]) -> tuple[ModuleSpec, ...]:
    """Sort by requirement (required modules first), then by name; raises on cycles and gaps."""
    known = {spec.module: spec for spec in specs}
    raise_faults(_unknown(spec, below, known) for spec, below in gaps(specs))
    try:
        return in_order(specs)
    except Circle as circle:
        upper, lower, *_ = circle.way
        raise QlumodError(
            f"{known[upper].at('Requires', lower)}: {circle.brief}", remedy=circle.remedy
        ) from None


def with_requirements(
    wanted: Sequence[ModuleName], specs: Sequence[ModuleSpec]
) -> tuple[ModuleSpec, ...]:
    """The wanted modules and all that they require, in build order; raises on an unknown name."""
    known = {spec.module: spec for spec in specs}
    raise_faults(
        QlumodError(
            f"there is no module {name!r}", remedy=f"choose from {', '.join(sorted(known))}"
        )
        for name in wanted
        if name not in known
    )
    names = {name for one in wanted for name in stack_of(one, known)}
    found = tuple(spec for name, spec in known.items() if name in names)
    raise_faults(_unknown(spec, below, known) for spec, below in gaps(found))
    return in_build_order(found)


def _unknown(
    spec: ModuleSpec, below: ModuleName, known: Mapping[ModuleName, ModuleSpec]
) -> QlumodError:
    return QlumodError(
        f"{spec.at('Requires', below)}: there is no module {below!r}",
        remedy=f"write {below}{SUFFIX}, or choose from {', '.join(sorted(known))}",
    )
