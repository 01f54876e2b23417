"""The one table of shared state, which drives build, assembly, contents and verify-stack."""

from collections.abc import Sequence

from qlumod.state.accounts import ACCOUNTS
from qlumod.state.alternatives import ALTERNATIVES
from qlumod.state.apt_states import EXTENDED_STATES
from qlumod.state.caches import CACHES
from qlumod.state.debconf import CONFIG, PASSWORDS, TEMPLATES
from qlumod.state.dpkg import DIVERSIONS, STATOVERRIDE, STATUS
from qlumod.state.dropped import DROPPED
from qlumod.state.identity import FIXED
from qlumod.state.kind import Files, Kind, Rule, any_of
from qlumod.state.nsswitch import NSSWITCH
from qlumod.state.shells import SHELLS, SHELLS_STATE
from qlumod.state.triggers import TRIGGERS
from qlumod.state.ucf import HASHFILE, REGISTRY

__all__ = ["CACHES", "DROPPED", "FIXED", "IDENTITY", "KINDS", "RULES", "kind_named", "rule_of"]

KINDS: tuple[Kind, ...] = (
    ACCOUNTS,
    STATUS,
    DIVERSIONS,
    STATOVERRIDE,
    TRIGGERS,
    ALTERNATIVES,
    EXTENDED_STATES,
    CONFIG,
    TEMPLATES,
    PASSWORDS,
    HASHFILE,
    REGISTRY,
    SHELLS,
    SHELLS_STATE,
    NSSWITCH,
)
"""Accounts come first: the files of the others are written with owners by name."""

IDENTITY: Files = {rule.path: rule.file for rule in FIXED}
"""Files that are the same in every stack."""

RULES: Sequence[Rule] = (*KINDS, *CACHES, *FIXED, *DROPPED)


_PATHS = frozenset(
    (
        *(pattern for rule in RULES for pattern in rule.patterns if "*" not in pattern),
        *(directory for rule in DROPPED for directory in rule.directories),
    )
)
_PATTERNS = any_of(
    (pattern for rule in RULES for pattern in rule.patterns if "*" in pattern),
    (tree for rule in DROPPED for tree in rule.trees),
)
_TARGETS = any_of(target for kind in KINDS for target in kind.targets)


def rule_of(path: str, target: str = "") -> Rule | None:
    """The rule for a file or a link (`target` is where it points); None: it is just payload.

    Directories have no rule, apart from those below a mount point and a few that are dropped.
    """
    if path not in _PATHS and not _PATTERNS.fullmatch(path) and not _TARGETS.fullmatch(target):
        return None
    return next((rule for rule in RULES if rule.claims(path, target)), None)


def kind_named(name: str) -> Kind | None:
    """The kind of state with that name."""
    return next((kind for kind in KINDS if kind.name == name), None)
