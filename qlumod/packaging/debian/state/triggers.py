"""dpkg's triggers: the paths and names in which packages are interested.

``File`` has lines ``path package``; each explicit trigger has a file of its name with lines
``package``; ``Unincorp`` has the triggers that are still to be processed (deb-triggers(5), and
lib/dpkg/trigdeferred.c of dpkg).
"""

import re
from collections.abc import Mapping
from functools import partial

from qlumod.errors import QlumodError
from qlumod.model.lines import lines_of
from qlumod.model.names import ModuleName
from qlumod.state.fragment import in_fragment, write_fragment
from qlumod.state.kind import (
    Files,
    Fragments,
    Malformed,
    StateFile,
    encoded,
    matches_any,
    parsed,
    text_of,
)

Activation = tuple[str, str]
"""A trigger, and the package for which dpkg-trigger(1) activates it."""

_DIRECTORY = "/var/lib/dpkg/triggers"
_FILE = f"{_DIRECTORY}/File"
_UNINCORP = f"{_DIRECTORY}/Unincorp"
_IN_PATH = re.compile(r"/.* \S+", re.DOTALL)
_PACKAGE = re.compile(r"\S+")
_INTEREST = re.compile(r"(/.*|[^/\s]+) \S+", re.DOTALL)
_LOCK = f"{_DIRECTORY}/Lock"


class Triggers:
    """A union of lines ``trigger package``; path triggers begin with a slash."""

    name = "dpkg-triggers"
    patterns = (f"{_DIRECTORY}/*",)
    targets: tuple[str, ...] = ()

    def claims(self, path: str, target: str = "") -> bool:
        """Whether it is a file of interests, or of triggers to be processed."""
        return not target and path != _LOCK and matches_any(path, self.patterns)

    def capture(self, below: Files, above: Files) -> bytes:
        """The interests that the build added."""
        pending = lines_of(text_of(above, _UNINCORP))
        if pending:
            raise QlumodError(
                f"{_UNINCORP}: the build left triggers that no package has processed",
                details=pending,
            )
        was, now = _lines(below), _lines(above)
        gone = [line for line in was if line not in now]
        if gone:
            raise QlumodError(
                f"{_DIRECTORY}: the build removed interests of a module below", details=gone
            )
        added = [line for line in now if line not in was]
        if not added and _UNINCORP in below:
            return b""
        return write_fragment("".join(f"{line}\n" for line in added)) if above else b""

    def merge(self, fragments: Fragments) -> Files:
        """Every interest once, lowest module first."""
        lines = dict.fromkeys(
            line
            for module, fragment in fragments
            for line in in_fragment(module, self.name, fragment, _interests)
        )
        if not any(fragment for _, fragment in fragments):
            return {}
        texts: dict[str, str] = {_UNINCORP: ""}
        for line in lines:
            trigger, _, package = line.partition(" ")
            path, entry = (
                (_FILE, line) if trigger.startswith("/") else (f"{_DIRECTORY}/{trigger}", package)
            )
            texts[path] = f"{texts.get(path, '')}{entry}\n"
        return {path: StateFile(data=encoded(text)) for path, text in texts.items()}

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """Each file's lines, sorted."""
        return {
            path: encoded("".join(f"{line}\n" for line in sorted(lines_of(text_of(files, path)))))
            for path in files
            if self.claims(path)
        }


def interests(module: ModuleName, fragment: bytes) -> tuple[tuple[str, str], ...]:
    """The path triggers of a module's fragment: path, and package as dpkg writes it."""
    lines = in_fragment(module, TRIGGERS.name, fragment, _interests)
    pairs = (line.partition(" ") for line in lines if line.startswith("/"))
    return tuple((trigger, package) for trigger, _, package in pairs)


def _interests(text: str, form: re.Pattern[str] = _INTEREST) -> list[str]:
    lines = lines_of(text)
    for number, line in enumerate(lines, 1):
        if not form.fullmatch(line):
            raise Malformed(number, "it is no path and package that is interested in it")
    return lines


def _lines(files: Files) -> list[str]:
    """All interests as lines ``trigger package``, sorted by file."""
    found = parsed(_FILE, text_of(files, _FILE), partial(_interests, form=_IN_PATH))
    for path in sorted(files):
        if TRIGGERS.claims(path) and path not in (_FILE, _UNINCORP):
            trigger = path.rpartition("/")[2]
            packages = parsed(path, text_of(files, path), partial(_interests, form=_PACKAGE))
            found += [f"{trigger} {package}" for package in packages]
    return found


TRIGGERS = Triggers()
