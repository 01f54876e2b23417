"""The result of a change of a suite, for the caller."""

from dataclasses import dataclass

from qlumod.repository.rules.overlapping import is_newer
from qlumod.repository.rules.suite_plan import SuiteChange
from qlumod.repository.sets.module_sets import ModuleSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """The new content of a suite, or with `dry_run` the content that it would have."""

    suite: str
    snapshot: str | None
    """The new snapshot; None: nothing was published."""
    changes: tuple[SuiteChange, ...]
    sets: tuple[ModuleSet, ...] = ()
    """The module sets whose records changed."""
    back_to: str | None = None
    """The earlier snapshot whose packages the suite offers again."""

    @property
    def lower(self) -> tuple[str, ...]:
        """The packages of which clients keep a higher version than the suite then offers."""
        return tuple(
            change.package
            for change in self.changes
            if change.old and change.new and is_newer(change.old, change.new)
        )
