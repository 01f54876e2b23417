"""All documents of a release (release, accounts, specs), read and checked together."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.accounts import Accounts
from qlumod.model.names import FlavorName, ModuleName
from qlumod.model.release import Release
from qlumod.model.spec import ModuleSpec, in_build_order
from qlumod.model.stacks import stack_of

CORE = ModuleName("core")
"""The module that all others require: the only one that requires none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A release, its account table and its module specs in build order; see `checked_project`."""

    release: Release
    accounts: Accounts
    specs: tuple[ModuleSpec, ...]

    def of_flavor(self, flavor: FlavorName) -> "Project":
        """The project with only the modules of a flavor."""
        return replace(self, specs=tuple(spec for spec in self.specs if spec.made_in(flavor)))

    def without(self, modules: Collection[ModuleName]) -> "Project":
        """The project without some modules."""
        return replace(self, specs=tuple(s for s in self.specs if s.module not in modules))

    def in_profile(self, name: str) -> "Project":
        """The project as it is made in a profile of its release; raises `QlumodError`."""
        return replace(self, release=self.release.in_profile(name))

    @property
    def unknown_conflicts(self) -> tuple[str, ...]:
        """The places of Conflicts with modules that are not here, and the names of these.

        They are no errors: a directory may have only some of the modules that a spec knows.
        """
        known = {spec.module for spec in self.specs}
        return tuple(
            f"{spec.at('Conflicts', other)}: there is no module {other!r} here"
            for spec in self.specs
            for other in spec.conflicts
            if other not in known
        )

    def spec(self, module: ModuleName) -> ModuleSpec:
        """The spec of a module; raises `QlumodError` if there is none."""
        for spec in self.specs:
            if spec.module == module:
                return spec
        known = ", ".join(spec.module for spec in self.specs)
        raise QlumodError(f"there is no module {module!r}", remedy=f"choose from {known}")


def checked_project(release: Release, accounts: Accounts, specs: tuple[ModuleSpec, ...]) -> Project:
    """Check the rules across documents; raises all faults at once."""
    raise_faults(
        (
            *_namesakes(specs),
            *_standing_on_nothing(specs),
            *_required_conflicts(specs),
            *_missing_flavors(release, specs),
        )
    )
    return Project(release=release, accounts=accounts, specs=in_build_order(specs))


def _namesakes(specs: tuple[ModuleSpec, ...]) -> Iterator[QlumodError]:
    first: dict[ModuleName, ModuleSpec] = {}
    for spec in specs:
        earlier = first.setdefault(spec.module, spec)
        if earlier is not spec:
            yield QlumodError(
                f"{spec.at('Module')}: there is a module {spec.module!r} already",
                details=(f"the other one: {earlier.at('Module')}",),
                remedy="give one of them another name",
            )


def _standing_on_nothing(specs: tuple[ModuleSpec, ...]) -> Iterator[QlumodError]:
    for spec in specs:
        if spec.module == CORE and spec.requires:
            yield QlumodError(
                f"{spec.at('Requires')}: {CORE} is the lowest module and requires none"
            )
        if spec.module != CORE and not spec.requires:
            yield QlumodError(
                f"{spec.at('Requires')}: the field is missing",
                remedy=f"write 'Requires: {CORE}': every other module stands on {CORE}",
            )


def _required_conflicts(specs: tuple[ModuleSpec, ...]) -> Iterator[QlumodError]:
    """Find modules that require two modules that exclude each other, or one that they exclude."""
    known = {spec.module: spec for spec in specs}
    below = {module: stack_of(module, known) for module in known}
    for spec in specs:
        for other in spec.conflicts:
            for user in specs:
                needs = below[user.module]
                if spec.module in needs and other in needs:
                    yield QlumodError(
                        f"{spec.at('Conflicts', other)}: {user.module!r} needs both "
                        f"{spec.module!r} and {other!r}, which exclude each other",
                        remedy="take out the conflict or a requirement",
                    )


def _missing_flavors(release: Release, specs: tuple[ModuleSpec, ...]) -> Iterator[QlumodError]:
    """Find modules of a flavor that require a module which that flavor does not have."""
    known = {spec.module: spec for spec in specs}
    for spec in specs:
        for below in filter(None, map(known.get, spec.requires)):
            lacking = [f for f in release.flavors if spec.made_in(f) and not below.made_in(f)]
            if lacking:
                yield QlumodError(
                    f"{spec.at('Requires', below.module)}: {below.module!r} is not made in "
                    + ", ".join(lacking),
                    remedy="say under Flavors which ones have the module",
                )
