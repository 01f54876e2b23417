"""The daemons of gpg, such as its agent: those that qlumod starts end with it, others go on.

A running daemon is used and left running. A missing one is started here, never by gpg itself
(``--no-autostart``), with a watcher that reads a FIFO to its end, and then ends it by gpgconf. The
FIFO ends with the block, and also when this process is killed, since it has no other writer.
gpg-agent(1) starts the agent as the child of its own watcher: the agent ends at most some seconds
after the watcher is killed.
"""

import errno
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from qlumod.system.disk.scratch import scratch
from qlumod.system.processes.command import Command, CommandFailed, command
from qlumod.system.processes.run import attempt, run
from qlumod.system.processes.signals import put_off

_PAUSE = 0.002
"""Seconds between two checks whether a daemon has started."""
_SYSTEM = Path("/etc/gnupg")
"""The configuration for all users of this machine."""
_USE_KEYBOXD = re.compile(r"^\s*use-keyboxd\s*$", re.MULTILINE)
_ROOM = 45
"""The maximum length of a directory's path for a GNUPGHOME in it."""
AGENT, KEYBOXD = "gpg-agent", "keyboxd"

Ready = Callable[[], None]
"""Waits until the daemons run; raises `QlumodError` if one cannot be started."""


@dataclass(slots=True)
class _Started:
    """The started daemons: the write ends of their FIFOs, and the waiting threads."""

    ends: list[int] = field(default_factory=list)
    watching: list[Future[None]] = field(default_factory=list)


@contextmanager
def daemons(home: Path | None = None, *, secret: bool = True) -> Iterator[Ready]:
    """The daemons that gpg needs for a GNUPGHOME (None: the user's own), during a block.

    `secret` says whether secret keys are used: only they need an agent.
    """
    started = _Started()
    with scratch(short_directory()) as place, ThreadPoolExecutor(3) as pool:
        coming = pool.submit(_start_missing, home, place, pool, started, secret)
        try:
            yield coming.result
        finally:
            # An interruption here must not leave daemons running.
            with put_off():
                with suppress(Exception):
                    coming.result()
                for end in started.ends:
                    os.close(end)
                for one in started.watching:
                    one.exception()


def short_directory() -> Path:
    """A directory for the agent's socket, whose path may have at most 108 bytes (unix(7))."""
    usual = Path(tempfile.gettempdir())
    return usual if len(str(usual)) <= _ROOM else Path("/tmp")


def home_words(home: Path | None) -> tuple[str | Path, ...]:
    """The options of GnuPG's programs for a home that is not the user's own."""
    return ("--homedir", home.absolute()) if home else ()


def _start_missing(
    home: Path | None, place: Path, pool: ThreadPoolExecutor, started: _Started, secret: bool
) -> None:
    if _uses_keyboxd(home) and not _runs(home, KEYBOXD):
        _watch(_watcher(home, place, KEYBOXD), place / KEYBOXD, pool, started)
        run(command("gpgconf", *home_words(home), "--launch", KEYBOXD))
    if secret and not _runs(home, AGENT):
        watcher = _watcher(home, place, AGENT)
        call = command(AGENT, *home_words(home), "--daemon", "--", *watcher.argv)
        try:
            _watch(call, place / AGENT, pool, started)
        except CommandFailed:
            # Another process may have started one at the same moment.
            if not _runs(home, AGENT):
                raise


def _watcher(home: Path | None, place: Path, daemon: str) -> Command:
    """Makes a FIFO, and ends a daemon when the FIFO has no writer any more.

    It has a session of its own, so that a kill of qlumod's session does not end it.
    """
    os.mkfifo(place / daemon, 0o600)
    return command(
        "setsid", "--wait", "xargs", "--arg-file", place / daemon,
        "gpgconf", *home_words(home), "--kill", daemon,
    )  # fmt: skip


def _watch(call: Command, fifo: Path, pool: ThreadPoolExecutor, started: _Started) -> None:
    """Start a watcher, or a program that becomes one, and open its FIFO for writing."""
    watching = pool.submit(run, call)
    started.watching.append(watching)
    while True:
        try:
            started.ends.append(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC))
            return
        except OSError as fault:
            if fault.errno != errno.ENXIO:
                raise
        if watching.done():
            watching.result()
            return
        time.sleep(_PAUSE)


def _runs(home: Path | None, daemon: str) -> bool:
    chosen = ("--keyboxd",) if daemon == KEYBOXD else ()
    call = command("gpg-connect-agent", *home_words(home), *chosen, "--no-autostart", "/bye")
    _, _, said = attempt(call)
    return not re.search(rb"no .* running in this session", said)


def _uses_keyboxd(home: Path | None) -> bool:
    """Whether gpg 2.4 and later keep the public keys in keyboxd (common.conf in gpg(1))."""
    own = home or Path(os.environ.get("GNUPGHOME") or "~/.gnupg").expanduser()
    for folder in (own, _SYSTEM):
        with suppress(OSError):
            text = (folder / "common.conf").read_text(encoding="utf-8", errors="replace")
            if _USE_KEYBOXD.search(text):
                return True
    return False
