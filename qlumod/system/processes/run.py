"""The only door to programs, built on `sh`: clean environment, closed stdin, streamed output."""

import codecs
import contextlib
import io
import math
import os
import re
import select
import shlex
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import sh

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, Output, ignore
from qlumod.system.processes.signals import put_off
from qlumod.system.processes.workers import leashed

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The PATH of every program: tools such as mksquashfs are in sbin on some machines."""

TAIL, TAIL_LETTERS = 20, 1 << 10
"""How many of the last lines of output a failure shows, and how many characters of each."""
LINE = 8 << 10
"""How many bytes of a printed line are kept: a program may print an endless one."""
PRINTED = 64 << 20
"""How many characters of one program's output are announced, so that no log fills the disk."""
CAPTURED = 64 << 20
"""How many bytes a program may write as an answer, by default."""
_BESIDE_A_LINE = 64
"""What a line needs in a log in addition to its characters: its time and its program."""
_PIECE = 64 << 10
"""How much is read at once."""
_IN_PIPE = 1 << 20
"""How much a pipe can hold (pipe(7), /proc/sys/fs/pipe-max-size)."""
_PAUSE = 100
"""Milliseconds after which a reader checks whether its program has ended."""
_LATE = 2.0
"""Seconds after a program's end in which processes that it left may still print."""

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
"""The Debian package of each program, for the error if it is missing."""


class ProgramMissing(QlumodError):
    """A program is not installed; the error names its Debian package."""

    def __init__(self, program: str) -> None:
        package = PACKAGES.get(program, program)
        super().__init__(
            f"cannot run {program}: it is not installed", remedy=f"apt install {package}"
        )
        self.program = program


class CommandFailed(QlumodError):
    """A program ended with another status than 0; `tail` are the last lines that it printed.

    `ending` says how it ended, if the status does not say everything.
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
            details=(_cut(f"$ {command}", LINE), *tail),
            remedy=remedy,
        )
        self.command = command
        self.status = status
        self.tail = tuple(tail)


class FellSilent(CommandFailed):
    """A program was ended, since it had printed nothing for longer than its call allows."""


class PrintedTooMuch(QlumodError):
    """A program was ended, since it wrote more than its caller allows."""

    def __init__(self, command: "Command", most: int) -> None:
        super().__init__(
            f"{command.program} was ended: it wrote more than {most >> 20} MiB, where a short "
            "answer was expected",
            details=(_cut(f"$ {command}", LINE),),
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
    """The words to show to people, if not all: the command inside an enclosure."""
    silence: int = 0
    """After how many seconds without output it is ended; 0: never."""
    answers: bool = False
    """Whether it is a program of qlumod, whose lines must not be cut."""

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


def missing_programs(*programs: str) -> tuple[str, ...]:
    """The programs among these that are not installed."""
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
    watch, said = _Watch(call.silence), _Announced(call.program, listen)
    plain = _Lines(said)
    if on_line:
        answer = _Lines(on_line, most=0 if call.answers else LINE)
        status = _finish(call, watch, answer, plain)
    else:
        status = _finish(call, watch, plain)
    if status:
        raise watch.failure(call, status, said.last)


def capture(call: Command, *, most: int = CAPTURED, listen: Listener = ignore) -> bytes:
    """Run a program and return what it wrote to its standard output; raises as `run`.

    A program that writes more than `most` bytes is ended, and `PrintedTooMuch` raised.
    """
    watch, said = _Watch(call.silence), _Announced(call.program, listen)
    stdout = _Kept(call, watch, most)
    status = _finish(call, watch, stdout, _Lines(said))
    stdout.require_whole()
    if status:
        raise watch.failure(call, status, said.last)
    return stdout.data


def attempt(call: Command, *, most: int = CAPTURED) -> tuple[int, bytes, bytes]:
    """Run a program whose failure is a result: returns its status, standard output and error."""
    watch = _Watch(0)
    stdout, stderr = _Kept(call, watch, most), _Kept(call, watch, most)
    status = _finish(call, watch, stdout, stderr)
    for one in (stdout, stderr):
        one.require_whole()
    return status, stdout.data, stderr.data


def last_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """The last of many lines, as a failure shows them, each cut to a maximum length."""
    return tuple(_cut(line, TAIL_LETTERS) for line in deque(lines, maxlen=TAIL))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… and more"


class _Taker(Protocol):
    """A consumer of a program's output, as it comes."""

    def take(self, piece: bytes) -> None:
        """Take the next bytes."""

    def close(self) -> None:
        """There are no more."""


