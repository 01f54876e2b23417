"""The exit codes, in one place: --help, README and the tests read them from here."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a verb's exit status means."""

    FINE = 0
    ERROR = 1
    USAGE = 2
    WANTING = 3
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.FINE: "it worked",
    ExitCode.ERROR: "an error; the message says what, where, and how to mend it",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.WANTING: "it worked, and what it looked at is found wanting: there are differences",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C or SIGTERM; everything begun was taken down",
}


class FoundWanting(Exception):
    """The verb did its work and printed its result, and the result is that something is wrong."""
