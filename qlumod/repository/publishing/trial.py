"""The last check before a commit: an apt client updates from the staged tree and resolves.

The client has no other archive. What the new packages need of the distribution is assumed to be
installed (`stand_in`); packages that only this repository has must be in the suite.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults, singles
from qlumod.events import Listener, Notice, step
from qlumod.model.stanzas import stanza_text
from qlumod.packaging.debian.apt_client import AptClient, file_uri, make_apt_client
from qlumod.repository.format.index_entries import ALL, IndexEntry
from qlumod.repository.format.indexes import piece_of
from qlumod.repository.format.sources import sources_text
from qlumod.repository.publishing.snapshot_staging import Staging
from qlumod.repository.publishing.stand_in import Inside, foreign_architectures, stand_ins
from qlumod.repository.rules.relations import PRE_DEPENDS, alternatives
from qlumod.system.disk.removal import remove_tree
from qlumod.system.disk.scratch import scratch
from qlumod.system.processes.command import CommandFailed
from qlumod.system.processes.workers import workers

_NOTHING = "; nothing was published"
AT_ONCE = 500
"""The maximum number of packages per apt-get: 500 take 0.2 s, 4,000 take 2.8 s, and a command line
is limited to 2 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a client is to try: the suite and its new packages."""

    suite: str
    offered: Callable[[str], Iterable[bytes]]
    """Returns the text of an architecture's Packages, in parts of whole paragraphs."""
    added: Sequence[IndexEntry]
    architectures: Sequence[str]
    """The architectures that have an index."""
    despite: str | None
    """The reason to publish packages that cannot be installed; None: they are refused."""


def try_staged(staging: Staging, keyring: bytes, trial: Trial, *, listen: Listener) -> None:
    """Test the staged tree with a client of each architecture; raises `QlumodError`."""
    sources = sources_text(file_uri(staging.tree), [staging.suite], keyring)
    _try(staging.client.absolute(), sources, trial, listen)


def try_planned(entries: Iterable[IndexEntry], trial: Trial, *, listen: Listener) -> None:
    """Test entries before anything is staged or signed; raises `QlumodError`."""
    with scratch() as folder:
        binaries = (piece_of(entry) for entry in entries if not entry.is_source)
        (folder / "suite").mkdir()
        (folder / "suite/Packages").write_bytes(b"".join(binaries))
        sources = {"Types": "deb", "URIs": file_uri(folder / "suite"), "Suites": "./"}
        text = stanza_text({**sources, "Trusted": "yes"})
        _try(folder / "client", text, trial, listen)


def _try(place: Path, sources: str, trial: Trial, listen: Listener) -> None:
    """Test a suite with a client of each architecture, one after the other at that place."""
    with step(listen, "trying it with a real apt client"):
        for architecture in trial.architectures:
            new = [one for one in trial.added if one.architecture in (ALL, architecture)]
            also = foreign_architectures(new, architecture)
            there = (architecture, *(name for name in also if name in trial.architectures))
            client = make_apt_client(place, architectures=(architecture, *also), sources=sources)
            with workers(1) as beside:
                # If packages are marked afterwards, the indexes are read for that.
                updated = beside.submit(_update, client, read=not new, listen=listen)
                inside = Inside({name: trial.offered(name) for name in there})
                installed = stand_ins(inside, new, architecture)
                updated.result()
            client.set_installed(installed)
            if new and not _are_marked(client, inside, new, listen):
                try:
                    _resolve(client, new, trial.suite, listen)
                except QlumodError as fault:
                    _refuse_unless(trial.despite, fault, listen)
            remove_tree(place)


def _refuse_unless(despite: str | None, fault: QlumodError, listen: Listener) -> None:
    """Raise the fault, or only announce it if there is a reason to publish all the same."""
    if despite is None:
        raise fault
    for one in singles(fault):
        for line in (one.brief, *one.details):
            listen(Notice(text=line.removesuffix(_NOTHING)))


def _update(client: AptClient, *, read: bool, listen: Listener) -> None:
    try:
        client.update(read=read, listen=listen)
    except CommandFailed as failed:
        raise QlumodError(
            f"a real apt client refuses what would be published{_NOTHING}",
            details=failed.details,
        ) from failed


def _are_marked(
    client: AptClient,
    inside: Inside,
    added: Sequence[IndexEntry],
    listen: Listener,
) -> bool:
    """Whether marking all entries for installation shows that all can be installed.

    Marking 10,000 takes 0.1 s; a simulation with apt-get takes a hundred times as long. But only
    the simulation gives the reason for a failure, and tells whether packages that Pre-Depend on
    other new ones can be unpacked in some order (Policy 7.2).
    """
    if any(
        inside.named(one)
        for paragraph in inside.paragraphs()
        if b"\nPre-Depends:" in paragraph
        for group in alternatives(paragraph.decode(), PRE_DEPENDS)
        for one in group
    ):
        return False
    return client.takes_all([(one.package, one.version) for one in added], listen=listen)


def _resolve(client: AptClient, added: Sequence[IndexEntry], suite: str, listen: Listener) -> None:
    """Try many packages at once, which is fast; then fewer, since some may conflict."""
    wanted = [f"{entry.package}={entry.version}" for entry in added]
    parts = [wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE)]
    raise_faults(
        QlumodError(
            f"{name} cannot be installed from {suite}{_NOTHING}",
            details=failed.tail,
            remedy="publish what it needs together with it, or publish it all the same, with a"
            " reason that stays in the snapshot (--despite-trial REASON)",
        )
        for part in parts
        for name, failed in _failing(client, part, listen)
    )


def _failing(
    client: AptClient, wanted: Sequence[str], listen: Listener
) -> Iterator[tuple[str, CommandFailed]]:
    """The packages that cannot be installed even alone, found by bisection of failing groups."""
    failed = _fails(client, wanted, listen)
    if failed and len(wanted) == 1:
        yield wanted[0], failed
    elif failed:
        middle = len(wanted) // 2
        yield from _failing(client, wanted[:middle], listen)
        yield from _failing(client, wanted[middle:], listen)


def _fails(client: AptClient, wanted: Sequence[str], listen: Listener) -> CommandFailed | None:
    try:
        client.resolve(wanted, listen=listen)
    except CommandFailed as failed:
        return failed
    return None
