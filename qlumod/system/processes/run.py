"""The only module that runs programs, built on `sh`: clean environment, streamed output."""

import contextlib
import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, BinaryIO

import sh

from qlumod.events import Listener, ignore
from qlumod.system.processes.command import LINE, Command
from qlumod.system.processes.output import Announced, Kept, Lines, Taker
from qlumod.system.processes.pipes import piped
from qlumod.system.processes.programs import SEARCH_PATH, ProgramMissing, program_path
from qlumod.system.processes.signals import put_off
from qlumod.system.processes.silence import Watch
from qlumod.system.processes.workers import leashed

CAPTURED = 64 << 20
"""The default limit in bytes for output that is an answer."""


def run(
    call: Command,
    *,
    listen: Listener = ignore,
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Run a program, its output announced line by line as `Output` (or given to `on_line`).

    Raises `ProgramMissing` or `CommandFailed` with the last lines of the output.
    """
    watch, said = Watch(call.silence), Announced(call.program, listen)
    plain = Lines(said)
    if on_line:
        answer = Lines(on_line, most=0 if call.answers else LINE)
        status = _finish(call, watch, answer, plain)
    else:
        status = _finish(call, watch, plain)
    if status:
        raise watch.failure(call, status, said.last)


def capture(call: Command, *, most: int = CAPTURED, listen: Listener = ignore) -> bytes:
    """Run a program and return its standard output; raises as `run`.

    A program that writes more than `most` bytes is ended, and `PrintedTooMuch` raised.
    """
    watch, said = Watch(call.silence), Announced(call.program, listen)
    stdout = Kept(call, watch, most)
    status = _finish(call, watch, stdout, Lines(said))
    stdout.require_whole()
    if status:
        raise watch.failure(call, status, said.last)
    return stdout.data


def attempt(call: Command, *, most: int = CAPTURED) -> tuple[int, bytes, bytes]:
    """Run a program whose failure is an answer: returns its status, standard output and error."""
    watch = Watch(0)
    stdout, stderr = Kept(call, watch, most), Kept(call, watch, most)
    status = _finish(call, watch, stdout, stderr)
    for one in (stdout, stderr):
        one.require_whole()
    return status, stdout.data, stderr.data


Streams = tuple[BinaryIO, BinaryIO, BinaryIO]
"""Standard input, output and error of a program."""


def hand_over(call: Command, streams: Streams) -> int:
    """Run a program that uses these streams itself; returns its status.

    It is not watched: a person may be at the other end.
    """
    process = None
    try:
        with put_off():
            process = _start(call, _in=streams[0], _out=streams[1], _err=streams[2])
        with leashed(partial(_kill, process)):
            process.wait()
    except sh.ErrorReturnCode as ended:
        return int(ended.exit_code)
    except BaseException:
        _end(process)
        raise
    return 0


_WITH_HOME = frozenset(("gpg", "gpg-agent", "gpg-connect-agent", "gpgconf"))
"""Programs that need the caller's own keys. Other programs would run code from the home directory:
dpkg-buildpackage and lintian commands of their configuration, shells and Python much more.
"""


def environment(program: str) -> dict[str, str]:
    """The clean environment of a program."""
    names = ("TMPDIR", "HOME", "GNUPGHOME") if program in _WITH_HOME else ("TMPDIR",)
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {
        "HOME": "/nonexistent",
        **kept,
        "PATH": SEARCH_PATH,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


def _finish(call: Command, watch: Watch, out: Taker, err: Taker | None = None) -> int:
    """Run to the end, and pass all output to the takers; returns its status.

    Without `err`, `out` takes both streams. A program that still runs after an exception is killed.
    """
    process = None
    with (
        open(os.devnull, "rb") as nothing,  # noqa: PTH123 - a device, not a path of ours
        piped((out, err) if err else (out,), watch) as ends,
    ):
        try:
            with put_off():
                process = _start(call, _in=call.stdin or nothing, _out=ends[0], _err=ends[-1])
            kill = partial(_kill, process)
            with leashed(kill), watch.over(kill):
                # The reader ends with the last open write end, so this process must close its own.
                for end in ends:
                    end.close()
                process.wait()
        except sh.ErrorReturnCode as ended:
            return int(ended.exit_code)
        except BaseException:
            _end(process)
            raise
    return 0


@cache
def _keep_descriptors() -> None:
    """Keep programs from inheriting descriptors that this process has inherited."""
    descriptors = [int(path.name) for path in Path("/proc/self/fd").iterdir()]
    for descriptor in descriptors:
        if descriptor > 2:
            # The descriptor of the listing itself is closed by now.
            with contextlib.suppress(OSError):
                os.set_inheritable(descriptor, False)


def _start(call: Command, **options: Any) -> Any:
    _keep_descriptors()
    return _resolve(call)(
        *call.argv[1:],
        _env={**environment(Path(call.argv[0]).name), **call.environment},
        _cwd=str(call.directory) if call.directory else None,
        # sh refuses this option where the output is a terminal.
        **({} if options["_out"].isatty() else {"_tty_out": False}),
        # Python's own are closed in other programs (PEP 446), `_keep_descriptors` handles the
        # others.
        _close_fds=False,
        _new_session=False,
        _bg=True,
        _bg_exc=False,
        **options,
    )


def _end(process: Any) -> None:
    if process is not None:
        _kill(process)
        with contextlib.suppress(Exception):
            process.wait()


def _kill(process: Any) -> None:
    with contextlib.suppress(ProcessLookupError, OSError):
        process.kill()


def _resolve(call: Command) -> Any:
    name = call.argv[0]
    found = name if "/" in name else program_path(name)
    if found is None or not os.access(found, os.X_OK):
        raise ProgramMissing(Path(name).name)
    return sh.Command(found)
