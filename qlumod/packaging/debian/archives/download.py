"""The process of the downloads: apt's methods fetch a list, check the hashes, and resume.

``python -m qlumod.packaging.debian.archives.download`` with APT_CONFIG naming a private root: a
JSON list of lists of downloads on standard input, each list fetched by its own stream; lines on
standard output: ``bytes N``, ``done PATH``, ``failed [PATH, WHY]``.
"""

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

import apt_pkg
from apt.progress.base import AcquireProgress


class _Teller(AcquireProgress):  # type: ignore[misc]
    """Reports the number of fetched bytes, and ends the stream if its parent has ended."""

    def __init__(self) -> None:
        self._told = 0
        self._parent = os.getppid()

    def pulse(self, owner: Any) -> bool:
        """Report the bytes since the last call."""
        del owner
        now = int(self.current_bytes)
        if now > self._told:
            _say("bytes", now - self._told)
            self._told = now
        return os.getppid() == self._parent


def _say(word: str, value: Any) -> None:
    # One write per line: the streams share the file descriptor.
    os.write(1, f"{word} {json.dumps(value)}\n".encode())


def _expected(entry: dict[str, Any]) -> Any:
    hashes = apt_pkg.HashStringList()
    hashes.append(apt_pkg.HashString("SHA256", entry["sha256"]))
    hashes.file_size = entry["size"]
    return hashes


def _fetch(wanted: Sequence[dict[str, Any]]) -> None:
    apt_pkg.init()
    lists = apt_pkg.config.find_dir("Dir::State::lists")
    # A stream that ends removes the list of mirrors (lists/auxfiles) that others may be reading.
    with tempfile.TemporaryDirectory(prefix="stream-", dir=lists) as own:
        apt_pkg.config.set("Dir::State::lists", f"{own}/")
        _acquire(wanted)


def _acquire(wanted: Sequence[dict[str, Any]]) -> None:
    acquire = apt_pkg.Acquire(_Teller())
    items = [
        apt_pkg.AcquireFile(
            acquire,
            entry["uri"],
            hash=_expected(entry),
            size=entry["size"],
            descr=entry["uri"],
            short_descr=entry["name"],
            destfile=entry["path"],
        )
        for entry in wanted
    ]
    acquire.run()
    for item in items:
        if item.status == item.STAT_DONE and item.complete:
            _say("done", item.destfile)
        else:
            _say("failed", [item.destfile, item.error_text or "the download did not end"])


def _main() -> None:
    children = []
    for part in json.loads(sys.stdin.buffer.read()):
        child = os.fork()
        if child == 0:
            _fetch(part)
            os._exit(0)
        children.append(child)
    ended = [os.waitpid(child, 0)[1] for child in children]
    sys.exit(1 if any(ended) else 0)


if __name__ == "__main__":
    _main()
