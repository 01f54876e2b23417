"""Giving a mounted stack its shared state: merged where it can be told, else made again."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, step
from qlumod.model.names import ModuleName
from qlumod.stack.kernel import other_kernels
from qlumod.stack.meeting import activate, divert, meeting_layers
from qlumod.stack.order import below
from qlumod.stack.payload import Payload
from qlumod.stack.state_files import Owners, write_files
from qlumod.state.account_files import rows
from qlumod.state.clashes import clashes
from qlumod.state.crossing import Crossing, crossings
from qlumod.state.diverted import told_by_name, unseen_diversions
from qlumod.state.dpkg import DIVERSIONS
from qlumod.state.kind import Cache, Files, Fragments
from qlumod.state.kinds import CACHES, IDENTITY, KINDS
from qlumod.state.triggers import TRIGGERS, Activation
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import Enclosure, enclosed

Merged = Mapping[str, Files]
"""The files of each kind of state, by the kind's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Something of a module that ran while a stack was put together, and may have written there."""

    what: str
    """As people read it: ``watchd's trigger /usr/share/watched``."""
    module: ModuleName | None = None
    """Whose it is, where that is known."""
    cache: str = ""
    """The name of the cache that it makes."""

    def __str__(self) -> str:
        return f"{self.what} (module {self.module})" if self.module else self.what


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """How a stack got its shared state."""

    merged: Merged
    """What was written as the modules' fragments say it."""
    programs: tuple[Program, ...]
    """What ran then, in that order: it may have changed what was merged, and made anything else."""


def _nothing() -> None:
    pass


def assemble(
    root: Root,
    members: Sequence[Payload],
    *,
    epoch: int,
    before_scripts: Callable[[], None] = _nothing,
    listen: Listener,
) -> Assembled:
    """Write the state of a stack into its mounted root; `members` lowest first.

    `before_scripts` is called before scripts of packages run, if any do. Raises `QlumodError` where
    modules contradict each other.
    """
    raise_faults(other_kernels(members))
    layers = meeting_layers(members)
    raise_faults(clashes(layers))
    diverted = unseen_diversions(layers, _fragments(members, DIVERSIONS.name))
    with step(listen, "merging state"):
        merged = merged_state(members)
        # First: the alternative of a diverted file lies where the file would.
        divert(root, diverted)
        _write(root, merged)
    calls = cache_calls(members)
    if calls:
        with step(listen, "making caches", total=len(calls)) as advance, enclosed(root) as place:
            for cache, words in calls:
                _make(place, root, cache, words, epoch=epoch, listen=listen)
                advance(1)
    crossed = crossings(layers, _fragments(members, TRIGGERS.name))
    unheard = {(one.trigger, one.package) for one in crossed} | told_by_name(diverted)
    if unheard:
        before_scripts()
        with step(listen, "telling packages of each other"), enclosed(root) as place:
            activate(place, root, unheard, epoch=epoch, listen=listen)
    programs = (*_makers(calls), *_hearers(crossed, unheard))
    return Assembled(merged=merged, programs=programs)


def _makers(calls: Iterable[tuple[Cache, tuple[str, ...]]]) -> Iterator[Program]:
    for cache, (program, *_) in calls:
        yield Program(what=f"{program}, which makes the {cache.name} cache", cache=cache.name)


def _hearers(crossed: Iterable[Crossing], told: Iterable[Activation]) -> Iterator[Program]:
    """The packages that were told of others; by the trigger alone where no path crossed."""
    by_path = {(one.trigger, one.package): one for one in crossed}
    for trigger, package in sorted(told):
        what, one = f"{package}'s trigger {trigger}", by_path.get((trigger, package))
        if one:
            what = f"{what}, since {one.brought_by} brings something there"
        yield Program(what=what, module=one.module if one else None)


def merged_state(members: Sequence[Payload]) -> dict[str, Files]:
    """Merge what the members added to each kind of state; pure."""
    return {kind.name: kind.merge(_fragments(members, kind.name)) for kind in KINDS}


def _fragments(members: Sequence[Payload], kind: str) -> Fragments:
    return [
        (member.module, member.fragments[kind]) for member in members if kind in member.fragments
    ]


def cache_calls(members: Sequence[Payload]) -> tuple[tuple[Cache, tuple[str, ...]], ...]:
    """What to run for the caches that no single layer has right, in the table's order; pure."""
    return tuple(
        (cache, words)
        for cache in CACHES
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


def _write(root: Root, merged: Merged) -> None:
    # Names come first: everything else is written with owners by name.
    accounts = merged["accounts"]
    write_files(root, accounts, _owners_in(accounts))
    owners = Owners.of(root)
    for name, files in merged.items():
        if name != "accounts":
            write_files(root, files, owners)
    write_files(root, IDENTITY, owners)


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
