"""What becomes of mutated documents in a reader, and how long it takes."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from types import FrameType

from qlumod.errors import QlumodError
from tests.fuzz.mutations import inflated, mutated
from tests.fuzz.readers import Reader

HANGS = 30
"""Seconds after which a reader is said to hang."""
LARGE = 1 << 19


@dataclass(slots=True, kw_only=True)
class Result:
    """What was tried of a reader."""

    reader: Reader
    documents: int = 0
    size: int = 0
    seconds: float = 0.0
    slowest: tuple[float, str] = (0.0, "")
    """Seconds per MB of the large document that took longest, and how it was made."""
    surprises: Counter[str] = field(default_factory=Counter)
    """Anything that came out but a value or a `QlumodError`, and how often."""
    example: bytes = b""
    """The shortest document that surprised."""

    def read(self, data: bytes) -> float:
        """Read a document; returns the seconds that took."""
        begun = time.process_time()
        try:
            with _limited():
                self.reader.read(data)
        except QlumodError:
            pass
        except Exception as fault:
            self.surprises[_place_of(fault)] += 1
            self.example = min(self.example or data, data, key=len)
        taken = time.process_time() - begun
        self.documents += 1
        self.size += len(data)
        self.seconds += taken
        return taken


def tried(reader: Reader, seconds: float, *, large: bool = False) -> Result:
    """Give a reader its seeds, and then changed ones as long as there is time."""
    result = Result(reader=reader)
    random = Random(reader.name)
    end = time.monotonic() + seconds
    for seed in reader.seeds:
        result.read(seed)
    while time.monotonic() < end:
        result.read(mutated(random, reader.seeds))
    for kind, data in inflated(reader.seeds[0], LARGE) if large else ():
        taken = result.read(data) * (1 << 20) / len(data)
        result.slowest = max(result.slowest, (taken, kind))
    return result


class Hangs(Exception):
    """A reader took too long."""


@contextmanager
def _limited() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise Hangs

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, HANGS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _place_of(fault: Exception) -> str:
    """The exception, and the line of qlumod that let it out."""
    place, trace = "", fault.__traceback__
    while trace:
        path = trace.tb_frame.f_code.co_filename
        if "/qlumod/" in path:
            place = f"{path.rpartition('/qlumod/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(fault).__name__} in {place}"
