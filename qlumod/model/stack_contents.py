"""The contents of a whole stack, made of the contents of its layers; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import basename, dirname, splitext

from qlumod.model.contents import PathLine

_PLACES = ("/etc/systemd/system", "/usr/lib/systemd/system")
"""The directories of units; the first one has priority (systemd.unit(5))."""
_WANTING = (".wants", ".requires")
_KINDS = (
    ".automount", ".device", ".mount", ".path", ".scope", ".service", ".slice", ".socket",
    ".swap", ".target", ".timer",
)  # fmt: skip
_NOTHING = "/dev/null"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerContents:
    """The paths of one layer of a stack."""

    layer: str
    """The module's name, or ``image``."""
    lines: tuple[PathLine, ...]

    @property
    def unpacked_size(self) -> int:
        """The bytes of its regular files; hard links count once."""
        return sum(line.size for line in self.lines if line.type == "f")

    @property
    def files(self) -> int:
        """The number of its paths, without directories and whiteouts."""
        return sum(line.type not in "dw" for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPath:
    """A path of a stack, and the uppermost layer that has it."""

    layer: str
    line: PathLine


def stack_paths(layers: Sequence[LayerContents]) -> tuple[StackPath, ...]:
    """The paths that are visible in a stack, sorted; `layers` lowest first."""
    visible: dict[str, StackPath] = {}
    for contents in layers:
        gone = [line.path for line in contents.lines if _hides(line, visible)]
        if gone:
            visible = _without(visible, gone)
        for line in contents.lines:
            if line.type != "w":
                visible[line.path] = StackPath(layer=contents.layer, line=line)
    return tuple(visible[path] for path in sorted(visible))


def _hides(line: PathLine, visible: Mapping[str, StackPath]) -> bool:
    """Whether a line hides what is at or below its path in lower layers."""
    below = visible.get(line.path)
    replaced = below is not None and below.line.type == "d" and line.type != "d"
    return replaced or line.type == "w"


def _without(visible: Mapping[str, StackPath], gone: Sequence[str]) -> dict[str, StackPath]:
    paths, directories = frozenset(gone), tuple(f"{path}/" for path in gone)
    return {
        path: found
        for path, found in visible.items()
        if path not in paths and not path.startswith(directories)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class StackUnit:
    """A unit of systemd's system manager in a stack."""

    name: str
    path: str
    layer: str
    origin: str
    """The package or ``<generator>`` of the file."""
    enabled_by: tuple[str, ...]
    """The links that enable it: in directories ``*.wants`` and ``*.requires``, and its other names
    below /etc. Presets are not read."""
    masked: bool
    """Whether a link to /dev/null keeps it from being started."""
    alias_of: str
    """The unit that it is another name of; empty: it is none."""

    @property
    def state(self) -> str:
        """``masked``, ``alias``, ``enabled`` or ``disabled``."""
        if self.masked:
            return "masked"
        if self.alias_of:
            return "alias"
        return "enabled" if self.enabled_by else "disabled"


def stack_units(paths: Iterable[StackPath]) -> tuple[StackUnit, ...]:
    """The units among the paths of a stack, sorted by name."""
    found = [each for each in paths if _place_of(each.line.path)]
    enabling: dict[str, list[str]] = {}
    for each in found:
        for name in _enabled_by(each.line):
            enabling.setdefault(name, []).append(each.line.path)
    units: dict[str, StackUnit] = {}
    # What is in the last place is replaced by what is in the first one.
    for place in reversed(_PLACES):
        for each in found:
            line = each.line
            if dirname(line.path) == place and _is_unit(line.path) and line.type != "d":
                units[basename(line.path)] = _unit(each, enabling)
    return tuple(units[name] for name in sorted(units))


def _unit(found: StackPath, enabling: Mapping[str, Sequence[str]]) -> StackUnit:
    line = found.line
    name, target = basename(line.path), line.digest if line.type == "l" else ""
    alias = basename(target) if target != _NOTHING else ""
    return StackUnit(
        name=name,
        path=line.path,
        layer=found.layer,
        origin=line.origin,
        enabled_by=tuple(enabling.get(name, ())),
        masked=target == _NOTHING,
        # A link of the same name leads to the file of the unit, which is elsewhere.
        alias_of=alias if alias != name else "",
    )


def _place_of(path: str) -> str:
    return next((place for place in _PLACES if path.startswith(f"{place}/")), "")


def _enabled_by(line: PathLine) -> Iterator[str]:
    """The unit that a link enables, and of an instance its template."""
    if line.type != "l" or line.digest == _NOTHING:
        return
    name, directory = basename(line.path), dirname(line.path)
    if directory.endswith(_WANTING):
        yield name
        if (template := _template(name)) != name:
            yield template
    elif directory == _PLACES[0] and _is_unit(name) and basename(line.digest) != name:
        yield basename(line.digest)


def _is_unit(path: str) -> bool:
    return splitext(path)[1] in _KINDS


def _template(name: str) -> str:
    head, at, tail = name.partition("@")
    return f"{head}@.{tail.rpartition('.')[2]}" if at else name
