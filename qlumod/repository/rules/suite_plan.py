"""The plan of a publication: the changes of a suite, before anything is written; pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from qlumod.errors import QlumodError, raise_faults
from qlumod.repository.format.index_entries import ALL, SOURCE, IndexEntry, PoolFile, sort_entries
from qlumod.repository.rules.overlapping import is_newer, overlapping, replaced_by
from qlumod.repository.rules.relations import broken_by


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SuiteChange:
    """A package that gets another version; `old` None: it is added, `new` None: it is removed."""

    package: str
    architecture: str
    old: str | None
    new: str | None

    def __str__(self) -> str:
        match self.old, self.new:
            case None, new:
                return f"{self.package} ({self.architecture}): new, {new}"
            case old, None:
                return f"{self.package} ({self.architecture}): {old} goes"
            case old, new:
                return f"{self.package} ({self.architecture}): {old} → {new}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePlan:
    """The new content of a suite, and the difference to the present content."""

    entries: Callable[[], Sequence[IndexEntry]]
    """Returns all new entries, sorted; reading 10,000 takes longer than a publication."""
    changes: tuple[SuiteChange, ...]
    added: tuple[IndexEntry, ...]
    """The entries that are new in the suite."""
    removed: tuple[IndexEntry, ...]
    """The entries that are removed from the suite."""
    beside: tuple[IndexEntry, ...]
    """The unchanged entries with the package name of an added or removed entry."""


def plan_publication(
    published: Sequence[IndexEntry],
    incoming: Sequence[IndexEntry],
    *,
    clients: Collection[str] = (),
    everything: Callable[[], Sequence[IndexEntry]] | None = None,
    allow_older: bool = False,
) -> SuitePlan:
    """Plan to add entries to a suite: they replace older versions, all other entries stay.

    Raises all faults together. `clients` are the architectures that the suite serves. If
    `everything` returns all entries of the suite, `published` may be only those that the new
    entries affect (`related`).
    """
    new = _without_repeats(incoming)
    _refuse_two_versions(new)
    _refuse_other_bytes(published, new)
    if not allow_older:
        _refuse_older(published, new)
    made = plan_for(published, _merged(published, new, clients))
    if everything:
        made = replace(made, entries=_all_then(made, everything))
    _refuse_broken(made, clients)
    return made


def _all_then(
    made: SuitePlan, everything: Callable[[], Sequence[IndexEntry]]
) -> Callable[[], Sequence[IndexEntry]]:
    @cache
    def read() -> Sequence[IndexEntry]:
        return sort_entries({*everything()}.difference(made.removed).union(made.added))

    return read


def plan_for(published: Collection[IndexEntry], entries: Sequence[IndexEntry]) -> SuitePlan:
    """The plan by which the suite offers exactly these entries."""
    before, after = set(published), set(entries)
    added, removed = sort_entries(after - before), sort_entries(before - after)
    names = {entry.package for entry in (*added, *removed)}
    return SuitePlan(
        entries=lambda: entries,
        changes=changes_between(published, entries),
        added=added,
        removed=removed,
        beside=sort_entries(entry for entry in before & after if entry.package in names),
    )


def without_sources(planned: SuitePlan, sources: Collection[tuple[str, str]]) -> SuitePlan:
    """The plan without source packages that the suite no longer owes."""
    going = {entry for entry in planned.entries() if entry.is_source and entry.source in sources}
    if not going:
        return planned
    published = {*planned.removed, *planned.entries()}.difference(planned.added)
    return plan_for(published, [entry for entry in planned.entries() if entry not in going])


def changes_between(
    before: Iterable[IndexEntry], after: Iterable[IndexEntry]
) -> tuple[SuiteChange, ...]:
    """Compare two sets of entries, version by version."""
    old, new = _versions(before), _versions(after)
    return tuple(
        SuiteChange(
            package=package,
            architecture=architecture,
            old=old.get((package, architecture)),
            new=new.get((package, architecture)),
        )
        for package, architecture in sorted({*old, *new})
        if old.get((package, architecture)) != new.get((package, architecture))
    )


def _versions(entries: Iterable[IndexEntry]) -> dict[tuple[str, str], str]:
    """The newest version of each package: a suite may also have older sources."""
    newest: dict[tuple[str, str], str] = {}
    for entry in entries:
        key = (entry.package, entry.architecture)
        if key not in newest or is_newer(entry.version, newest[key]):
            newest[key] = entry.version
    return newest


def _without_repeats(entries: Iterable[IndexEntry]) -> tuple[IndexEntry, ...]:
    """The entries, each once: a user may name a file directly and by a .changes file."""
    return sort_entries({(entry.files, entry.architecture): entry for entry in entries}.values())


def _refuse_two_versions(new: Sequence[IndexEntry]) -> None:
    first: dict[tuple[str, str, str], IndexEntry] = {}
    faults = []
    for entry in new:
        # The packages in the payloads of a suite may require several versions of one source.
        version = entry.version if entry.is_source else ""
        other = first.setdefault((entry.package, entry.architecture, version), entry)
        if other is not entry:
            faults.append(
                QlumodError(
                    f"{entry.package} ({entry.architecture}) is to be published twice:"
                    f" {other.version} and {entry.version}"
                    if other.version != entry.version
                    else f"{entry.title} is to be published twice, with different bytes",
                    remedy="name one of them only",
                )
            )
    raise_faults((*faults, *_two_at_once(new)))


def _two_at_once(new: Sequence[IndexEntry]) -> Iterator[QlumodError]:
    """An error for each package of `all` that one of an architecture could not replace."""
    for one, other in overlapping(new, new):
        if one.architecture == ALL != other.architecture and not is_newer(
            other.version, one.version
        ):
            yield QlumodError(
                f"{one.package} is to be published twice: {one.version} (all) and {other.version}"
                f" ({other.architecture})",
                remedy="name one of them only",
            )


def _refuse_other_bytes(published: Sequence[IndexEntry], new: Sequence[IndexEntry]) -> None:
    known = {file.path: file for entry in published for file in entry.files}
    raise_faults(
        replaced(file, entry.version)
        for entry in new
        for file in entry.files
        if file.path in known and known[file.path] != file
    )


def replaced(file: PoolFile, version: str) -> QlumodError:
    """The error for a published file name that would get other bytes, those of that version."""
    epoch, _, rest = version.rpartition(":")
    return QlumodError(
        f"{file.path} is published already, with other bytes; a published file is never replaced",
        remedy=f"raise what follows the epoch, too, such as {epoch}:{rest}+1: the epoch is in no"
        " file name"
        if epoch
        else "give the changed package a higher version (for a module: the next N of x.y.z-N)",
    )


def _refuse_older(published: Sequence[IndexEntry], new: Sequence[IndexEntry]) -> None:
    same = {*published}
    own = {(entry.package, entry.architecture) for entry in new}
    newest: dict[IndexEntry, IndexEntry] = {}
    for entry, other in overlapping([one for one in new if one not in same], published):
        # One of `all` is for the clients that get none of their own at the same time.
        is_for_others = entry.architecture == ALL and (other.package, other.architecture) in own
        there = newest.get(entry, entry)
        if is_newer(other.version, there.version) and (
            other.architecture == entry.architecture or not is_for_others
        ):
            newest[entry] = other
    raise_faults(
        QlumodError(
            f"{entry.package} ({entry.architecture}): {entry.version} is older than the published"
            f" {other.version}"
            + (f" ({other.architecture})" if other.architecture != entry.architecture else ""),
            remedy="publish it all the same with --allow-older; clients that have the newer one"
            " keep it",
        )
        for entry, other in newest.items()
    )


def _refuse_broken(made: SuitePlan, clients: Collection[str]) -> None:
    """Raise if a staying entry loses a dependency; an apt client tests the new entries later."""
    removed = [entry for entry in made.removed if not entry.is_source]
    if not removed:
        return
    raise_faults(
        QlumodError(
            f"{loss}, which the suite would not have any more",
            remedy=f"publish a {loss.entry.package} that does not need it, together with this",
        )
        for loss in broken_by(removed, made.entries(), clients)
    )


def _merged(
    published: Sequence[IndexEntry], new: Sequence[IndexEntry], clients: Collection[str]
) -> tuple[IndexEntry, ...]:
    """The entries of a suite after adding new ones.

    New binaries replace older ones; a source is removed with the last binary built from it.
    """
    gone = replaced_by(new, published, clients)
    binaries = [
        *(entry for entry in new if not entry.is_source),
        *(entry for entry in published if not entry.is_source and entry not in gone),
    ]
    needed = {source for entry in binaries for source in entry.built_from}
    was_needed = {
        source for entry in published if not entry.is_source for source in entry.built_from
    }
    sources = {entry for entry in (*published, *new) if entry.is_source}
    newest = _versions(sources)
    return sort_entries(
        {
            *binaries,
            *(
                entry
                for entry in sources
                if entry in new
                or entry.source in needed
                or entry.source not in was_needed
                or entry.version == newest[entry.package, SOURCE]
            ),
        }
    )
