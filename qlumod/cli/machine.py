"""What programs read: results and errors as JSON documents, and events as lines of JSON."""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from qlumod.cli.wording import UNSEEN, shown
from qlumod.errors import QlumodError, singles
from qlumod.events import (
    Caution,
    Event,
    Notice,
    Output,
    StepAdvanced,
    StepDone,
    StepStarted,
    Waiting,
)
from qlumod.system.disk.locking import this_process
from qlumod.system.processes.command import CommandFailed

FORMAT = 1
"""The number of the format of all documents and lines."""
Values = Mapping[str, object]


def errors_document(errors: Iterable[QlumodError]) -> dict[str, object]:
    """Errors as a document has them: an entry for each."""
    return {"errors": [single.as_json for error in errors for single in singles(error)]}


def print_json(document: Values) -> None:
    """Write a document to standard output, with its format."""
    _write(sys.stdout, {"format": FORMAT, **document}, indent=1)


@contextmanager
def opened_lines(path: Path) -> Iterator[TextIO]:
    """A file for lines of JSON; raises `OSError`.

    It takes the place of an older file, which those who read it keep: two runs never write into
    one file. A pipe or a device is written to as it is.
    """
    replaces = not path.exists() or path.is_file()
    beside = path.with_name(f".{path.name}.{os.getpid()}") if replaces else path
    if replaces:
        beside.unlink(missing_ok=True)
    # Nobody else may have laid a link there meanwhile.
    opener = _new_file if replaces else None
    with open(beside, "w", encoding="utf-8", errors="backslashreplace", opener=opener) as stream:
        if replaces:
            beside.replace(path)
        yield stream


def _new_file(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL | os.O_NOFOLLOW, 0o644)


class EventLines:
    """Writes each event as one JSON object in a line; the last line has the result or errors.

    What programs print is left out unless `verbose` is said: others may read the lines.
    """

    def __init__(self, stream: TextIO, *, verbose: bool = False) -> None:
        self._stream = stream
        self._verbose = verbose
        self._ended = False
        self._began = time.monotonic()
        self._ids: dict[str, StepStarted] = {}

    def begin(self, log: Path | None) -> None:
        """Write the first line: when the run began, in which process, and the path of its log."""
        self._write(
            "begin",
            time_utc=int(time.time()),
            process=this_process(),
            log=str(log) if log else None,
        )

    def __call__(self, event: Event) -> None:
        """Write one event."""
        match event:
            case StepStarted():
                self._ids[event.key] = event
                self._write("started", **self._step(event.key), total=event.total, unit=event.unit)
            case StepAdvanced() if event.key in self._ids:
                self._write("advanced", **self._step(event.key), amount=event.amount)
            case StepDone() if event.key in self._ids:
                self._write("done", **self._step(event.key), note=shown(event.note))
            case Waiting():
                self._write("waiting", lock=event.lock, holder=shown(event.holder))
            case Notice():
                self._write("notice", image=event.image or None, text=shown(event.text))
            case Caution():
                self._write("caution", image=event.image or None, text=shown(event.text))
            case Output() if self._verbose:
                self._write("output", program=event.program, line=shown(event.line))

    def end(self, document: Values) -> None:
        """Write the last line of a run that has a result."""
        self._ended = True
        self._write("result", document={"format": FORMAT, **self._told(document)})

    def end_with_errors(self, document: Values) -> None:
        """Write the last line of a run that failed, unless its result has been written."""
        if not self._ended:
            self._write("error", **self._told(document))

    def _told(self, document: Values) -> Values:
        """A document without what programs printed, unless it was asked for."""
        errors = document.get("errors")
        if self._verbose or not isinstance(errors, list):
            return document
        return {**document, "errors": [_without_output(error) for error in errors]}

    def _step(self, key: str) -> dict[str, object]:
        step = self._ids[key]
        return {
            "step": step.id,
            "key": key,
            "title": shown(step.step),
            "image": step.image or None,
        }

    def _write(self, what: str, **values: object) -> None:
        spent = round(time.monotonic() - self._began, 3)
        line = {"format": FORMAT, "event": what, "time": spent, **values}
        _write(self._stream, line)


def _without_output(error: dict[str, object]) -> dict[str, object]:
    """An error; of one of a program, the details are at most its command, not what it printed."""
    details = error["details"]
    if error["code"] != CommandFailed.code or not isinstance(details, list):
        return error
    return {**error, "details": [line for line in details[:1] if line.startswith("$ ")]}


def _write(stream: TextIO, document: Values, indent: int | None = None) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    # JSON itself escapes only the oldest control characters; in it they stand in strings alone.
    stream.write(UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text) + "\n")
    stream.flush()