class _Lines:
    """Cuts bytes into lines; of a longer one, only the first `most` bytes are kept (0: all)."""

    def __init__(self, say: Callable[[str], None], *, most: int = LINE) -> None:
        self._say = say
        self._most = most
        # Only newlines end the lines of an answer; other programs overwrite lines by a CR.
        self._ends = re.compile(rb"\r\n|\n|\r" if most else rb"\n")
        self._begun = bytearray()
        self._more = 0
        self._returned = False

    def take(self, piece: bytes) -> None:
        """Pass on the lines that end in these bytes."""
        if self._returned and piece.startswith(b"\n"):
            piece = piece[1:]
        self._returned = bool(self._most) and piece.endswith(b"\r")
        *ended, begun = self._ends.split(piece)
        for part in ended:
            self._add(part)
            self._end()
        self._add(begun)

    def close(self) -> None:
        """Pass on the last line, if no newline ends it."""
        if self._begun:
            self._end()

    def _add(self, part: bytes) -> None:
        kept = part[: self._most - len(self._begun)] if self._most else part
        self._begun += kept
        self._more += len(part) - len(kept)

    def _end(self) -> None:
        # Drop a character that the cut has split.
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        line = decoder.decode(bytes(self._begun), final=not self._more)
        more = f"… and {self._more} more bytes" if self._more else ""
        self._begun.clear()
        self._more = 0
        self._say(line + more)


class _Announced:
    """Announces a program's lines up to the limit of one call, and keeps the last ones."""

    def __init__(self, program: str, listen: Listener) -> None:
        self._program = program
        self._listen = listen
        self._left = PRINTED
        self._last: deque[str] = deque(maxlen=TAIL)

    @property
    def last(self) -> tuple[str, ...]:
        """The last lines, for a failure."""
        return last_lines(self._last)

    def __call__(self, line: str) -> None:
        self._last.append(line)
        if self._left <= 0:
            return
        self._left -= len(line) + _BESIDE_A_LINE
        if self._left <= 0:
            line = f"… it prints more than {PRINTED >> 20} MiB: the rest is not kept"
        self._listen(Output(program=self._program, line=line))


class _Kept:
    """Keeps a program's output up to a number of bytes; ends the program if it writes more."""

    def __init__(self, call: Command, watch: "_Watch", most: int) -> None:
        self._call = call
        self._watch = watch
        self._most = most
        self._kept = io.BytesIO()
        self._whole = True

    @property
    def data(self) -> bytes:
        """All of it."""
        return self._kept.getvalue()

    def take(self, piece: bytes) -> None:
        """Keep some more."""
        self._whole = self._whole and self._kept.tell() + len(piece) <= self._most
        if self._whole:
            self._kept.write(piece)
        else:
            self._watch.end()

    def close(self) -> None:
        """Nothing more comes."""

    def require_whole(self) -> None:
        """Raise where it wrote more."""
        if not self._whole:
            raise PrintedTooMuch(self._call, self._most)


