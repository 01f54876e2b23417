"""Work that keeps Python itself busy, for thousands of items: half of it in another process.

Threads would take turns in it. The other process is a fork, which has all that this one has; it
must not talk to anybody, since threads of this process may have held the locks for that.
"""

import contextlib
import os
import pickle
import signal
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeVar

from qlumod.errors import QlumodError
from qlumod.system.signals import put_off

MANY = 1000
"""How many items are worth a process."""

T = TypeVar("T")
R = TypeVar("R")
Advance = Callable[[int], None]
Work = Callable[[Sequence[T], Advance], list[R]]


def in_halves(items: Sequence[T], work: Work[T, R], advance: Advance) -> list[R]:
    """What `work` makes of all items, in their order; it is given some, and tells how far it is.

    What it makes of an item is pickled. Where one half fails, all of it is done in one piece, so
    that `work` can say what is wrong with any of them.
    """
    if len(items) < MANY:
        return work(items, advance)
    middle = len(items) // 2
    try:
        first, (second, amount) = _both(items[:middle], items[middle:], work, advance)
    except (QlumodError, EOFError, pickle.UnpicklingError):
        return work(items, advance)
    advance(amount)
    return [*first, *second]


def _both(
    items: Sequence[T], others: Sequence[T], work: Work[T, R], advance: Advance
) -> tuple[list[R], tuple[list[R], int]]:
    """What is made here, and the other process's answer; that process has ended then."""
    reading, writing = os.pipe()
    parent, child = os.getpid(), 0
    try:
        with put_off():
            child = os.fork()
            if not child:
                # An interruption is this process's affair, which then ends the other one.
                os.close(reading)
                _answer(writing, others, work, parent)
            os.close(writing)
        with open(reading, "rb") as answer:  # noqa: PTH123 - a pipe
            return work(items, advance), pickle.loads(answer.read())
    finally:
        if child:
            with put_off():
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _answer(writing: int, items: Sequence[T], work: Work[T, R], parent: int) -> NoReturn:
    """In the other process: answer with what was made, or with nothing."""
    amounts: list[int] = []

    def advance(amount: int) -> None:
        if os.getppid() != parent:
            # It was killed, and the next run waits for the locks that this process has, too.
            os._exit(1)
        amounts.append(amount)

    with contextlib.suppress(BaseException):
        answer = pickle.dumps((work(items, advance), sum(amounts)))
        with open(writing, "wb") as pipe:
            pipe.write(answer)
    os._exit(0)
