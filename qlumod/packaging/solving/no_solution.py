"""The reasons why a module has no solution: which module and which version prevents it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from qlumod.errors import QlumodError
from qlumod.packaging.solving.module_worlds import Attempt, ModuleWorlds
from qlumod.packaging.solving.package_entries import PackageEntries, PackageEntry
from qlumod.packaging.solving.problem import Module
from qlumod.packaging.solving.solution import VersionChange
from qlumod.packaging.solving.world import Made, World


class Refusals:
    """Reports the reasons of failed attempts."""

    def __init__(self, worlds: ModuleWorlds, entries: PackageEntries) -> None:
        self._worlds = worlds
        self._entries = entries

    def of(self, attempt: Attempt) -> QlumodError:
        """The error for a failed attempt."""
        changes = attempt.solution.changes or self._wished_changes(attempt)
        if changes:
            return self._moves_below(attempt.module, changes)
        return self._unmet(attempt)

    def _moves_below(self, module: Module, changes: Sequence[VersionChange]) -> QlumodError:
        below = self._entries.of(module.requires)
        return QlumodError(
            f"{module.path}: {module.name} would change packages of a module below it",
            details=[
                _change_text(change, module.name, below[change.package].modules[0])
                for change in changes
                if change.package in below
            ],
            remedy=f"let {changes[0].package} move in the module that holds it,"
            f" or ask in {module.name} for versions that go with it",
        )

    def _unmet(self, attempt: Attempt) -> QlumodError:
        module = attempt.module
        refused = attempt.world.why_refused(attempt.requests)
        what = "compiled" if attempt.requests[:1] == module.kernel_modules[:1] else "installed"
        held = {
            name: self._entries.holders(name, attempt.fixed[name])
            for name in refused.bounds
            if name in attempt.fixed
        }
        others = sorted({name for names in held.values() for name in names} - {*module.stack})
        return QlumodError(
            f"{module.path}: {module.name} cannot be {what}",
            details=(
                *(refused.reasons or attempt.solution.unmet),
                *_there_is(refused.bounds, attempt, held),
                *_only_compiled(module, refused.reasons, what),
            ),
            remedy=f"if that is how it is, write 'Conflicts: {', '.join(others)}'"
            if others
            else "",
        )

    def _wished_changes(self, attempt: Attempt) -> tuple[VersionChange, ...]:
        """The changes to the modules below if their packages could move."""
        module = attempt.module
        there = {chosen.package for chosen in attempt.installed}
        pins = {name: version for name, version in attempt.fixed.items() if name not in there}
        world = self._worlds.world(module, attempt.installed, pins)
        open_ = [request for request in attempt.requests if not world.satisfied(request)]
        solution = world.solve(open_, why={}, prefer=module.prefer)
        return () if solution.unmet else solution.changes


def compiled_twice(
    module: Module, made: Iterable[Made], beside: Mapping[str, PackageEntry]
) -> Iterator[QlumodError]:
    """Find modules that compile the same sources, and may be in one image."""
    for one in made:
        if one.name in beside:
            other = beside[one.name].modules[0]
            yield QlumodError(
                f"{module.path}: {module.name} compiles {one.how.sources}, and so does {other}",
                remedy=f"let {module.name} require {other}, or a third module compile it for both",
            )


def compiled_differently(module: Module, made: Made, other: str) -> QlumodError:
    """The error for sources that another module compiles with other packages."""
    return QlumodError(
        f"{module.path}: {module.name} compiles {made.how.sources} otherwise than"
        f" {other}: with other packages or options, or for others",
        remedy="let a third module compile it, and both require that",
    )


def other_versions(
    module: Module,
    world: World,
    beside: Mapping[str, PackageEntry],
    below: Mapping[str, PackageEntry],
) -> Iterator[QlumodError]:
    """Find requests for a version that a module excludes which is not below."""
    for request in module.requests:
        entry = beside.get(request.name)
        if entry and request.name not in below:
            version = entry.chosen.version
            if world.candidate(request) != version:
                yield QlumodError(
                    f"{request.place}{module.name} asks for {request},"
                    f" but {entry.modules[0]} has it in {version}",
                    details=("all modules of an image have one version of each package",),
                    remedy="ask for versions that go together,"
                    f" or write 'Conflicts: {entry.modules[0]}'",
                )


def _only_compiled(module: Module, reasons: Iterable[str], what: str) -> Iterator[str]:
    """Reasons that name sources of kernel modules, which are never installed."""
    for request in module.kernel_modules:
        if what == "installed" and f" {request.name} " in "\n".join(reasons):
            yield f"{request.name} is compiled, and not installed"


def _there_is(
    names: Sequence[str], attempt: Attempt, held: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """The available versions: the report of an unmet bound has neither them nor a reason."""
    for name in names:
        if versions := attempt.world.versions(name):
            yield f"there is {name} in {', '.join(versions)}"
        if name in held:
            who = " and ".join(held[name]) or "the old lock"
            have = "have" if len(held[name]) > 1 else "has"
            yield f"{name} is held at {attempt.fixed[name]}, as {who} {have} it"


def _change_text(change: VersionChange, module: str, holder: str) -> str:
    if not change.new:
        return f"{module} would remove {change.package} {change.old} of {holder}"
    return f"{module} would move {change.package} of {holder}: {change.old} → {change.new}"
