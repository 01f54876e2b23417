"""A program on a terminal of its own, to type into and to read from."""

import os
import pty
import re
import select
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class Terminal:
    """What a person sees; `screen` is all that was written so far, without colours and bells."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._written = b""

    @property
    def screen(self) -> str:
        text = self._written.decode(errors="replace")
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|[\r\x07]", "", text)

    def type(self, keys: str, *, until: str, seconds: float = 20.0) -> str:
        """Type, and wait until something is there that matches; what was there before is gone."""
        self._written = b""
        os.write(self._handle, keys.encode())
        end = time.monotonic() + seconds
        while not re.search(until, self.screen):
            left = end - time.monotonic()
            if left < 0 or not select.select([self._handle], [], [], left)[0]:
                raise AssertionError(f"{until!r} never came: {self.screen!r}")
            self._written += os.read(self._handle, 65536)
        return self.screen


@contextmanager
def terminal(*argv: str, directory: Path, environment: Mapping[str, str]) -> Iterator[Terminal]:
    """Run a program on a terminal; it is ended with its terminal."""
    child, handle = pty.fork()
    if child == 0:
        os.chdir(directory)
        os.execvpe(argv[0], argv, dict(environment))
    try:
        yield Terminal(handle)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(handle)
