"""Pipes for the output of a program: nothing is lost, and no wait is endless."""

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
"""The bytes of one read."""
_IN_PIPE = 1 << 20
"""The maximum size of a pipe (pipe(7), /proc/sys/fs/pipe-max-size)."""
_PAUSE = 100
"""The milliseconds between a reader's checks whether its program has ended."""
_LATE = 2.0
"""The seconds after the end of a program in which its remaining processes may still print."""


@contextmanager
def piped(takers: Sequence[Taker], watch: Watch) -> Iterator[Sequence[BinaryIO]]:
    """Write ends of pipes for a program; each has a thread that passes the output to a taker.

    sh itself keeps a line of any length, and drops output that is not read two seconds after the
    end. Here all output arrives, the program waits for the takers, and the first error is raised.
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
    """Pass all output to a taker; after an error, read on so that the program does not block."""
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
    """The output of a pipe, until it has no writer any more.

    A program's remaining processes may hold the pipe open: when it is `over`, only the bytes in the
    pipe are read.
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
