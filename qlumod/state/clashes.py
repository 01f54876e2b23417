"""Paths that two modules of a stack have with different content: an error, unless one wins."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.model.contents import PathLine
from qlumod.model.names import ModuleName
from qlumod.state.kind import Cache, matches_any
from qlumod.state.state_table import StateTable

_WHITEOUT, _HARD_LINK = "w", "h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A module's layer: its contents, and the paths and modules that it may override."""

    module: ModuleName
    lines: Sequence[PathLine]
    wins: tuple[str, ...] = ()
    stands_upon: frozenset[ModuleName] = frozenset()
    """All modules that it requires, directly or not: its build has decided about their paths."""


def are_strangers(one: Layer, other: Layer) -> bool:
    """Whether neither of two modules was built upon the other."""
    return one.module != other.module and (
        other.module not in one.stands_upon and one.module not in other.stands_upon
    )


def clashes(layers: Sequence[Layer], table: StateTable) -> tuple[QlumodError, ...]:
    """An error for each path that differs between layers; `layers` lowest first.

    Caches cannot clash: a stack generates them again. Two layers may have the same path if it is
    equal in both, including the owner and all bytes, as with a package that two modules share.
    """
    claims: dict[str, list[tuple[Layer, PathLine]]] = defaultdict(list)
    for layer in layers:
        for line in _resolved(layer.lines):
            claims[line.path].append((layer, line))
    found = [
        _clash(path, lower, upper)
        for path, claimants in sorted(claims.items())
        for lower, upper in _strangers(claimants)
        if _differ(lower[1], upper[1]) and not _is_settled(path, upper[0], table)
    ]
    return (*found, *_buried(claims))


_Claim = tuple[Layer, PathLine]


def _resolved(lines: Sequence[PathLine]) -> Iterator[PathLine]:
    """The lines, in which each hard link has the content of the path that it links to."""
    by_path: Mapping[str, PathLine] = {line.path: line for line in lines}
    for line in lines:
        first = by_path.get(line.digest) if line.type == _HARD_LINK else None
        yield (
            line
            if first is None
            else PathLine(
                type=first.type,
                mode=line.mode,
                owner=line.owner,
                size=line.size,
                digest=first.digest,
                origin=line.origin,
                path=line.path,
            )
        )


def _strangers(claimants: Sequence[_Claim]) -> Iterator[tuple[_Claim, _Claim]]:
    """Pairs of claims of modules of which none requires the other; the lower module's first."""
    for at, lower in enumerate(claimants):
        for upper in claimants[at + 1 :]:
            if lower[0].module not in upper[0].stands_upon:
                yield lower, upper


def _differ(one: PathLine, other: PathLine) -> bool:
    return (one.type, one.mode, one.owner, one.digest) != (
        other.type,
        other.mode,
        other.owner,
        other.digest,
    ) and not one.type == other.type == _WHITEOUT


def _is_settled(path: str, upper: Layer, table: StateTable) -> bool:
    return isinstance(table.rule_of(path), Cache) or matches_any(path, upper.wins)


def _clash(path: str, lower: _Claim, upper: _Claim) -> QlumodError:
    one, other = lower[0], upper[0]
    remedy = "list it under Wins in the module whose is right, and let it require the other"
    if matches_any(path, one.wins):
        remedy = f"{one.module} wins only if it stands above: let it require {other.module}"
    return QlumodError(
        f"{path}: modules {one.module} and {other.module} bring it differently",
        details=[_told(*lower), _told(*upper)],
        remedy=remedy,
    )


def _told(layer: Layer, line: PathLine) -> str:
    if line.type == _WHITEOUT:
        return f"{layer.module}: takes it away"
    content = line.digest if line.type == "l" else line.digest[:12]
    return f"{layer.module}: {line.type} {line.mode:04o} {line.owner} {content} from {line.origin}"


def _buried(claims: Mapping[str, Sequence[_Claim]]) -> Iterator[QlumodError]:
    """An error for each path of a module below a directory that another module replaces."""
    hidden = [
        (path, layer)
        for path, claimants in sorted(claims.items())
        for layer, line in claimants
        if line.type == _WHITEOUT
    ]
    for directory, layer in hidden:
        for path, claimants in sorted(claims.items()):
            for other, _ in claimants:
                if path.startswith(f"{directory}/") and are_strangers(layer, other):
                    yield QlumodError(
                        f"{path}: module {layer.module} takes {directory} away, but module "
                        f"{other.module} brings this path"
                    )
