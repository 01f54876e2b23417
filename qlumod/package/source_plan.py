"""The plan of a module's source package: its name and version, and its binary packages."""

from dataclasses import dataclass
from itertools import pairwise, product

from qlumod.errors import QlumodError
from qlumod.model.contents import PackageLine, package_lines
from qlumod.model.lock import Lock, LockedPackage
from qlumod.model.names import (
    ArchName,
    FlavorName,
    ModuleName,
    ModulePackage,
    short_package,
)
from qlumod.model.profile import marked
from qlumod.model.release import Release
from qlumod.model.spec import ModuleSpec
from qlumod.package.before import Predecessor

READER = "qlumod-head (>= 0.1~)"
"""The head-node package that reads the format of payloads."""
READER_OF_PUBLIC = "qlumod-head (>= 0.2~)"
"""The head-node package that also reads manifests with the field ``Public``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """One binary package: its name, its dependencies, and its description."""

    name: str
    depends: tuple[str, ...]
    synopsis: str
    text: str
    """The last paragraph of the description: its role among the module's packages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlan:
    """A module's source package before it is written: everything that determines its text.

    `inputs` are the files below ``debian/qlumod/``, by relative path, from which the module can be
    built again.
    """

    release: Release
    spec: ModuleSpec
    lock: Lock
    inputs: tuple[tuple[str, str], ...]
    before: Predecessor | None = None
    debs: tuple[LockedPackage, ...] = ()
    """The locked packages for its build, which may be included in the source package."""

    @property
    def module(self) -> ModuleName:
        """The module that it packages."""
        return self.spec.module

    @property
    def source(self) -> str:
        """The source package's name: ``qlustar-module-slurm-bookworm-amd64``."""
        return self.name_of(self.module, str(self.release.version)).rpartition("-")[0]

    @property
    def epoch(self) -> int:
        """The time of all its packages, in seconds."""
        return self.lock.epoch_of(self.module)

    @property
    def version(self) -> str:
        """The version of all its packages: ``14.0.0-1``."""
        return self.version_of(self.module)

    @property
    def payload(self) -> str:
        """The package with the layer: ``qlustar-module-slurm-bookworm-amd64-14.0.0``."""
        return self.name_of(self.module, str(self.release.version))

    @property
    def packages(self) -> tuple[PackageLine, ...]:
        """The packages of the layer, sorted."""
        return package_lines(self.lock.of(self.module))

    @property
    def areas(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The packages outside the main area of their distribution, by area; all sorted."""
        packages = [package for package in self.lock.of(self.module) if package.section]
        return tuple(
            (area, tuple(package.package for package in packages if package.area == area))
            for area in sorted({package.area for package in packages})
        )

    def version_of(self, module: ModuleName) -> str:
        """The version of a module's packages in the lock."""
        revision = dict(self.lock.revisions).get(module)
        if revision is None:
            raise QlumodError(
                f"cannot package {self.module}: the lock has no revision for {module}",
                remedy="qlumod lock",
            )
        return marked(f"{self.release.version}-{revision}", self.release.profile)

    def name_of(
        self, module: ModuleName, version: str, target: tuple[FlavorName, ArchName] | None = None
    ) -> str:
        """The name of a module's package of a version or meta-version."""
        flavor, arch = target or (self.lock.flavor, self.lock.architecture)
        return str(
            ModulePackage(
                prefix=self.release.prefix, module=module, flavor=flavor, arch=arch, version=version
            )
        )

    @property
    def binaries(self) -> tuple[Binary, ...]:
        """All binary packages, the payload first."""
        return (_payload(self), *_metas(self), *_short(self))


def required_payloads(plan: SourcePlan, less: str = "") -> tuple[str, ...]:
    """The payload packages of the required modules: for building as well as for installing.

    A tilde as `less` admits versions that precede it (Policy 5.6.12), such as backports.
    """
    return tuple(
        f"{plan.name_of(module, str(plan.release.version))} (>= {plan.version_of(module)}{less})"
        for module in plan.spec.requires
    )


def payload_depends(plan: SourcePlan) -> tuple[str, ...]:
    """The dependencies of a module's payload package, the value of ${qlumod:Depends}."""
    reader = READER_OF_PUBLIC if plan.spec.public else READER
    return (reader, *required_payloads(plan))


def _payload(plan: SourcePlan) -> Binary:
    return Binary(
        name=plan.payload,
        depends=("${qlumod:Depends}",),
        synopsis=_synopsis(plan, str(plan.release.version)),
        text=" ".join(
            (
                "This package holds the module itself: a layer for the images of nodes.",
                *(
                    f"It contains packages of the area {area}: {', '.join(names)}."
                    for area, names in plan.areas
                ),
            )
        ),
    )


def _metas(plan: SourcePlan) -> tuple[Binary, ...]:
    """The meta packages: ``…-14.0`` depends on the concrete one, ``…-14`` on ``…-14.0``."""
    chain = (str(plan.release.version), *plan.release.version.meta)
    return tuple(_meta(plan, below, name) for below, name in pairwise(chain))


def _meta(plan: SourcePlan, below: str, version: str) -> Binary:
    return Binary(
        name=plan.name_of(plan.module, version),
        depends=(f"{plan.name_of(plan.module, below)} (= {plan.version})",),
        synopsis=_synopsis(plan, version),
        text=f"This metapackage follows the newest version {version}.* of the module.",
    )


def _short(plan: SourcePlan) -> tuple[Binary, ...]:
    """The short package, made by one source package only: no file name may have two contents."""
    targets = tuple(product(plan.release.flavors, plan.release.architectures))
    first = (plan.release.default_flavor, plan.release.architectures[0])
    if (plan.lock.flavor, plan.lock.architecture) != first:
        return ()
    major = plan.release.version.meta[-1]
    others = (plan.name_of(plan.module, major, target) for target in targets if target != first)
    own = f"{plan.name_of(plan.module, major)} (= {plan.version})"
    return (
        Binary(
            name=short_package(plan.release.prefix, plan.module),
            depends=(" | ".join((own, *others)),),
            synopsis=f"{plan.spec.title} image module",
            text="This metapackage follows the newest version of the module, in the flavor that "
            f"is the release's default ({first[0]}).",
        ),
    )


def _synopsis(plan: SourcePlan, version: str) -> str:
    return f"{plan.spec.title} image module ({plan.lock.flavor} {plan.lock.architecture} {version})"
