"""apt's extended_states: the packages that were installed only as dependencies.

apt writes it 0644 root:root (apt-pkg/depcache.cc, pkgDepCache::writeStateFile).
"""

from collections.abc import Mapping

from qlumod.packaging.debian.state.dpkg import STATUS_PATH, by_package
from qlumod.state.entries import Entry
from qlumod.state.fragment import fields, in_fragment, joined, write_fragment
from qlumod.state.kind import Files, Fragments, StateFile, encoded, parsed, text_of

_PATH = "/var/lib/apt/extended_states"
_AUTO, _MANUAL = "1", "0"


class ExtendedStates:
    """A package is manual in a stack if it is manual in one of its modules.

    apt lists only automatic packages; a fragment has the mark of every package of the module.
    """

    name = "apt-extended-states"
    patterns = (_PATH,)
    targets: tuple[str, ...] = ()

    def claims(self, path: str, target: str = "") -> bool:
        """Whether it is the file."""
        del target
        return path == _PATH

    def capture(self, below: Files, above: Files) -> bytes:
        """The marks of the packages that the build added or marked anew."""
        was, now = _marks(below), _marks(above)
        changed = [_stanza(key, mark) for key, mark in now.items() if was.get(key) != mark]
        return write_fragment(joined(changed)) if changed else b""

    def merge(self, fragments: Fragments) -> Files:
        """The packages that are automatic in every module; apt writes no file of none."""
        marks = [
            (key, fields(stanza)["Auto-Installed"])
            for module, fragment in fragments
            for key, stanza in in_fragment(module, self.name, fragment, _marked)
        ]
        manual = {key for key, mark in marks if mark == _MANUAL}
        automatic = {key for key, mark in marks if mark == _AUTO and not _is_in(key, manual)}
        if not automatic:
            return {}
        text = joined(_stanza(key, _AUTO) for key in sorted(automatic))
        return {_PATH: StateFile(data=encoded(text))}

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """The automatic packages, sorted."""
        if _PATH not in files:
            return {}
        automatic = [key for key, mark in _listed(files) if mark == _AUTO]
        return {_PATH: encoded("".join(f"{key}\n" for key in sorted(automatic)))}


def _marked(text: str) -> list[Entry]:
    return by_package(text, "Auto-Installed")


def _is_in(key: str, manual: set[str]) -> bool:
    return key in manual or f"{key.partition(':')[0]}:all" in manual


def _listed(files: Files) -> list[Entry]:
    stanzas = parsed(_PATH, text_of(files, _PATH), by_package)
    return [(key, fields(stanza).get("Auto-Installed", _MANUAL)) for key, stanza in stanzas]


def _marks(files: Files) -> dict[str, str]:
    """The mark of every package that is listed, or that dpkg has."""
    listed = dict(_listed(files))
    names = {key.partition(":")[0] for key in listed}
    marks = dict(listed)
    for key, _ in parsed(STATUS_PATH, text_of(files, STATUS_PATH), by_package):
        name, _, architecture = key.partition(":")
        # apt lists a package of architecture all as one of the native architecture.
        if key not in listed and not (architecture == "all" and name in names):
            marks[key] = _MANUAL
    return marks


def _stanza(key: str, mark: str) -> str:
    name, _, architecture = key.partition(":")
    return f"Package: {name}\nArchitecture: {architecture}\nAuto-Installed: {mark}\n"


EXTENDED_STATES = ExtendedStates()
