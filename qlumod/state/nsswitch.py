"""/etc/nsswitch.conf: the services that glibc asks for names, in order (nsswitch.conf(5))."""

import re
from collections.abc import Mapping

from qlumod.errors import QlumodError
from qlumod.model.lines import lines_of
from qlumod.state.fragment import in_fragment, joined, keyed, stanza, write_fragment
from qlumod.state.kind import Files, Fragments, StateFile, encoded, text_of

_PATH = "/etc/nsswitch.conf"
_LINE = re.compile(r"(?P<head>\s*(?P<database>[a-z_]+):\s*)(?P<services>[^#\n]*?)(?=\s*(#|\Z))")
_SERVICE = re.compile(r"\w[\w.-]*(?:\s*\[[^]]*\])*")


_Services = tuple[str, ...]


class Nsswitch:
    """An ordered union per database; comments and layout come from the lowest module.

    The fragment of the module that adds the file contains the whole file; each other fragment
    contains the services before and after for each changed database.
    """

    name = "nsswitch"
    patterns = (_PATH,)
    targets: tuple[str, ...] = ()

    def claims(self, path: str, target: str = "") -> bool:
        """Whether the path is the file."""
        del target
        return path == _PATH

    def capture(self, below: Files, above: Files) -> bytes:
        """The whole file, or the changes of databases."""
        if _PATH not in above:
            return b""
        if _PATH not in below:
            return write_fragment(stanza({"Text": _escaped(text_of(above, _PATH))}))
        was, now = _databases(text_of(below, _PATH)), _databases(text_of(above, _PATH))
        blocks = [
            stanza({"Database": name, "Was": _joined(was.get(name, ())), "Now": _joined(services)})
            for name, services in now.items()
            if was.get(name) != services
        ]
        return write_fragment(joined(blocks)) if blocks else b""

    def merge(self, fragments: Fragments) -> Files:
        """The lowest module's file with the services of all other modules added."""
        text = ""
        databases: dict[str, _Services] = {}
        for module, fragment in fragments:
            for values in in_fragment(module, self.name, fragment, _stanzas):
                text = text or _unescaped(values.get("Text", ""))
                for name, was, now in _changes(values):
                    databases[name] = applied(databases.get(name, ()), was, now)
        if not any(fragment for _, fragment in fragments):
            return {}
        return {_PATH: StateFile(data=encoded(_rewritten(text, databases)))}

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """The databases by name; the order of services is significant."""
        if _PATH not in files:
            return {}
        lines = (
            f"{name}: {_joined(services)}\n"
            for name, services in sorted(_databases(text_of(files, _PATH)).items())
        )
        return {_PATH: encoded("".join(lines))}


def _stanzas(text: str) -> list[dict[str, str]]:
    found = [values for values, _ in keyed(text)]
    for values in found:
        if not ({"Database", "Was", "Now"} <= values.keys() or "Text" in values):
            raise QlumodError("a stanza has neither Text nor Database, Was and Now")
    return found


def applied(services: _Services, was: _Services, now: _Services) -> _Services:
    """Apply the change from `was` to `now` to other services.

    A new service is placed after its neighbour, and after services that other modules added there.
    """
    result = [service for service in services if service in now or service not in was]
    for at, service in enumerate(now):
        if service in result or service in was:
            continue
        before = [other for other in now[:at] if other in result]
        place = result.index(before[-1]) + 1 if before else 0
        while place < len(result) and before and result[place] not in (*was, *now):
            place += 1
        result.insert(place, service)
    return tuple(result)


def _databases(text: str) -> dict[str, _Services]:
    found = (_LINE.match(line) for line in lines_of(text))
    return {match["database"]: _services(match["services"]) for match in found if match}


def _services(text: str) -> _Services:
    """Services, each with the bracketed actions that follow it."""
    return tuple(" ".join(match.group().split()) for match in _SERVICE.finditer(text))


def _changes(values: Mapping[str, str]) -> list[tuple[str, _Services, _Services]]:
    """The changes in a stanza of a fragment: database, services before, services after."""
    if "Database" in values:
        return [(values["Database"], _services(values["Was"]), _services(values["Now"]))]
    return [(name, (), now) for name, now in _databases(_unescaped(values["Text"])).items()]


def _joined(services: _Services) -> str:
    return " ".join(services)


def _rewritten(text: str, databases: Mapping[str, _Services]) -> str:
    """A text with the services of its databases replaced, and lines for new databases added."""
    left = dict(databases)
    lines = []
    for line in lines_of(text):
        match = _LINE.match(line)
        services = left.pop(match["database"], None) if match else None
        if match and services is not None and services != _services(match["services"]):
            lines.append(match["head"] + _joined(services) + line[match.end() :])
        else:
            lines.append(line)
    lines += [f"{f'{name}:':<15} {_joined(services)}" for name, services in left.items()]
    return "".join(f"{line}\n" for line in lines)


def _escaped(text: str) -> str:
    # A stanza has no empty lines: a dot stands for one, as in package descriptions.
    return "".join(f"\n{line or '.'}" for line in lines_of(text))


def _unescaped(text: str) -> str:
    return "".join(f"{'' if line == '.' else line}\n" for line in text.split("\n")[1:])


NSSWITCH = Nsswitch()
