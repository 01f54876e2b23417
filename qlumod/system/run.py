"""The only door to programs, built on `sh`: clean environment, closed stdin, streamed output."""

import contextlib
import io
import os
import shlex
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import sh

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, Output, ignore
from qlumod.system.leash import leashed
from qlumod.system.signals import put_off

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The PATH of every program: tools such as mksquashfs lie in sbin on some machines."""

TAIL = 20
"""How many of the last lines of output a failure shows."""

PACKAGES = {
    "apt-get": "apt",
    "apt-config": "apt",
    "bwrap": "bubblewrap",
    "dpkg": "dpkg",
    "dpkg-buildpackage": "dpkg-dev",
    "dpkg-deb": "dpkg",
    "dpkg-genchanges": "dpkg-dev",
    "dpkg-source": "dpkg-dev",
    "dh": "debhelper",
    "dh_qlumod": "dh-qlumod",
    "gpg": "gnupg",
    "gpg-connect-agent": "gpgconf",
    "gpgconf": "gpgconf",
    "gpgv": "gpgv",
    "hostname": "hostname",
    "lintian": "lintian",
    "mksquashfs": "squashfs-tools",
    "unsquashfs": "squashfs-tools",
    "mmdebstrap": "mmdebstrap",
    "mount": "mount",
    "prlimit": "util-linux",
    "setpriv": "util-linux",
    "unshare": "util-linux",
    "umount": "mount",
}
"""Which Debian package brings a program, for the error when it is missing."""


class ProgramMissing(QlumodError):
    """A program is not installed; the error names the Debian package that brings it."""

    def __init__(self, program: str) -> None:
        package = PACKAGES.get(program, program)
        super().__init__(
            f"cannot run {program}: it is not installed", remedy=f"apt install {package}"
        )
        self.program = program


class CommandFailed(QlumodError):
    """A program ended with another status than 0; `tail` are the last lines that it printed.

    `ending` says how it ended where that is more than its status.
    """

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
            details=(f"$ {command}", *tail),
            remedy=remedy,
        )
        self.command = command
        self.status = status
        self.tail = tuple(tail)


class FellSilent(CommandFailed):
    """A program was ended, since it had printed nothing for longer than its call allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program call as a value; `environment` is added to the clean one."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    """The program's working directory; None: qlumod's own."""
    stdin: bytes = b""
    spoken: tuple[str, ...] = ()
    """The words that matter to people, where they are not all: those that run in an enclosure."""
    silence: int = 0
    """After how many seconds without output it is ended; 0: never."""

    @property
    def program(self) -> str:
        """The program's name, without its directory."""
        return Path((self.spoken or self.argv)[0]).name

    def __str__(self) -> str:
        """The call as a person would type it."""
        return shlex.join(self.spoken or self.argv)


def command(
    *argv: str | Path,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    stdin: bytes = b"",
) -> Command:
    """Make a `Command` of words and paths."""
    return Command(
        argv=tuple(str(word) for word in argv),
        environment=dict(environment or {}),
        directory=directory,
        stdin=stdin,
    )


def missing_programs(*programs: str) -> tuple[str, ...]:
    """Those of the programs that are not installed."""
    return tuple(program for program in programs if not _which(program))


def require_programs(*programs: str) -> None:
    """Raise an error for each program that is not installed, all at once."""
    raise_faults(map(ProgramMissing, missing_programs(*programs)))