class _Watch:
    """Ends a program that has printed nothing for too long."""

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._heard = time.monotonic()
        self._ended = threading.Event()
        self._expired = False
        self._kill: Callable[[], None] | None = None

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Count from the block's end: the program may wait until its output is consumed."""
        self._heard = math.inf
        try:
            yield
        finally:
            self.hear()

    def hear(self) -> None:
        """Note that the program has printed something."""
        self._heard = time.monotonic()

    def end(self) -> None:
        """End the program now."""
        if self._kill:
            self._kill()

    def failure(self, call: Command, status: int, tail: Sequence[str]) -> CommandFailed:
        """The error for a program that has failed, or was ended here."""
        return (FellSilent if self._expired else CommandFailed)(call, status, tail)

    @contextmanager
    def over(self, kill: Callable[[], None]) -> Iterator[None]:
        """Watch over a program that `kill` ends."""
        self._kill = kill
        if not self._patience:
            yield
            return
        self.hear()
        watching = threading.Thread(target=self._watch, args=(kill,), daemon=True)
        watching.start()
        try:
            yield
        finally:
            self._ended.set()
            watching.join()

    def _watch(self, kill: Callable[[], None]) -> None:
        while (left := self._heard + self._patience - time.monotonic()) > 0:
            if self._ended.wait(min(left, self._patience)):
                return
        self._expired = True
        kill()


_WITH_HOME = frozenset(("gpg", "gpg-agent", "gpg-connect-agent", "gpgconf"))
"""Programs that need the caller's own keys. Other programs would run code from the home directory:
dpkg-buildpackage and lintian commands of their configuration, shells and Python much more."""


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


def _finish(call: Command, watch: _Watch, out: _Taker, err: _Taker | None = None) -> int:
    """Run a program to its end, and pass on all its output; returns its status.

    Without `err`, `out` takes both streams. A program that is still there after an exception is
    killed.
    """
    process = None
    with (
        open(os.devnull, "rb") as nothing,  # noqa: PTH123 - a device, not a path of ours
        _read((out, err) if err else (out,), watch) as ends,
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


@contextmanager
def _read(takers: Sequence[_Taker], watch: _Watch) -> Iterator[Sequence[BinaryIO]]:
    """Ends of pipes for a program to write to; each has a thread that gives what comes to a taker.

    sh itself keeps a line however long it is, and drops what is not taken two seconds after the
    end. Here all arrives, the program waits for who takes it, and the first error is raised.
    """
    over = threading.Event()
    with ExitStack() as files, ThreadPoolExecutor(len(takers)) as readers, ExitStack() as last:
        last.callback(over.set)  # an interruption in here must end the threads, too
        pipes = [os.pipe() for _ in takers]
        sources = [files.enter_context(open(end, "rb", buffering=0)) for end, _ in pipes]  # noqa: PTH123 - a descriptor
        ends = [files.enter_context(open(end, "wb", buffering=0)) for _, end in pipes]  # noqa: PTH123 - a descriptor
        with put_off():
            reading = [
                readers.submit(_give, source, taker, watch, over)
                for source, taker in zip(sources, takers, strict=True)
            ]
        try:
            yield ends
        finally:
            for end in ends:
                end.close()
            wait(reading, _LATE)
    for one in reading:
        one.result()


def _give(source: BinaryIO, taker: _Taker, watch: _Watch, over: threading.Event) -> None:
    """Pass all output to a taker; if that fails, read on, so that the program does not block."""
    pieces = _pieces(source, over)
    try:
        for piece in pieces:
            with watch.heard():
                taker.take(piece)
        taker.close()
    finally:
        for _ in pieces:
            watch.hear()


def _pieces(source: BinaryIO, over: threading.Event) -> Iterator[bytes]:
    """The output of a pipe, until its last write end is closed.

    A process that the program has left may keep the pipe open: after the program is `over`, only
    the content of the pipe counts.
    """
    poll, left = select.poll(), _IN_PIPE
    poll.register(source, select.POLLIN)
    while left > 0:
        late = over.is_set()
        if poll.poll(0 if late else _PAUSE):
            piece = source.read(_PIECE)
            if not piece:
                return
            left -= len(piece) if late else 0
            yield piece
        elif late:
            return


@cache
def _keep_descriptors() -> None:
    """Hide the descriptors that this process has inherited from the programs that it runs."""
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
