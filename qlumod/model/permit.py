"""The kinds of differences that proofs permit, and what a proof may say of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from qlumod import __version__
from qlumod.model.json_values import list_at, require_that


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """A kind of differences that is permitted, and why; `most` are the paths that it can permit.

    None: as many as there are.
    """

    name: str
    why: str
    most: int | None = None


Permits = Mapping[str, Permit]
"""The permits that a program knows, by their names."""


def permits(known: Iterable[Permit]) -> Permits:
    """Permits by their names."""
    return {one.name: one for one in known}


def check_permits(values: Mapping[str, Any], known: Permits) -> None:
    """Compare the permits that a proof names with those that the program has.

    `values` are a proof's, as `strict_json` has read them and their other fields were checked.
    Raises `QlumodError`.
    """
    by = f"qlumod {__version__}"
    if values["qlumod"] != __version__:
        by = f"{by} (this is of qlumod {values['qlumod']})"
    for row in list_at(values, "permitted"):
        has_reason = isinstance(row, dict) and {"name", "why"} <= row.keys()
        require_that(has_reason, "a permit says no reason")
        name = _known_permit(row["name"], known, by)
        reason = f"the permit {name!r} has another reason than {by} gives: {row['why']!r}"
        require_that(row["why"] == known[name].why, reason)
    if "stacks" in values:
        for row in list_at(values, "stacks"):
            said = row["permitted"]
            require_that(isinstance(said, dict), "'permitted' of a stack is no JSON object")
            _check_counts(said, row["paths"], known, by)
    else:
        _check_counts(_counts(values, known, by), values["paths"], known, by)


def _counts(values: Mapping[str, Any], known: Permits, by: str) -> dict[str, int]:
    """How many paths each permit permits of the differences that are told one by one."""
    told = {(row["permitted"], row["path"]) for row in list_at(values, "differences")}
    found = Counter(name for name, _ in told if name is not None)
    said = {row["name"]: row.get("paths") for row in values["permitted"]}
    for name, count in found.items():
        _known_permit(name, known, by)
        what = f"the permit {name!r} is said to permit {said.get(name)!r} paths, and permits"
        require_that(said.get(name) == count, f"{what} {count}")
    return said


def _check_counts(said: Mapping[Any, Any], paths: int, known: Permits, by: str) -> None:
    for name, count in said.items():
        most = known[_known_permit(name, known, by)].most
        what = f"the permit {name!r} is said to permit {count!r} paths"
        require_that(type(count) is int and count >= 0, f"{what}, which is no number")
        require_that(count <= paths, f"{what}, of {paths} that were compared")
        require_that(most is None or count <= most, f"{what}, and can permit {most}")


def _known_permit(name: Any, known: Permits, by: str) -> str:
    is_known = isinstance(name, str) and name in known
    require_that(is_known, f"{by} knows no permit {name!r}")
    return str(name)
