"""What a run shows and keeps: plain lines, a log file that has it all, the answer."""

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

import click

from qlumod.cli.exits import PartFailed
from qlumod.cli.machine import EventLines, errors_document, opened_lines, print_json
from qlumod.cli.wording import amount, note, shown, visible
from qlumod.errors import QlumodError, refusal
from qlumod.events import (
    Caution,
    Event,
    Listener,
    Notice,
    Output,
    StepAdvanced,
    StepDone,
    StepStarted,
    Waiting,
)
from qlumod.model.build_run import INTERRUPTED
from qlumod.system.disk.directories import make_directories

if TYPE_CHECKING:
    from qlumod.cli.terminal import Terminal

PLAIN_INTERVAL = 10.0
"""Seconds between two lines about the same long step where there is no terminal."""
LOGS_KEPT = 50
"""How many log files stay in the cache's ``logs`` directory."""


class Plain:
    """One line per thing that happens, for pipes, CI and log collectors."""

    def __init__(
        self, stream: TextIO, *, verbose: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._verbose = verbose
        self._clock = clock
        self._steps: dict[str, _Running] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case StepStarted():
                self._steps[event.key] = _Running(event, self._clock())
                self._say(f"{event.step} …")
            case StepAdvanced() if event.key in self._steps:
                self._advance(self._steps[event.key], event.amount)
            case StepDone():
                running = self._steps.pop(event.key, None)
                spent = self._clock() - running.began if running else 0.0
                self._say(f"{event.step}: done{note(event.note, spent)}")
            case Output() if self._verbose:
                self._say(f"  {event.program}: {event.line}")
            case Notice() | Waiting():
                self._say(event.text)
            case Caution():
                self._say(f"caution: {event.text}")

    def _advance(self, running: "_Running", more: int) -> None:
        running.done += more
        now = self._clock()
        far = amount(running.done, running.start.total, running.start.unit)
        if far and now - running.told >= PLAIN_INTERVAL:
            running.told = now
            self._say(f"{running.start.step}: {far}")

    def _say(self, line: str) -> None:
        self._stream.write(shown(line) + "\n")
        self._stream.flush()


class _Running:
    """A step that has begun, as `Plain` follows it."""

    def __init__(self, start: StepStarted, now: float) -> None:
        self.start = start
        self.began = now
        self.told = now
        self.done = 0


class LogFile:
    """Everything, with every line of every program, and the seconds since the beginning."""

    def __init__(self, path: Path, heading: str) -> None:
        make_directories(path.parent)
        self.path = path
        self._stream = path.open("w", encoding="utf-8", errors="backslashreplace")
        self._began = time.monotonic()
        self._plain = Plain(self._stream, verbose=True)
        self.write(heading)

    def __call__(self, event: Event) -> None:
        """Write one event; advances only say that something moves and are left out."""
        if not isinstance(event, StepAdvanced):
            self._stream.write(f"[{time.monotonic() - self._began:8.2f}] ")
            self._plain(event)

    def write(self, text: str) -> None:
        """Write lines of the command line's own, such as the error at the end."""
        self._stream.write(shown(text) + "\n")
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """What a run is to show, and where."""

    as_json: bool = False
    """The result as one JSON document, on standard output."""
    progress: str = "none"
    """``json``: events and result as lines of JSON on standard output."""
    verbose: bool = False
    log: Path | None = None
    events: Path | None = None
    """A file for events and result as lines of JSON."""
    heading: str = ""


class Reporter(AbstractContextManager["Reporter"]):
    """What a verb talks to: `listen` for events, `result` for the answer."""

    def __init__(self, how: Reporting) -> None:
        self._how = how
        self._json = how.as_json
        self._log: LogFile | None = None
        self._lines: list[EventLines] = []
        self._listeners: list[Listener] = []
        self._drawing: list[Terminal] = []
        self._lock = threading.Lock()
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        how = self._how
        if how.log is not None:
            self._log = LogFile(how.log, how.heading)
            self._closing.callback(self._log.close)
            self._listeners.append(self._log)
        if how.events is not None:
            stream = self._closing.enter_context(opened_lines(how.events))
            self._lines.append(EventLines(stream, verbose=how.verbose))
        if how.progress == "json":
            self._lines.append(EventLines(sys.stdout, verbose=how.verbose))
        elif how.progress != "none":
            self._listeners.append(self._screen())
        for lines in self._lines:
            lines.begin(self._log.path if self._log else None)
        self._listeners += self._lines
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and self._log is not None:
            if isinstance(error, QlumodError):
                self._log.write(f"error: {error}")
                error.add_note(f"The full log: {self._log.path}")
            else:
                self._log.write("".join(traceback.format_exception(error)))
        if fault := _fault(error):
            for lines in self._lines:
                lines.end_with_errors(errors_document([fault]))
        self._closing.close()
        self._listeners.clear()
        if self._json and not self._prints_lines and isinstance(error, QlumodError):
            print_json(errors_document([error]))

    def listen(self, event: Event) -> None:
        """Hand an event to the screen and the log; safe from any thread."""
        with self._lock:
            for listener in self._listeners:
                listener(event)

    def result(
        self,
        document: Mapping[str, object],
        lines: Iterable[str] = (),
        *,
        faults: Iterable[QlumodError] = (),
    ) -> None:
        """Print the verb's answer: `document` with --json, else the lines for people.

        `faults` are the errors of a part of the work, which are reported beside it; raises
        `PartFailed` if there are any.
        """
        self._close_screen()
        failed = tuple(faults)
        whole = {**document, **(errors_document(failed) if failed else {})}
        for each in self._lines:
            each.end(whole)
        if self._json and not self._prints_lines:
            print_json(whole)
        elif not self._prints_lines:
            for line in lines:
                sys.stdout.write(visible(line) + "\n")
            sys.stdout.flush()
        if failed:
            for fault in failed:
                print_error(fault)
            raise PartFailed

    @property
    def _prints_lines(self) -> bool:
        return self._how.progress == "json"

    def leave_screen(self) -> None:
        """Stop to draw: another program, or a question, has the terminal from now on."""
        self._close_screen()

    def _screen(self) -> Listener:
        if self._how.progress == "auto" and _can_draw(sys.stderr):
            # Only here: half of the time that a short verb takes would go into it.
            from qlumod.cli.terminal import Terminal  # noqa: PLC0415

            terminal = self._closing.enter_context(Terminal(verbose=self._how.verbose))
            self._drawing.append(terminal)
            return terminal
        return Plain(sys.stderr, verbose=self._how.verbose)

    def _close_screen(self) -> None:
        # The answer must not run into a bar that is still being drawn.
        with self._lock:
            for terminal in self._drawing:
                terminal.__exit__()


def _fault(error: BaseException | None) -> QlumodError | None:
    """What ended a run, as its last line has it; None: a result, or a fault of qlumod's own."""
    match error:
        case QlumodError():
            return error
        case KeyboardInterrupt() | click.Abort():
            return QlumodError("interrupted", code=INTERRUPTED)
        case OSError():
            return refusal(error)
    return None


def print_error(error: QlumodError) -> None:
    """Write an error to the terminal: what, details, how to mend it, where the log lies."""
    lines = [
        _bold("qlumod: error: ", fg="red") + shown(error.brief),
        *(f"  {shown(line)}" for line in error.details),
        *([_bold("To mend it: ") + shown(error.remedy)] if error.remedy else ()),
        *map(shown, getattr(error, "__notes__", ())),
    ]
    for line in lines:
        click.echo(line, err=True, color=False if os.environ.get("NO_COLOR") else None)


def _bold(text: str, **style: Any) -> str:
    return click.style(text, bold=True, **style)


def _can_draw(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")


def new_log(directory: Path, verb: str) -> Path:
    """Name a log file for a run that begins now, and let the oldest ones go."""
    make_directories(directory)
    for old in sorted(directory.glob("*.log"))[: -LOGS_KEPT + 1]:
        old.unlink(missing_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    return directory / f"{stamp}-{verb}-{time.monotonic_ns() % 10**6:06d}.log"
