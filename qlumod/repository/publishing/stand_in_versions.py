"""The versions of stand-ins: those that meet what packages need, and that none excludes; pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, chain
from typing import Any

from qlumod.late import late
from qlumod.repository.rules.relations import RelatedPackage

debian_support = late("debian.debian_support")

_NUDGES = ("", "~", "+0")
"""What makes a version of a relation to one at, just below and just above it."""


def versions_for(
    needed: Iterable[RelatedPackage], excluded: Iterable[RelatedPackage]
) -> tuple[str, ...]:
    """As few versions as possible that meet what is needed, if possible not what is excluded.

    The empty one states no version. What no version can meet is left out.
    """
    waiting = [one for one in needed if one.operator]
    if not waiting:
        return ("",)
    bans = [one for one in excluded if one.operator]
    line = _Line(frozenset(one.version for one in chain(waiting, bans)))
    banned = _covered([line.meeting(one) for one in bans], len(line.texts))
    ranges = sorted(filter(None, map(line.meeting, waiting)), key=lambda one: (one.stop, one.start))
    return tuple(line.texts[place] for place in _met(ranges, banned, line))


@dataclass(frozen=True)
class _Line:
    """The versions at, just below and just above those that relations name, in their order."""

    bounds: frozenset[str]

    @cached_property
    def _places(self) -> list[tuple[Any, str]]:
        named = [f"{bound}{nudge}" for nudge in _NUDGES for bound in sorted(self.bounds)]
        known = [(version, text) for text in named if (version := _version(text))]
        return sorted(known, key=lambda one: one[0])

    @cached_property
    def texts(self) -> list[str]:
        """The versions."""
        return [text for _, text in self._places]

    @cached_property
    def _versions(self) -> list[Any]:
        return [version for version, _ in self._places]

    def meeting(self, one: RelatedPackage) -> range:
        """The places of the versions that meet a relation."""
        version, end = _version(one.version), len(self.texts)
        if not version:
            return range(0)
        left, right = bisect_left(self._versions, version), bisect_right(self._versions, version)
        places = {
            "<<": range(left),
            "<=": range(right),
            "=": range(left, right),
            ">=": range(left, end),
            ">>": range(right, end),
        }
        return places.get(one.operator, range(0))


def _covered(ranges: Iterable[range], length: int) -> list[bool]:
    """Of each place, whether one of the ranges has it."""
    steps = [0] * (length + 1)
    for one in ranges:
        steps[one.start] += 1
        steps[one.stop] -= 1
    return [count > 0 for count in accumulate(steps)]


def _met(ranges: Iterable[range], banned: Sequence[bool], line: _Line) -> Iterator[int]:
    """A place in each range, as few places as possible; `ranges` are sorted by their ends."""
    common, point = range(0), -1
    for one in ranges:
        if one.start <= point:
            common = range(max(one.start, common.start), common.stop)
            continue
        if common:
            yield _best(common, point, banned, line)
        common = one
        point = next((place for place in reversed(one) if not banned[place]), one[-1])
    if common:
        yield _best(common, point, banned, line)


def _best(common: range, point: int, banned: Sequence[bool], line: _Line) -> int:
    """A place that all ranges of a group have, as `point` is: a version that a relation names."""
    places = [place for place in reversed(common) if not banned[place]]
    return next((place for place in places if line.texts[place] in line.bounds), point)


@lru_cache(maxsize=10_000)
def _version(text: str) -> Any:
    try:
        return debian_support.Version(text)
    except ValueError:
        return None
