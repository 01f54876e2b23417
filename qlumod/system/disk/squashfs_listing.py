"""The content of a squashfs image, read completely, without root and without a mount.

unsquashfs(1) writes an image as a pseudo file: a line for each path, and then the bytes of all
files. It is read while it is written, since it may have several gigabytes.
"""

import hashlib
import os
import re
import select
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from qlumod.errors import QlumodError
from qlumod.model.tree import TreeEntry
from qlumod.system.disk.regular_files import BLOCK
from qlumod.system.disk.scratch import scratch
from qlumod.system.processes.command import command
from qlumod.system.processes.run import run
from qlumod.system.processes.workers import workers

_LINE = re.compile(
    rb"((?:\\.|[^\\ ])+) "
    rb"(?:L (?P<link>.*)|x (?P<attribute>[^ =]+=.*)|"
    rb"(?P<type>[DRSCBI]) (?P<mtime>\d+) (?P<mode>[0-7]+) (?P<uid>\d+) "
    rb"(?P<gid>\d+)(?: (?P<rest>.*))?)\Z",
    re.DOTALL,
)
"""A name, then type, time, mode and owner, and the arguments of the type (mksquashfs(1)); or an
extended attribute, which unsquashfs writes since 4.6."""
_COMMENT, _DATA = b"#\n", b"# START OF DATA - DO NOT MODIFY\n"
_TYPES = {b"D": "d", b"R": "f", b"S": "l", b"C": "c", b"B": "b"}
_SPECIAL = {b"f": "p", b"s": "s"}
_WAIT = 0.05
"""Seconds between two checks whether unsquashfs still runs, before it writes."""


def listed_image(image: Path) -> dict[str, TreeEntry]:
    """All paths of an image with the digests of files, by path; hard links appear as files.

    Raises `QlumodError` if unsquashfs cannot read it.
    """
    with scratch() as place:
        pipe = place / "listing"
        os.mkfifo(pipe, 0o600)
        call = command("unsquashfs", "-no-progress", "-quiet", "-pf", pipe, image)
        with workers(1) as beside:
            written = beside.submit(run, call)
            with _opened(pipe, written) as source:
                found = read_listing(source)
            written.result()
    return found


@contextmanager
def _opened(pipe: Path, written: Future[None]) -> Iterator[BinaryIO]:
    """The pipe as soon as it has data; raises the error that kept the program from writing."""
    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb", buffering=BLOCK) as source:
        while not select.select([descriptor], [], [], _WAIT)[0]:
            if written.done():
                written.result()
        os.set_blocking(descriptor, True)
        yield source


def read_listing(source: BinaryIO) -> dict[str, TreeEntry]:
    """Read a pseudo file; raises `QlumodError` if it is invalid."""
    try:
        return _read(source)
    except (ValueError, LookupError, TypeError, OverflowError) as fault:
        raise QlumodError(f"unsquashfs wrote what is no pseudo file: {fault}") from fault


def _read(source: BinaryIO) -> dict[str, TreeEntry]:
    entries: dict[str, TreeEntry] = {}
    links: dict[str, str] = {}
    for found in _lines(source):
        path = _path(found[1])
        if found["link"] is not None:
            links[path] = _path(found["link"])
        elif found["type"]:
            entries[path] = _entry(path, found)
    # The bytes of files are in the order of their offsets, which `_entry` notes.
    for path, entry in sorted(entries.items(), key=lambda item: item[1].inode):
        if entry.type == "f":
            entries[path] = replace(entry, digest=_digest(source, entry.size))
    entries |= {path: replace(entries[first], path=path) for path, first in links.items()}
    return {path: replace(entries[path], inode=(0, 0)) for path in sorted(entries)}


def _lines(source: BinaryIO) -> Iterator[re.Match[bytes]]:
    """The lines before the data; a name or a target may contain newlines."""
    pending = b""
    for line in source:
        if line == _DATA and source.readline() == _COMMENT:
            break
        if pending and _LINE.match(pending) and (line == _COMMENT or _LINE.match(line[:-1])):
            yield _matched(pending)
            pending = b""
        if line != _COMMENT or pending:
            pending += b"\n" * bool(pending) + line[:-1]
    if pending:
        yield _matched(pending)


def _matched(line: bytes) -> re.Match[bytes]:
    found = _LINE.match(line)
    if not found:
        raise QlumodError(f"unsquashfs wrote a line that is none of a pseudo file: {line!r}")
    return found


def _path(name: bytes) -> str:
    """A path in the form of a pseudo file: relative and with escaped blanks."""
    return "/" + os.fsdecode(re.sub(rb"\\(.)", rb"\1", name, flags=re.DOTALL)).lstrip("/")


def _entry(path: str, found: re.Match[bytes]) -> TreeEntry:
    letter, rest = found["type"], found["rest"] or b""
    numbers = [int(word) for word in rest.split()] if letter in b"RCB" else []
    return TreeEntry(
        path=path,
        type=_SPECIAL[rest] if letter == b"I" else _TYPES[letter],
        mode=int(found["mode"], 8),
        uid=int(found["uid"]),
        gid=int(found["gid"]),
        size=numbers[0] if letter == b"R" else len(rest) if letter == b"S" else 0,
        mtime=int(found["mtime"]),
        target=os.fsdecode(rest) if letter == b"S" else "",
        rdev=os.makedev(*numbers) if letter in b"CB" else 0,
        inode=(numbers[1], numbers[0]) if letter == b"R" else (0, 0),
    )


def _digest(source: BinaryIO, size: int) -> str:
    hashing = hashlib.sha256()
    while size:
        block = source.read(min(size, BLOCK))
        if not block:
            raise QlumodError("unsquashfs wrote less than it announced")
        hashing.update(block)
        size -= len(block)
    return hashing.hexdigest()
