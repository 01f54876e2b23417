#!/usr/bin/env python3
"""What the detection of secrets says of an installed root: ``benchmarks/false_alarms.py ROOT``.

It looks at the files whose bytes are not a .deb's, by the sums that dpkg keeps, and prints each
alarm, how much was looked at, and the processor time. tests/secrets/packages.txt says of which
packages roots were made (docs/secrets.md tells the result).
"""

import hashlib
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from qlumod.secrets.groups import origins
from qlumod.secrets.look import look

_LEFT_ASIDE = ("/proc/", "/sys/", "/dev/", "/var/lib/apt/lists/")
_CONFFILE = re.compile(r"^ /\S.* ([0-9a-f]{32})(?: \S+)?$", re.MULTILINE)


def sums(root: Path) -> frozenset[str]:
    """The MD5 sums of all files of the installed packages, configuration files included."""
    info = root / "var/lib/dpkg/info"
    texts = (path.read_text("utf-8", "replace") for path in info.glob("*.md5sums"))
    status = (root / "var/lib/dpkg/status").read_text("utf-8", "replace")
    lines = (line[:32] for text in texts for line in text.splitlines())
    return frozenset((*lines, *_CONFFILE.findall(status)))


def files(root: Path) -> Iterator[tuple[str, Path]]:
    """The regular files of a root, sorted by path."""
    for directory, directories, names in os.walk(root):
        directories.sort()
        for name in sorted(names):
            place = Path(directory, name)
            path = f"/{place.relative_to(root)}"
            if not path.startswith(_LEFT_ASIDE) and place.is_file() and not place.is_symlink():
                yield path, place


def main(root: Path) -> None:
    """Print the alarms and the sums."""
    known = sums(root)
    looked, size, alarms, spent = 0, 0, 0, 0.0
    for path, place in files(root):
        data = place.read_bytes()
        if hashlib.md5(data, usedforsecurity=False).hexdigest() in known:
            continue
        if any((root / one.lstrip("/")).is_file() and one.endswith(".py") for one in origins(path)):
            continue
        begin = time.process_time()
        sight = look(path, data)
        spent += time.process_time() - begin
        looked, size, alarms = looked + 1, size + len(data), alarms + bool(sight.found)
        if sight.found or sight.unread:
            print(path, *sight.found, *sight.unread, sep=" | ")
    print(f"{looked} files, {size / 1e6:.0f} MB, {alarms} alarms, {spent:.1f} s of processor time")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
