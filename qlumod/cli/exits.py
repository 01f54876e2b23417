"""The exit codes, in one place: --help, README and the tests read them from here."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a verb's exit status means."""

    FINE = 0
    ERROR = 1
    USAGE = 2
    WANTING = 3
    PARTLY = 4
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.FINE: "it worked",
    ExitCode.ERROR: "an error; the message says what, where, and how to mend it",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.WANTING: "the verb ran, and found differences or faults",
    ExitCode.PARTLY: "it worked, except for the modules that the lock leaves out; they are listed",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C or SIGTERM; no process or mount of it is left",
}


class FoundWanting(Exception):
    """The verb did its work and printed its result, and the result is that something is wrong."""

    code = ExitCode.WANTING


class NotAll(Exception):
    """The verb did its work and printed its result, but for modules that cannot be had."""

    code = ExitCode.PARTLY


class PartFailed(Exception):
    """The verb printed the result of a part of its work, and the errors of the rest."""

    code = ExitCode.ERROR


class ProgramEnded(Exception):
    """The verb ran a program for the caller, and ends with the program's own exit status."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code
