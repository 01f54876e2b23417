"""Alternatives: one common name for one of several programs (update-alternatives(1)).

Each group has an administrative file under /var/lib/dpkg/alternatives: mode, main link, pairs of
slave name and slave link, an empty line, then for each choice its file, its priority and one line
for each slave; an empty line ends it (utils/update-alternatives.c of dpkg: alternative_load,
alternative_save; slaves and choices are written sorted). /etc/alternatives/<name> points to the
choice, and the generic link points to /etc/alternatives/<name>.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.names import ModuleName
from qlumod.model.numbers import signed
from qlumod.state.fragment import in_fragment, joined, keyed, stanza, write_fragment
from qlumod.state.kind import (
    Files,
    Fragments,
    StateFile,
    canonical_path,
    decoded_lines,
    encoded,
    is_path,
    matches_any,
    text_of,
)

_ADMIN = "/var/lib/dpkg/alternatives"
_LINKS = "/etc/alternatives"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One file that a group may choose, with its slaves by name."""

    file: str
    priority: int
    slaves: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkGroup:
    """A link group."""

    name: str
    mode: str
    """``auto`` or ``manual``."""
    link: str
    slaves: Mapping[str, str]
    """Slave links by name."""
    choices: Mapping[str, Choice]
    """Choices by file."""
    value: str = ""
    """The target of the main link."""
    made: frozenset[str] = frozenset()
    """The slaves whose links were made: those of the choice whose files exist."""


def parse_group(name: str, text: str) -> LinkGroup:
    """Read an administrative file; raises `QlumodError` if its format is not dpkg's."""
    lines = iter(text.split("\n"))
    try:
        mode, link = next(lines), next(lines)
        slaves = {slave: next(lines) for slave in iter(lines.__next__, "")}
        choices = {}
        for file in iter(lines.__next__, ""):
            priority = signed(next(lines))
            targets = {slave: next(lines) for slave in slaves}
            kept = {slave: target for slave, target in targets.items() if target}
            choices[file] = Choice(file=file, priority=priority, slaves=kept)
        group = LinkGroup(name=name, mode=mode, link=link, slaves=slaves, choices=choices)
        if not choices or not _is_sound(group):
            raise ValueError
    except (StopIteration, ValueError, QlumodError):
        raise QlumodError(f"{_ADMIN}/{name}: it is damaged") from None
    return group


def _is_sound(group: LinkGroup) -> bool:
    """Whether its names and paths stay in their directories, and no choice has other slaves."""
    choices = group.choices.values()
    ends = [target for choice in choices for target in choice.slaves.values()]
    paths = (group.link, *group.slaves.values(), *group.choices, *ends)
    known = all(choice.slaves.keys() <= group.slaves.keys() for choice in choices)
    return (
        known
        and all(map(is_path, paths))
        and not any("/" in n for n in (group.name, *group.slaves))
    )


def group_text(group: LinkGroup) -> str:
    """Write an administrative file as update-alternatives does."""
    slaves = sorted(group.slaves)
    lines = [group.mode, group.link]
    for name in slaves:
        lines += [name, group.slaves[name]]
    lines.append("")
    for file in sorted(group.choices):
        choice = group.choices[file]
        lines += [file, str(choice.priority), *(choice.slaves.get(name, "") for name in slaves)]
    return "".join(f"{line}\n" for line in (*lines, ""))


class Alternatives:
    """A union of choices; automatic mode takes the best of all.

    A fragment has a stanza for each group, with the choices that the module added and the result of
    its build. The generic links are claimed, too: they are recognised by their targets.
    """

    name = "alternatives"
    patterns = (f"{_ADMIN}/*", f"{_LINKS}/*")
    targets = (f"{_LINKS}/*",)

    def claims(self, path: str, target: str = "") -> bool:
        """Whether it is an administrative file or one of the two links of a name."""
        if target:
            return matches_any(target, self.targets) or matches_any(path, (f"{_LINKS}/*",))
        return matches_any(path, (f"{_ADMIN}/*",))

    def capture(self, below: Files, above: Files) -> bytes:
        """The groups with new choices, or another mode or value."""
        was, now = _groups(below), _groups(above)
        raise_faults(_lost(was, now))
        blocks = [
            _group_stanza(group, was.get(name))
            for name, group in now.items()
            if _changed(was.get(name), group)
        ]
        return write_fragment(joined(blocks)) if blocks else b""

    def merge(self, fragments: Fragments) -> Files:
        """The administrative files, and the links that update-alternatives would make."""
        groups: dict[str, tuple[ModuleName, LinkGroup]] = {}
        faults = []
        for module, fragment in fragments:
            for group in in_fragment(module, self.name, fragment, _groups_in):
                try:
                    below = groups.get(group.name)
                    merged = _merged(*below, module, group) if below else group
                    groups[group.name] = (module, merged)
                except QlumodError as fault:
                    faults.append(fault)
        raise_faults(faults)
        return {
            path: file for name in sorted(groups) for path, file in _files(groups[name][1]).items()
        }

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """The files unchanged: update-alternatives writes everything sorted."""
        return {
            path: (b"-> " if file.link else b"") + file.data
            for path, file in files.items()
            if self.claims(path, decoded_lines(file.data) if file.link else "")
        }


def best(group: LinkGroup, current: str = "") -> str:
    """The choice of automatic mode: the highest priority; of equal ones the current, else by name.

    update-alternatives takes the first choice with the highest priority, so that a later one of
    equal priority does not replace an earlier one (alternative_get_best).
    """

    if not group.choices:
        raise QlumodError(f"{_ADMIN}/{group.name}: it has no choice")

    def rank(choice: Choice) -> tuple[int, bool, str]:
        return -choice.priority, choice.file != current, choice.file

    return min(group.choices.values(), key=rank).file


