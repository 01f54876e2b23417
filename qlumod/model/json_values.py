"""Values that are written as JSON (RFC 8259), and what is expected of them where they are read."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from qlumod.errors import QlumodError

Json = Any
"""None, a truth value, a number, a text, a list of such values, or a dict of them by texts."""


def strict_json(data: bytes) -> Any:
    """Read a JSON text without names that come twice, and without NaN or infinities.

    Raises `ValueError` and `RecursionError` as `json.loads` does, and `QlumodError`.
    """
    return json.loads(data, object_pairs_hook=_once, parse_constant=_no_number)


def require_that(true: bool, otherwise: str) -> None:
    """Raise a `QlumodError` that says `otherwise`, unless it is true."""
    if not true:
        raise QlumodError(otherwise)


def only_fields(row: Any, names: Sequence[str], what: str) -> None:
    """Raise unless it is an object with just these fields; `what` is what the error calls it."""
    require_that(isinstance(row, dict), f"{what} is no JSON object")
    for name in names:
        require_that(name in row, f"{what} has no {name!r}")
    for name in row:
        require_that(name in names, f"{what} has {name!r}, which is unknown")


def list_at(row: Mapping[str, Any], name: str) -> list[Any]:
    """The list that a field has; raises `QlumodError` where it is none."""
    found = row[name]
    require_that(isinstance(found, list), f"{name!r} is no list")
    return list(found)


def text_at(row: Mapping[str, Any], name: str) -> str:
    """The text that a field has; raises `QlumodError` where it is none."""
    found = row[name]
    require_that(isinstance(found, str), f"{name!r} is no text")
    return str(found)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    require_that(len(found) == len(pairs), "it says something twice")
    return found


def _no_number(name: str) -> None:
    raise QlumodError(f"{name} is no number")