def run(
    call: Command,
    *,
    listen: Listener = ignore,
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Run a program, its output announced line by line as `Output` (or given to `on_line`).

    Raises `ProgramMissing` or `CommandFailed` with the last lines of the output.
    """
    tail: deque[str] = deque(maxlen=TAIL)

    def take(text: str) -> None:
        for line in text.splitlines():
            tail.append(line)
            listen(Output(program=call.program, line=line))

    line = on_line
    watch = _Watch(call.silence)
    with _queued((lambda text: line(text.rstrip("\n"))) if line else take) as queue:

        def out(text: str) -> None:
            watch.heard()
            queue(text)

        errors = {"_err": take} if on_line else {"_err_to_out": True}
        status = _finish(call, watch, _out=out, **errors)
    if status:
        raise watch.failure(call, status, tuple(tail))


@contextmanager
def _queued(take: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Something that takes texts at once, and gives them to `take` one after the other.

    sh waits two seconds for the output of a program that has ended, drops the rest, and keeps what
    goes wrong with it to itself. Here all arrives, and the first error is raised.
    """
    waiting: SimpleQueue[str | None] = SimpleQueue()

    def work() -> None:
        for text in iter(waiting.get, None):
            take(text)

    with ThreadPoolExecutor(1) as worker:
        try:
            done = worker.submit(work)  # an interruption in here must end the thread, too
            # To see what a function of Python's own takes, sh needs 20 ms.
            yield lambda text: waiting.put(text)  # noqa: PLW0108
        finally:
            waiting.put(None)
    done.result()


def capture(call: Command, *, listen: Listener = ignore) -> bytes:
    """Run a program and return what it wrote to its standard output; raises as `run`."""
    watch = _Watch(call.silence)
    status, stdout, stderr = _collected(call, watch)
    for line in stderr.decode(errors="replace").splitlines():
        listen(Output(program=call.program, line=line))
    if status:
        raise watch.failure(call, status, stderr.decode(errors="replace").splitlines()[-TAIL:])
    return stdout


def attempt(call: Command) -> tuple[int, bytes, bytes]:
    """Run a program whose failure is an answer: its status, standard output and error."""
    return _collected(call, _Watch(0))


class _Collected(io.BytesIO):
    """What a program writes; each piece is heard by its watch."""

    def __init__(self, watch: "_Watch") -> None:
        super().__init__()
        self._watch = watch

    def write(self, data: Any) -> int:
        self._watch.heard()
        return super().write(data)


def _collected(call: Command, watch: "_Watch") -> tuple[int, bytes, bytes]:
    stdout, stderr = _Collected(watch), _Collected(watch)
    status = _finish(call, watch, _out=stdout, _err=stderr)
    return status, stdout.getvalue(), stderr.getvalue()


class _Watch:
    """Ends a program that has said nothing for too long."""

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._heard = time.monotonic()
        self._ended = threading.Event()
        self._expired = False

    def heard(self) -> None:
        """Note that the program said something."""
        self._heard = time.monotonic()

    def failure(self, call: Command, status: int, tail: Sequence[str]) -> CommandFailed:
        """The error for a program that has failed, or was ended here."""
        return (FellSilent if self._expired else CommandFailed)(call, status, tail)

    @contextmanager
    def over(self, kill: Callable[[], None]) -> Iterator[None]:
        """Watch over a program that `kill` ends."""
        if not self._patience:
            yield
            return
        self.heard()
        watching = threading.Thread(target=self._watch, args=(kill,), daemon=True)
        watching.start()
        try:
            yield
        finally:
            self._ended.set()
            watching.join()

    def _watch(self, kill: Callable[[], None]) -> None:
        while (left := self._heard + self._patience - time.monotonic()) > 0:
            if self._ended.wait(left):
                return
        self._expired = True
        kill()


_WITH_HOME = frozenset(("gpg", "gpg-agent", "gpg-connect-agent", "gpgconf"))
"""Programs that are to find the caller's own keys. Others run what they find in a home:
dpkg-buildpackage and lintian the commands of their configuration, shells and Python much more."""


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


def _finish(call: Command, watch: _Watch, **options: Any) -> int:
    """Run to the end; a program that is still there after an exception is killed."""
    process = None
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device, not a path of ours
        try:
            with put_off():
                process = _start(call, _in=call.stdin or nothing, **options)
            kill = partial(_kill, process)
            with leashed(kill), watch.over(kill):
                process.wait()
        except sh.ErrorReturnCode as ended:
            return int(ended.exit_code)
        except BaseException:
            _end(process)
            raise
    return 0


@cache
def _keep_descriptors() -> None:
    """Hide the descriptors that this process was begun with from the programs that it runs."""
    descriptors = [int(path.name) for path in Path("/proc/self/fd").iterdir()]
    for descriptor in descriptors:
        if descriptor > 2:
            # That of the listing itself is gone by now.
            with contextlib.suppress(OSError):
                os.set_inheritable(descriptor, False)


def _start(call: Command, **options: Any) -> Any:
    _keep_descriptors()
    return _resolve(call)(
        *call.argv[1:],
        _env={**environment(Path(call.argv[0]).name), **call.environment},
        _cwd=str(call.directory) if call.directory else None,
        _tty_out=False,
        # Python's own are closed in other programs (PEP 446), `_keep_descriptors` sees to the rest.
        _close_fds=False,
        _new_session=False,
        _bg=True,
        _bg_exc=False,
        _encoding="utf-8",
        _decode_errors="replace",
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
    found = name if "/" in name else _which(name)
    if found is None or not os.access(found, os.X_OK):
        raise ProgramMissing(Path(name).name)
    return sh.Command(found)


def _which(name: str) -> str | None:
    return shutil.which(name, path=SEARCH_PATH)
