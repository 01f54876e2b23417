"""The table of shared state, which build, assembly, contents and verify-stack use.

Each packaging has one table: the kinds that every distribution has, and its own kinds.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from qlumod.state.kind import Cache, Dropped, Files, Fixed, Kind, Rule, any_of


@dataclass(frozen=True, kw_only=True)
class StateTable:
    """All rules for paths that are not plain payload; the first rule that claims a path decides."""

    names: Kind
    """The users and groups. They are written first, since the owners of all other files are given
    by name."""
    others: tuple[Kind, ...]
    """All other kinds of shared state, in writing order."""
    caches: tuple[Cache, ...]
    """The caches, in the order in which they are generated."""
    fixed: tuple[Fixed, ...]
    dropped: tuple[Dropped, ...]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """All kinds of shared state, in writing order."""
        return (self.names, *self.others)

    @cached_property
    def identity(self) -> Files:
        """Files that are equal in all stacks."""
        return {rule.path: rule.file for rule in self.fixed}

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """All rules, in their order."""
        return (*self.kinds, *self.caches, *self.fixed, *self.dropped)

    @cached_property
    def cache_names(self) -> frozenset[str]:
        """The names of the caches."""
        return frozenset(cache.name for cache in self.caches)

    def kind_named(self, name: str) -> Kind | None:
        """The kind of state with that name."""
        return next((kind for kind in self.kinds if kind.name == name), None)

    def rule_of(self, path: str, target: str = "") -> Rule | None:
        """The rule for a file or a link with that `target`; None: it is plain payload.

        Directories have no rule, except those below a mount point and a few that are dropped.
        """
        if (
            path not in self._paths
            and not self._patterns.fullmatch(path)
            and not self._targets.fullmatch(target)
        ):
            return None
        return next((rule for rule in self.rules if rule.claims(path, target)), None)

    @cached_property
    def _paths(self) -> frozenset[str]:
        named = (pattern for rule in self.rules for pattern in rule.patterns if "*" not in pattern)
        return frozenset((*named, *(path for rule in self.dropped for path in rule.directories)))

    @cached_property
    def _patterns(self) -> re.Pattern[str]:
        return any_of(
            (pattern for rule in self.rules for pattern in rule.patterns if "*" in pattern),
            (tree for rule in self.dropped for tree in rule.trees),
        )

    @cached_property
    def _targets(self) -> re.Pattern[str]:
        return any_of(target for kind in self.kinds for target in kind.targets)
