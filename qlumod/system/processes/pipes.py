"""Pipes from a program to who takes what it writes: nothing is lost, and no wait is endless."""

import os
import select
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from typing import BinaryIO

from qlumod.system.processes.output import Taker
from qlumod.system.processes.signals import put_off
from qlumod.system.processes.silence import Watch

_PIECE = 64 << 10
"""How much is read at once."""
_IN_PIPE = 1 << 20
"""How much a pipe can hold (pipe(7), /proc/sys/fs/pipe-max-size)."""
_PAUSE = 100
"""Milliseconds after which a reader looks whether its program has ended."""
_LATE = 2.0
"""Seconds in which processes that a program has left may still print, when it has ended."""


@contextmanager
def piped(takers: Sequence[Taker], watch: Watch) -> Iterator[Sequence[BinaryIO]]:
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


def _give(source: BinaryIO, taker: Taker, watch: Watch, over: threading.Event) -> None:
    """Give a taker all that comes; where that fails, the rest is read for the program's sake."""
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
    """What comes out of a pipe, until nobody can write to it any more.

    What a program has left running may hold the pipe open: when it is `over`, only what lies in the
    pipe counts.
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