def _groups(files: Files) -> dict[str, LinkGroup]:
    found = {}
    for path in sorted(files):
        if matches_any(path, (f"{_ADMIN}/*",)):
            name = path.rpartition("/")[2]
            group = parse_group(name, text_of(files, path))
            made = [slave for slave in group.slaves if f"{_LINKS}/{slave}" in files]
            main = files.get(f"{_LINKS}/{name}")
            value = decoded_lines(main.data) if main and main.link else ""
            found[name] = replace(group, value=value, made=frozenset(made))
    return found


def _lost(was: Mapping[str, LinkGroup], now: Mapping[str, LinkGroup]) -> Iterable[QlumodError]:
    for name, group in was.items():
        left = now[name].choices if name in now else {}
        for file in group.choices:
            if file not in left:
                yield QlumodError(
                    f"{_ADMIN}/{name}: the build removed the alternative {file} of a module below"
                )


def _changed(was: LinkGroup | None, now: LinkGroup) -> bool:
    return was is None or (
        (was.mode, was.value, group_text(was)) != (now.mode, now.value, group_text(now))
    )


def _group_stanza(group: LinkGroup, was: LinkGroup | None) -> str:
    before = was.choices if was else {}
    choices = [
        choice for file, choice in sorted(group.choices.items()) if before.get(file) != choice
    ]
    values = {
        "Name": group.name,
        "Mode": group.mode,
        "Link": group.link,
        "Value": group.value,
        "Made": " ".join(sorted(group.made)),
        "Slaves": _lines(group.slaves),
    }
    for number, choice in enumerate(choices):
        values[f"Choice-{number}"] = f"{choice.priority} {choice.file}" + _lines(choice.slaves)
    return stanza(values)


def _lines(pairs: Mapping[str, str]) -> str:
    return "".join(f"\n{name} {path}" for name, path in sorted(pairs.items()))


def _pairs(text: str) -> dict[str, str]:
    lines = (line.partition(" ") for line in text.split("\n") if line)
    return {name: path for name, _, path in lines}


def _groups_in(text: str) -> list[LinkGroup]:
    """The groups of a fragment."""
    found = [_group(values) for values, _ in keyed(text, "Name", "Mode", "Link")]
    for group in found:
        if not _is_sound(group):
            raise QlumodError(f"the alternatives of {group.name[:40]!r} are damaged")
    return found


def _group(values: Mapping[str, str]) -> LinkGroup:
    choices = {}
    for field, text in values.items():
        if field.startswith("Choice-"):
            head, _, slaves = text.partition("\n")
            priority, _, file = head.partition(" ")
            choices[file] = Choice(file=file, priority=signed(priority), slaves=_pairs(slaves))
    return LinkGroup(
        name=values["Name"],
        mode=values["Mode"],
        link=values["Link"],
        slaves=_pairs(values.get("Slaves", "")),
        choices=choices,
        value=values.get("Value", ""),
        made=frozenset(values.get("Made", "").split()),
    )


def _merged(lower: ModuleName, one: LinkGroup, upper: ModuleName, other: LinkGroup) -> LinkGroup:
    """Merge the groups of two modules into one."""
    for file in one.choices.keys() & other.choices.keys():
        if one.choices[file] != other.choices[file]:
            raise _disagreement(one.name, lower, upper, f"the alternative {file}")
    if one.link != other.link:
        raise _disagreement(one.name, lower, upper, f"its link: {one.link} or {other.link}")
    slaves = {**one.slaves, **other.slaves}
    both = replace(other, slaves=slaves, choices={**one.choices, **other.choices})
    if "manual" in (one.mode, other.mode):
        return _manual(lower, one, upper, both)
    return _automatic(one, both)


def _automatic(one: LinkGroup, both: LinkGroup) -> LinkGroup:
    """The best of all choices; its links are known from the build in which it was the best."""
    value = best(both, one.value)
    if value in one.choices and one.value == value:
        return replace(both, value=value, made=one.made)
    if both.value == value:
        return both
    return replace(both, value=value, made=frozenset(both.choices[value].slaves))


def _manual(lower: ModuleName, one: LinkGroup, upper: ModuleName, both: LinkGroup) -> LinkGroup:
    """A manual choice is kept; the upper module may have replaced the lower one's."""
    if both.mode == "manual" and one.mode == "manual" and one.value != both.value:
        raise _disagreement(one.name, lower, upper, f"its value: {one.value} or {both.value}")
    if both.mode == "manual":
        return both
    return replace(both, mode="manual", value=one.value, made=one.made)


def _disagreement(name: str, lower: ModuleName, upper: ModuleName, what: str) -> QlumodError:
    return QlumodError(f"{_ADMIN}/{name}: modules {lower} and {upper} disagree about {what}")


def _files(group: LinkGroup) -> dict[str, StateFile]:
    files = {f"{_ADMIN}/{group.name}": StateFile(data=encoded(group_text(group)))}
    choice = group.choices.get(group.value)
    targets = {group.name: group.value}
    links = {group.name: group.link, **group.slaves}
    if choice:
        targets |= {slave: choice.slaves[slave] for slave in group.made if slave in choice.slaves}
    for name, target in targets.items():
        if target:
            files[f"{_LINKS}/{name}"] = _link(target)
            files[canonical_path(links[name])] = _link(f"{_LINKS}/{name}")
    return files


def _link(target: str) -> StateFile:
    return StateFile(data=encoded(target), mode=0o777, link=True)


ALTERNATIVES = Alternatives()
