"""Reporting secrets among the site's files of an image; the administrator decides about them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from qlumod.head.site import COPY, SECRETS, SiteFile
from qlumod.secrets.groups import PathGroup, grouped
from qlumod.secrets.look import look
from qlumod.stack.looking import LOOKED_INTO, told_findings
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import open_regular

_READ = "and everybody who can reach the boot server can read an image"


def exposed(files: Sequence[SiteFile]) -> Iterator[str]:
    """A line for each file that looks like a secret, with its copies, or for a whole tree."""
    by_path = {file.path: file for file in files if file.type == "f"}
    found = {path: why for path, file in by_path.items() if (why := _why(file))}
    for group in grouped({path: by_path[path].content for path in found}, by_path):
        yield _told(group, by_path, found)


def _why(file: SiteFile) -> str:
    # Only the beginning of a large file is searched, as where modules are built.
    with told(Path(file.source), "read"), open_regular(Path(file.source)) as reading:
        size = os.fstat(reading.fileno()).st_size
        sight = look(file.path, reading.read(min(size, LOOKED_INTO)))
    if sight.found:
        return f"it holds {told_findings(sight.found)}"
    return "" if file.public else f"its mode {file.mode:04o} hides it from users"


def _told(group: PathGroup, files: Mapping[str, SiteFile], found: Mapping[str, str]) -> str:
    first = files[group.members[0] if group.tree else group.path]
    top = first.source.removesuffix(first.path)
    place = f"{top.removesuffix(COPY)}{SECRETS}{group.path}"
    why, others = found[first.path], len(group.members) - 1
    if group.tree:
        return (
            f"{top}{group.path}/: {others + 1} files below look like secrets ({first.path}: "
            f"{why}), {_READ}; the place of secrets is {place}/"
        )
    copies = f" (and {others} more made from it)" if others else ""
    return f"{first.source}{copies}: {why}, {_READ}; the place of a secret is {place}"
