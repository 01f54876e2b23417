"""Ctrl-C and SIGTERM, deferred while something starts that must be stopped again."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def put_off() -> Iterator[None]:
    """Defer interruptions; one that arrives meanwhile is delivered at the end of the block.

    An exception between the start of a program and the line that notes it would leave the program
    running with nobody to end it. Python runs handlers in the main thread only: in any other
    thread there is nothing to put off.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: arrived.append(number))
        for number in INTERRUPTIONS
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for late in arrived:
        os.kill(os.getpid(), late)
