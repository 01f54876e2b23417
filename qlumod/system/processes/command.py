"""A program call as a value, and the errors for its failures."""

import shlex
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qlumod.errors import QlumodError

TAIL, TAIL_LETTERS = 20, 1 << 10
"""The number of the last lines of output that a failure shows, and of the letters of each."""
LINE = 8 << 10
"""The bytes that are kept of a printed line, which may be endless."""


class CommandFailed(QlumodError):
    """A program ended with a status other than 0; `tail` are its last lines of output.

    `ending` describes the end if the status does not suffice.
    """

    code = "program-failed"

    def __init__(
        self,
        command: "Command",
        status: int,
        tail: Sequence[str],
        *,
        ending: str = "",
        remedy: str = "",
    ) -> None:
        self.ending = ending or (
            f"exit status {status}" if status >= 0 else f"killed by signal {-status}"
        )
        super().__init__(
            f"{command.program} failed: {self.ending}",
            details=(cut(f"$ {command}", LINE), *tail),
            remedy=remedy,
        )
        self.command = command
        self.status = status
        self.tail = tuple(tail)


class FellSilent(CommandFailed):
    """A program was ended, since it had printed nothing for longer than its call allows."""


class PrintedTooMuch(QlumodError):
    """A program was ended, since it wrote more than its limit."""

    def __init__(self, command: "Command", most: int) -> None:
        super().__init__(
            f"{command.program} was ended: it wrote more than {most >> 20} MiB, where a short "
            "answer was expected",
            details=(cut(f"$ {command}", LINE),),
            remedy="see what it is that writes so much there; a package may have put its own "
            "program in the place of this one",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program call as a value; `environment` is added to the clean one."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    """The program's working directory; None: qlumod's own."""
    stdin: bytes = b""
    spoken: tuple[str, ...] = ()
    """The words to show to people, if not all: those that run in an enclosure."""
    silence: int = 0
    """The seconds without output after which it is ended; 0: never."""
    answers: bool = False
    """Whether it is a program of qlumod, whose lines are parsed and must not be cut."""

    @property
    def program(self) -> str:
        """The program's name, without its directory."""
        return Path((self.spoken or self.argv)[0]).name

    def __str__(self) -> str:
        """The call as a shell command."""
        return shlex.join(self.spoken or self.argv)


def command(
    *argv: str | Path,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    stdin: bytes = b"",
    answers: bool = False,
) -> Command:
    """Make a `Command` of words and paths."""
    return Command(
        argv=tuple(str(word) for word in argv),
        environment=dict(environment or {}),
        directory=directory,
        stdin=stdin,
        answers=answers,
    )


def last_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """The last of many lines, for a failure, each cut to its limit."""
    return tuple(cut(line, TAIL_LETTERS) for line in deque(lines, maxlen=TAIL))


def cut(text: str, most: int) -> str:
    """A text, cut after `most` letters."""
    return text if len(text) <= most else f"{text[:most]}… and more"
