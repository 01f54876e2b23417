"""A run that builds an image, as the file of its events tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qlumod.errors import QlumodError
from qlumod.model.json_values import list_at, require_that, strict_json, text_at

NO_TIME = 1e12
"""More seconds than any time or duration has."""
INTERRUPTED = "interrupted"
"""The code of the error of a run that was stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRun:
    """A run, from the first and the last line of its events."""

    began: int
    """Seconds since 1970, UTC."""
    process: str
    """The process that builds, as a lock names it."""
    ended: int | None
    """Seconds since 1970, UTC; None: it has not written its last line."""
    images: tuple[Mapping[str, object], ...]
    """What it tells of images, as ``image build --json`` prints it."""
    errors: tuple[Mapping[str, object], ...]

    def result_of(self, image: str) -> Mapping[str, object] | None:
        """What it tells of an image; None if it was not built."""
        return next((one for one in self.images if one.get("image") == image), None)


def parse_run(first: bytes, last: bytes) -> BuildRun:
    """Read a run from the first and the last line of its events; raises `QlumodError`.

    A last line that is of no end, or that is not whole, is one of a run that has not ended.
    """
    begin = _line(first)
    require_that(begin.get("event") == "begin", "the first line has not the event 'begin'")
    began = int(_seconds(begin, "time_utc"))
    process = text_at({"process": "", **begin}, "process")
    try:
        end = _line(last)
    except QlumodError:
        end = {}
    if end.get("event") not in ("result", "error"):
        return BuildRun(began=began, process=process, ended=None, images=(), errors=())
    spent = _seconds(end, "time")
    told = end.get("document", {}) if end["event"] == "result" else end
    require_that(isinstance(told, dict), "'document' is no JSON object")
    return BuildRun(
        began=began,
        process=process,
        ended=int(began + spent),
        images=_objects(told, "images"),
        errors=_objects(told, "errors"),
    )


def stopped() -> QlumodError:
    """The error of a run that has ended without a last line: it was killed."""
    return QlumodError("the build was killed before it ended", code=INTERRUPTED)


def _seconds(row: Mapping[str, Any], name: str) -> float:
    found = row.get(name)
    # JSON has numbers that are infinite for Python.
    if not isinstance(found, int | float) or not 0 <= found <= NO_TIME:
        raise QlumodError(f"{name!r} is no number of seconds")
    return found


def _line(text: bytes) -> dict[str, Any]:
    try:
        line = strict_json(text)
    except (ValueError, RecursionError) as error:
        raise QlumodError("a line is no JSON") from error
    require_that(isinstance(line, dict), "a line is no JSON object")
    return dict(line)


def _objects(row: Mapping[str, Any], name: str) -> tuple[Mapping[str, object], ...]:
    found = list_at({name: [], **row}, name)
    require_that(all(isinstance(one, dict) for one in found), f"{name!r} has no JSON objects")
    return tuple(found)
