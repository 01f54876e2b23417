"""Interrupting other threads: Ctrl-C and SIGTERM reach the main thread only."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from qlumod.system.processes.signals import put_off

P = ParamSpec("P")
R = TypeVar("R")
Kill = Callable[[], None]


class Leash:
    """Lets one thread interrupt another: once, as a signal does in the main thread.

    The thread is interrupted when it starts or ends a program, or asks; its clean-up is not
    interrupted again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pulled = False
        self._kill: Kill | None = None

    def pull(self) -> None:
        """Interrupt the thread: end the program that it waits for."""
        with self._lock:
            self._pulled = True
            if self._kill:
                self._kill()

    def obey(self) -> None:
        """In the thread: raise `KeyboardInterrupt` if it was interrupted since the last time."""
        with self._lock:
            pulled, self._pulled = self._pulled, False
        if pulled:
            raise KeyboardInterrupt

    @contextmanager
    def program(self, kill: Kill) -> Iterator[None]:
        """In the thread: a program is waited for, which `kill` ends."""
        self.obey()
        with self._lock:
            self._kill = kill
        try:
            # The leash may have been pulled just before.
            self.obey()
            yield
        finally:
            with self._lock:
                self._kill = None
            self.obey()


_LEASH: ContextVar[Leash | None] = ContextVar("leash", default=None)


def obey() -> None:
    """Raise `KeyboardInterrupt` if this thread was interrupted; to be asked while waiting."""
    if leash := _LEASH.get():
        leash.obey()


@contextmanager
def leashed(kill: Kill) -> Iterator[None]:
    """Wait for a program that is ended if this thread is interrupted."""
    leash = _LEASH.get()
    if leash is None:
        yield
        return
    with leash.program(kill):
        yield


class Workers:
    """Threads beside the main thread; see `workers`."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._leashes: list[Leash] = []
        self._given: list[Future[Any]] = []

    def submit(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run a task as soon as a thread is free."""
        leash = Leash()

        def begin() -> R:
            _LEASH.set(leash)
            return work(*args, **kwargs)

        # A thread that is just starting would be unknown to its pool.
        with put_off():
            self._leashes.append(leash)
            future = self._pool.submit(begin)
            self._given.append(future)
        return future

    def wait(self) -> None:
        """Wait until all tasks submitted by now are done."""
        wait(self._given)

    def interrupt(self) -> None:
        """Drop waiting tasks, and interrupt running ones."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for leash in self._leashes:
            leash.pull()


@contextmanager
def workers(count: int) -> Iterator[Workers]:
    """Up to `count` threads; all submitted tasks are done at the end of the block.

    Where an exception leaves the block, or interrupts the wait at its end, they are interrupted,
    too; it goes on when they have taken down what they had begun.
    """
    pool = ThreadPoolExecutor(count)
    given = Workers(pool)
    try:
        yield given
        given.wait()
    except BaseException:
        with put_off():
            given.interrupt()
        raise
    finally:
        # Python takes a thread for ended when an exception comes out of joining it (in
        # `Thread._wait_for_tstate_lock`), and leaves without it at its exit.
        with put_off():
            pool.shutdown()
