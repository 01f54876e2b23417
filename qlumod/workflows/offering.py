"""What every verb that changes a suite ends with: the whole set is checked, then shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from qlumod.events import Listener, step
from qlumod.package.published import read_held
from qlumod.repository.held import Find, Shelf
from qlumod.repository.incoming import Incoming
from qlumod.repository.layout import Layout
from qlumod.repository.listing import Paths, paths_of
from qlumod.repository.module_sets import ModuleSet, sets_text
from qlumod.repository.plan import Plan
from qlumod.repository.publication import show, times
from qlumod.repository.settings import Settings
from qlumod.repository.snapshots import Snapshot
from qlumod.system.gpg import SigningKey
from qlumod.workflows.whole_set import module_sets


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The suite that is to change, and what it offers now."""

    layout: Layout
    settings: Settings
    suite: str
    before: Snapshot | None


def offer(
    planned: Plan,
    incoming: Sequence[Incoming] = (),
    *,
    target: Target,
    keys: Sequence[SigningKey],
    date: int | None,
    valid_for: int | None,
    strict: bool = True,
    listen: Listener,
) -> str:
    """Check what the suite would offer, and show it; returns the snapshot's name.

    The repository's lock is held. `strict` refuses modules that do not go together.
    """
    find = _finding(target.layout, incoming)
    paths = cache(lambda entry: paths_of(find(entry)))
    return show(
        planned,
        incoming,
        layout=target.layout,
        settings=target.settings,
        suite=target.suite,
        before=target.before,
        modules=sets_text(_sets(planned, target, find, paths, strict=strict, listen=listen)),
        paths=paths,
        times=times(target.layout, target.before, date=date, valid_for=valid_for),
        keys=keys,
        listen=listen,
    )


def look_over(
    planned: Plan, incoming: Sequence[Incoming] = (), *, target: Target, listen: Listener
) -> None:
    """Check what the suite would offer; writes nothing."""
    find = _finding(target.layout, incoming)
    paths = cache(lambda entry: paths_of(find(entry)))
    _sets(planned, target, find, paths, strict=True, keep=False, listen=listen)


def _sets(
    planned: Plan,
    target: Target,
    find: Find,
    paths: Paths,
    *,
    strict: bool,
    keep: bool = True,
    listen: Listener,
) -> tuple[ModuleSet, ...]:
    shelf = Shelf(layout=target.layout, find=find, read=read_held, keep=keep)
    with step(listen, "checking that the modules go together"):
        return module_sets(planned, target.before, shelf=shelf, paths=paths, strict=strict)


def _finding(layout: Layout, incoming: Sequence[Incoming]) -> Find:
    """Where packages lie that are coming, or are published."""
    coming = {one.entry: one.sources[0] for one in incoming}
    return lambda entry: coming.get(entry) or layout.root / entry.files[0].path
