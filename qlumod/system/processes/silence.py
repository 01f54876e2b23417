"""Ending programs that print nothing for too long."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from qlumod.system.processes.command import Command, CommandFailed, FellSilent


class Watch:
    """Ends a program that has printed nothing for too long."""

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._heard = time.monotonic()
        self._ended = threading.Event()
        self._expired = False
        self._kill: Callable[[], None] | None = None

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Note output of the program; silence begins again after it has been processed."""
        self._heard = math.inf
        try:
            yield
        finally:
            self.hear()

    def hear(self) -> None:
        """Note output of the program."""
        self._heard = time.monotonic()

    def end(self) -> None:
        if self._kill:
            self._kill()

    def failure(self, call: Command, status: int, tail: Sequence[str]) -> CommandFailed:
        """The error for a program that has failed, or was ended here."""
        return (FellSilent if self._expired else CommandFailed)(call, status, tail)

    @contextmanager
    def over(self, kill: Callable[[], None]) -> Iterator[None]:
        """Watch a program that `kill` ends."""
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
