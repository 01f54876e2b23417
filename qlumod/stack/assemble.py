"""Writing the shared state of a mounted stack: merged from fragments, or generated again."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, step
from qlumod.packaging.interfaces import Packaging
from qlumod.packaging.meeting import Program
from qlumod.stack.kernel import other_kernels
from qlumod.stack.meeting import meeting_layers
from qlumod.stack.order import below
from qlumod.stack.payload import Payload
from qlumod.stack.state_files import Owners, write_files
from qlumod.state.account_files import rows
from qlumod.state.clashes import clashes
from qlumod.state.kind import Cache, Files, Fragments
from qlumod.state.state_table import StateTable
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import Enclosure, enclosed

Merged = Mapping[str, Files]
"""The files of each kind of state, by the kind's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """The result of assembling the shared state of a stack."""

    merged: Merged
    """The files that were merged from the modules' fragments and written."""
    programs: tuple[Program, ...]
    """The programs that ran afterwards, in order: they may have changed any file, merged or not."""


def _nothing() -> None:
    pass


def assemble(
    root: Root,
    members: Sequence[Payload],
    *,
    packaging: Packaging,
    epoch: int,
    before_scripts: Callable[[], None] = _nothing,
    listen: Listener,
) -> Assembled:
    """Write the state of a stack into its mounted root; `members` lowest first.

    `before_scripts` is called before scripts of packages run, if any run. Raises `QlumodError` if
    modules contradict each other.
    """
    raise_faults(other_kernels(members))
    layers = meeting_layers(members)
    raise_faults(clashes(layers, packaging.state))
    meeting = packaging.meet(layers, lambda kind: _fragments(members, kind))
    with step(listen, "merging state"):
        merged = merged_state(members, packaging.state)
        # First, since merged files may be at paths where a layer has files.
        meeting.move(root)
        _write(root, merged, packaging.state)
    calls = cache_calls(members, packaging.state.caches)
    if calls:
        with step(listen, "making caches", total=len(calls)) as advance, enclosed(root) as place:
            for cache, words in calls:
                _make(place, root, cache, words, epoch=epoch, listen=listen)
                advance(1)
    told = meeting.programs
    if told:
        before_scripts()
        with step(listen, "telling packages of each other"), enclosed(root) as place:
            meeting.tell(place, root, epoch=epoch, listen=listen)
    return Assembled(merged=merged, programs=(*_makers(calls), *told))


def _makers(calls: Iterable[tuple[Cache, tuple[str, ...]]]) -> Iterator[Program]:
    for cache, (program, *_) in calls:
        yield Program(what=f"{program}, which makes the {cache.name} cache", cache=cache.name)


def merged_state(members: Sequence[Payload], table: StateTable) -> dict[str, Files]:
    """Merge the members' fragments of each kind of state; pure."""
    return {kind.name: kind.merge(_fragments(members, kind.name)) for kind in table.kinds}


def _fragments(members: Sequence[Payload], kind: str) -> Fragments:
    return [
        (member.module, member.fragments[kind]) for member in members if kind in member.fragments
    ]


def cache_calls(
    members: Sequence[Payload], caches: Sequence[Cache]
) -> tuple[tuple[Cache, tuple[str, ...]], ...]:
    """The commands for the caches that no layer has up to date, in order; pure."""
    return tuple(
        (cache, words)
        for cache in caches
        if _is_stale(cache, members)
        for words in cache.commands(
            path for member in members for path in member.cached_by(cache.name)
        )
    )


def _is_stale(cache: Cache, members: Sequence[Payload]) -> bool:
    makers = [member for member in members if member.cached_by(cache.name)]
    if cache.always or not makers:
        return bool(makers)
    *lower, uppermost = makers
    return not below(uppermost, members).issuperset(member.module for member in lower)


def _write(root: Root, merged: Merged, table: StateTable) -> None:
    # Names first, since the owners of all other files are given by name.
    accounts = merged[table.names.name]
    write_files(root, accounts, _owners_in(accounts))
    owners = Owners.of(root)
    for kind in table.others:
        write_files(root, merged[kind.name], owners)
    write_files(root, table.identity, owners)


def _owners_in(accounts: Files) -> Owners:
    def ids(path: str) -> dict[str, int]:
        return {name: int(row[2]) for name, row in rows(accounts, path).items()}

    return Owners(users=ids("/etc/passwd"), groups=ids("/etc/group"))


def _make(
    place: Enclosure,
    root: Root,
    cache: Cache,
    words: Sequence[str],
    *,
    epoch: int,
    listen: Listener,
) -> None:
    programs = root.matching(words[0])
    if not programs:
        raise QlumodError(
            f"cannot make the {cache.name} cache of the stack: {words[0]} is in none of its modules"
        )
    place.run(programs[0], *words[1:], epoch=epoch, listen=listen)
    for path in cache.leaves:
        root.remove(path)
