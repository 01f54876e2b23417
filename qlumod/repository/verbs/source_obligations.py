"""The source packages that a publisher of payloads must offer to recipients (GPL, section 3)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.events import Listener, Notice, step
from qlumod.model.document import decoded
from qlumod.model.held import Source, read_held
from qlumod.packaging.debian.apt_client import AptClient, make_apt_client
from qlumod.repository.format.index_entries import IndexEntry
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.snapshots import existing
from qlumod.repository.index.listing import listed
from qlumod.repository.maintenance.version_bump import is_meta
from qlumod.repository.publishing.founding import opened_settings
from qlumod.repository.rules.retention import family
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.documents import MOST
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.disk.scratch import scratch
from qlumod.system.processes.command import CommandFailed
from qlumod.system.processes.stalling import STALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """The origin and the target directory of sources."""

    archives: Path
    """A .sources file of archives with sources (Types: deb-src) and their signing keys; apt checks
    each file by the signed digest."""
    output: Path
    stall: float = STALL
    """The maximum seconds of a download with almost no data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """The source packages that a suite owes, and the result of fetching them."""

    suite: str
    published: int
    """The number of these source packages that the suite has already."""
    fetched: tuple[Path, ...]
    """The .dsc files, to be published."""
    missing: tuple[Source, ...]
    """The sources that no archive has (any more), or that were not fetched."""


def owed_sources(
    suite: str, *, repository: Path, fetching: Fetching | None, listen: Listener
) -> Owed:
    """Fetch the sources of all packages in the payloads of a suite that the suite does not offer.

    `fetching` None: they are only reported.
    """
    layout = Layout(root=repository.absolute())
    opened_settings(layout)
    entries = existing(layout, suite).entries()
    there = {entry.source for entry in entries if entry.is_source}
    wanted = _named_in(layout, [entry for entry in entries if _is_payload(entry)])
    lacking = sorted(wanted - there)
    fetched = _fetched(lacking, fetching, listen) if fetching else ()
    got = {path.name for path in fetched}
    return Owed(
        suite=suite,
        published=len(wanted & there),
        fetched=fetched,
        missing=tuple(one for one in lacking if _dsc(one) not in got),
    )


def _is_payload(entry: IndexEntry) -> bool:
    return not entry.is_source and not is_meta(entry) and family(entry)[0] != entry.package


def _named_in(layout: Layout, payloads: Iterable[IndexEntry]) -> set[Source]:
    """The sources in the payloads' contents files, except of packages that qlumod generated."""
    return {
        source
        for entry in payloads
        for held in read_held(listed(layout.root / entry.files[0].path).texts, entry.title)
        for source in held.sources
    }


def _fetched(lacking: Sequence[Source], fetching: Fetching, listen: Listener) -> tuple[Path, ...]:
    output, stall = fetching.output, fetching.stall
    with told(output):
        make_directories(output)
    with scratch() as directory:
        text = decoded(read_bytes(fetching.archives, most=MOST), str(fetching.archives))
        client = make_apt_client(directory, architectures=("amd64",), sources=text)
        with step(listen, "reading the archives' indexes"):
            client.update(stall=stall, listen=listen)
        total = len(lacking)
        with step(listen, "fetching sources", total=total, unit="packages") as advance:
            for one in lacking:
                for failed in _failure(client, one, output, stall, listen):
                    listen(Notice(text=f"{one[0]} {one[1]}: {failed}"))
                advance(1)
    return tuple(path for one in lacking if (path := output / _dsc(one)).is_file())


def _failure(
    client: AptClient, one: Source, output: Path, stall: float, listen: Listener
) -> Iterator[str]:
    try:
        client.fetch_source(*one, output.absolute(), stall=stall, listen=listen)
    except CommandFailed as failed:
        yield failed.tail[-1] if failed.tail else failed.brief


def _dsc(source: Source) -> str:
    name, version = source
    return f"{name}_{version.partition(':')[2] or version}.dsc"
