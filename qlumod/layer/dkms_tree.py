"""Sources in the tree of dkms: found by their directory, and what their compilation wrote."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.model.lines import lines_of
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import Enclosure
from qlumod.system.processes.command import LINE, cut, last_lines
from qlumod.system.processes.output import Announced

TREE = "/var/lib/dkms"
"""The directory in which dkms has a link to each directory of sources that was added."""
_SOURCES = re.compile(r"(/usr/src/[^/]+)(?:/.*)?")
_CACHED = "## Cache variables. ##"
"""autoconf's heading of the part of a config.log that lists variables, after all tests."""
_COMPILER, _CONFIGURE = "make.log", "config.log"
_MOST = 16 << 20
"""The bytes at the end of a log that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A directory of sources that dkms knows, under this name and version."""

    name: str
    version: str

    @property
    def words(self) -> tuple[str, ...]:
        """The options of dkms that name it."""
        return "-m", self.name, "-v", self.version


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log of a compilation."""

    name: str
    """``make.log``, or the path of a ``config.log`` below the directory of the build."""
    lines: Sequence[str]

    @property
    def end(self) -> tuple[str, ...]:
        """Its name and its last lines; of a ``config.log`` those of the last test."""
        found = [at for at, line in enumerate(self.lines) if line.strip() == _CACHED]
        said = self.lines[: found[0] - 1] if found else self.lines
        return (f"{self.name}:", *last_lines(line for line in said if line.strip()))


def source_directories(root: Root, paths: Iterable[str]) -> tuple[str, ...]:
    """The directories of dkms sources among the paths of a package, in their order."""
    found = (_SOURCES.fullmatch(path) for path in paths)
    directories = dict.fromkeys(match[1] for match in found if match)
    return tuple(path for path in directories if root.is_file(f"{path}/dkms.conf"))


def add(
    place: Enclosure,
    root: Root,
    directory: str,
    *,
    kernel: str,
    environment: Mapping[str, str],
    listen: Listener,
) -> Added:
    """Add a directory of sources to dkms, unless a script of their package has done so already.

    The directory decides, whatever its name is: dkms reads name and version in its dkms.conf, and
    copies it to /usr/src/NAME-VERSION if it has another name. Raises `CommandFailed`.
    """
    real, known = root.where(directory), tuple(_added(root))
    for link, added in known:
        if root.where(link) == real:
            return added
    before = {added for _, added in known}
    place.run("dkms", "add", directory, "-k", kernel, environment=environment, listen=listen)
    for link, added in _added(root):
        if added not in before:
            copy = root.where(link)
            if copy != real:
                # dkms 3.0 leaves out names that begin with a dot.
                place.run("cp", "-a", "-T", real, copy, listen=listen)
            return added
    raise QlumodError(
        f"dkms added nothing of {directory}",
        remedy="see PACKAGE_NAME and PACKAGE_VERSION in its dkms.conf",
    )


def _added(root: Root) -> Iterator[tuple[str, Added]]:
    for link in root.matching(f"{TREE}/*/*/source"):
        name, version = link.split("/")[-3:-1]
        if root.is_directory(link):
            yield link, Added(name=name, version=version)


def logs_of(root: Root, added: Added) -> tuple[Log, ...]:
    """What the compiler and the tests of ``configure`` wrote; dkms only prints a file's name."""
    paths = sorted(root.below(f"{TREE}/{added.name}/{added.version}"))
    return tuple(
        Log(
            name=_COMPILER if name == _COMPILER else path.partition("/build/")[2] or path,
            lines=_lines_at_end(root, path),
        )
        for name in (_COMPILER, _CONFIGURE)
        for path in paths
        if path.endswith(f"/{name}") and not root.is_link(path) and root.is_file(path)
    )


def _lines_at_end(root: Root, path: str) -> tuple[str, ...]:
    with root.reading(path) as source:
        source.seek(max(0, os.fstat(source.fileno()).st_size - _MOST))
        return tuple(lines_of(source.read(_MOST).decode("utf-8", "replace")))


def tell_logs(logs: Sequence[Log], listen: Listener) -> None:
    """Announce all lines of the logs, for the log of the build."""
    for log in logs:
        announce = Announced(log.name, listen)
        for line in log.lines:
            announce(cut(line, LINE))
