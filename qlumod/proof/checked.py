"""The result for one stack in a proof of all modules, and its format in the cache."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from qlumod.errors import QlumodError
from qlumod.model.difference import Aspect, Difference
from qlumod.proof.verdict import Verdict


class Way(StrEnum):
    """How the reference installation of a stack was made."""

    AT_ONCE = "at once"
    IN_STEPS = "in two steps"
    """Core first, then the modules: the result is derived; see docs/proof.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The result for a stack: the number of compared `paths`, and of permitted ones by permission.

    `failures` are the differences that nothing permits. `refused` is the error if the stack or the
    installation could not be made. `otherwise` are the differences between installations in two
    steps and at once; None: they were not compared.
    """

    way: Way
    paths: int = 0
    counts: Mapping[str, int]
    failures: tuple[Difference, ...] = ()
    refused: str = ""
    otherwise: tuple[Difference, ...] | None = None

    @property
    def equal(self) -> bool:
        """Whether the stack equals one installation."""
        return not self.failures and not self.refused


def checked(found: Verdict, way: Way, otherwise: tuple[Difference, ...] | None = None) -> Checked:
    """The result of a verdict."""
    return Checked(
        way=way,
        paths=found.paths,
        counts=found.counts,
        failures=found.failures,
        otherwise=otherwise,
    )


def refused(way: Way, why: str, otherwise: tuple[Difference, ...] | None = None) -> Checked:
    """The result for a stack that cannot be assembled or installed."""
    return Checked(way=way, counts={}, refused=why, otherwise=otherwise)


def checked_text(result: Checked) -> bytes:
    """Write a result as JSON."""
    return json.dumps(asdict(result)).encode()


def parse_checked(text: bytes) -> Checked:
    """Read what `checked_text` wrote; raises `QlumodError`."""
    try:
        values = json.loads(text)
        others = values["otherwise"]
        read = {
            "way": Way(values["way"]),
            "failures": _differences(values["failures"]),
            "otherwise": None if others is None else _differences(others),
        }
        return Checked(**{**values, **read})
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as fault:
        raise QlumodError(
            f"what was kept of a proof is damaged: {fault}", remedy="prove it anew: --fresh"
        ) from fault


def _differences(rows: Sequence[Any]) -> tuple[Difference, ...]:
    return tuple(Difference(**{**row, "aspect": Aspect(row["aspect"])}) for row in rows)
