"""gpg's agent and its like, which gpg starts and leaves running: ours end with us, others go on.

What ran before is used and left alone. What has to be started is started here, never by gpg itself
(``--no-autostart``): with a watcher that reads a FIFO to its end, and then has gpgconf end it. The
FIFO ends when the block does, and also when this process is killed, since nobody else writes there.
The agent is started by gpg-agent(1) as the child of its own watcher, which it does not outlive by
more than some seconds, whoever kills that.
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
"""Seconds between two looks whether a daemon has come up."""
_SYSTEM = Path("/etc/gnupg")
"""What holds for all users of this machine."""
_USE_KEYBOXD = re.compile(r"^\s*use-keyboxd\s*$", re.MULTILINE)
_ROOM = 45
"""How long a directory's path may be for a key's home in it."""
AGENT, KEYBOXD = "gpg-agent", "keyboxd"

Ready = Callable[[], None]
"""Waits until what gpg needs is there; raises `QlumodError` where it cannot be started."""


@dataclass(slots=True)
class _Started:
    """What was started: the ends of the FIFOs that we hold, and the threads that wait."""

    ends: list[int] = field(default_factory=list)
    watching: list[Future[None]] = field(default_factory=list)


@contextmanager
def daemons(home: Path | None = None, *, secret: bool = True) -> Iterator[Ready]:
    """What gpg needs to run beside for a GNUPGHOME (None: the user's own), during a block.

    `secret` says whether secret keys are used: only they need an agent.
    """
    started = _Started()
    with scratch(short_directory()) as place, ThreadPoolExecutor(3) as pool:
        coming = pool.submit(_start_missing, home, place, pool, started, secret)
        try:
            yield coming.result
        finally:
            # Whatever comes in now must not keep what was started.
            with put_off():
                with suppress(Exception):
                    coming.result()
                for end in started.ends:
                    os.close(end)
                for one in started.watching:
                    one.exception()


def short_directory() -> Path:
    """Where the agent's socket fits: its path has at most 108 bytes (unix(7))."""
    usual = Path(tempfile.gettempdir())
    return usual if len(str(usual)) <= _ROOM else Path("/tmp")


def home_words(home: Path | None) -> tuple[str | Path, ...]:
    """How programs of GnuPG are told of a home that is not the user's own."""
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
            # Somebody else may have started one at the same moment.
            if not _runs(home, AGENT):
                raise


def _watcher(home: Path | None, place: Path, daemon: str) -> Command:
    """Ends a daemon when nobody can write any more to the FIFO of its name, which is made.

    It is in a session of its own: what ends all of ours leaves it to do that.
    """
    os.mkfifo(place / daemon, 0o600)
    return command(
        "setsid", "--wait", "xargs", "--arg-file", place / daemon,
        "gpgconf", *home_words(home), "--kill", daemon,
    )  # fmt: skip


def _watch(call: Command, fifo: Path, pool: ThreadPoolExecutor, started: _Started) -> None:
    """Start a watcher, or what ends in one, and hold the other end of its FIFO."""
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
