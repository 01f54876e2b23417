"""The output of programs: lines that are announced, or an answer that is kept."""

import codecs
import io
import re
from collections import deque
from collections.abc import Callable
from typing import Protocol

from qlumod.events import Listener, Output
from qlumod.system.processes.command import LINE, TAIL, Command, PrintedTooMuch, last_lines
from qlumod.system.processes.silence import Watch

PRINTED = 64 << 20
"""The letters of one program's output that are announced, so that no log fills the disk."""
_BESIDE_A_LINE = 64
"""The additional letters of a line in a log: the time and the program."""


class Taker(Protocol):
    """Processes the output of a program."""

    def take(self, piece: bytes) -> None: ...

    def close(self) -> None: ...


class Lines:
    """Splits bytes into lines; of a longer one, only the first `most` bytes are kept (0: all)."""

    def __init__(self, say: Callable[[str], None], *, most: int = LINE) -> None:
        self._say = say
        self._most = most
        # An answer has only newlines; other programs overwrite a line after a carriage return.
        self._ends = re.compile(rb"\r\n|\n|\r" if most else rb"\n")
        self._begun = bytearray()
        self._more = 0
        self._returned = False

    def take(self, piece: bytes) -> None:
        """Pass on the lines that end in these bytes."""
        if self._returned and piece.startswith(b"\n"):
            piece = piece[1:]
        self._returned = bool(self._most) and piece.endswith(b"\r")
        *ended, begun = self._ends.split(piece)
        for part in ended:
            self._add(part)
            self._end()
        self._add(begun)

    def close(self) -> None:
        """Pass on the last line, even without its end."""
        if self._begun:
            self._end()

    def _add(self, part: bytes) -> None:
        kept = part[: self._most - len(self._begun)] if self._most else part
        self._begun += kept
        self._more += len(part) - len(kept)

    def _end(self) -> None:
        # A multi-byte character that the limit has split is dropped.
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        line = decoder.decode(bytes(self._begun), final=not self._more)
        more = f"… and {self._more} more bytes" if self._more else ""
        self._begun.clear()
        self._more = 0
        self._say(line + more)


class Announced:
    """Announces a program's lines up to a limit, and keeps the last ones."""

    def __init__(self, program: str, listen: Listener) -> None:
        self._program = program
        self._listen = listen
        self._left = PRINTED
        self._last: deque[str] = deque(maxlen=TAIL)

    @property
    def last(self) -> tuple[str, ...]:
        """The last lines, for a failure."""
        return last_lines(self._last)

    def __call__(self, line: str) -> None:
        self._last.append(line)
        if self._left <= 0:
            return
        self._left -= len(line) + _BESIDE_A_LINE
        if self._left <= 0:
            line = f"… it prints more than {PRINTED >> 20} MiB: the rest is not kept"
        self._listen(Output(program=self._program, line=line))


class Kept:
    """The output of a program up to a limit of bytes; the program is ended if it writes more."""

    def __init__(self, call: Command, watch: Watch, most: int) -> None:
        self._call = call
        self._watch = watch
        self._most = most
        self._kept = io.BytesIO()
        self._whole = True

    @property
    def data(self) -> bytes:
        return self._kept.getvalue()

    def take(self, piece: bytes) -> None:
        self._whole = self._whole and self._kept.tell() + len(piece) <= self._most
        if self._whole:
            self._kept.write(piece)
        else:
            self._watch.end()

    def close(self) -> None: ...

    def require_whole(self) -> None:
        """Raise if it wrote more."""
        if not self._whole:
            raise PrintedTooMuch(self._call, self._most)
