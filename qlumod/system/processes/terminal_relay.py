"""The caller's streams for a program in namespaces: as they are, or a terminal of its own.

A program that got the caller's terminal itself could change its settings and put words into its
input. So it gets a pseudo terminal, and what goes through it is copied in both directions.
"""

import contextlib
import fcntl
import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

_PIECE = 64 << 10
_INPUT, _OUTPUT, _ERRORS = 0, 1, 2
_SIZE_LENGTH = 8
"""The bytes of struct winsize (ioctl_tty(2))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallersStreams:
    """Descriptors that programs inherit, for standard input, output and error."""

    descriptors: tuple[int, int, int]
    terminal: bool
    """Whether they are a terminal."""


@contextmanager
def callers_streams() -> Iterator[CallersStreams]:
    """The streams of this process for another one, during the block.

    If both input and output are a terminal, the program gets a terminal of its own. All output has
    been written when the block ends.
    """
    if os.isatty(_INPUT) and os.isatty(_OUTPUT):
        with _own_terminal() as terminal:
            yield CallersStreams(descriptors=(terminal, terminal, terminal), terminal=True)
        return
    sys.stdout.flush()
    first, second, third = (os.dup(number) for number in (_INPUT, _OUTPUT, _ERRORS))
    try:
        for copy in (first, second, third):
            os.set_inheritable(copy, True)
        yield CallersStreams(descriptors=(first, second, third), terminal=False)
    finally:
        for copy in (first, second, third):
            os.close(copy)


@contextmanager
def _own_terminal() -> Iterator[int]:
    outer, inner = os.openpty()
    os.set_inheritable(inner, True)
    _copy_size(outer)
    before = termios.tcgetattr(_INPUT)
    resized = signal.signal(signal.SIGWINCH, lambda *_: _copy_size(outer))
    copying = Thread(target=_relay, args=(outer,), daemon=True)
    tty.setraw(_INPUT)
    try:
        copying.start()
        yield inner
    finally:
        # No program has it open any more: the relay ends after the last output.
        os.close(inner)
        copying.join()
        termios.tcsetattr(_INPUT, termios.TCSADRAIN, before)
        signal.signal(signal.SIGWINCH, resized)
        os.close(outer)


def _copy_size(outer: int) -> None:
    with contextlib.suppress(OSError):
        size = fcntl.ioctl(_INPUT, termios.TIOCGWINSZ, bytes(_SIZE_LENGTH))
        fcntl.ioctl(outer, termios.TIOCSWINSZ, size)


def _relay(outer: int) -> None:
    """Copy in both directions until nobody has the inner end open (EIO)."""
    sources = [_INPUT, outer]
    with contextlib.suppress(OSError):
        while True:
            ready, _, _ = select.select(sources, [], [])
            if outer in ready:
                _write(_OUTPUT, os.read(outer, _PIECE))
            if _INPUT in ready and not _pass_on(outer):
                sources.remove(_INPUT)


def _pass_on(outer: int) -> bool:
    """Copy what was typed; returns whether there may be more."""
    piece = os.read(_INPUT, _PIECE)
    _write(outer, piece)
    return bool(piece)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
