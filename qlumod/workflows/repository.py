"""Repositories themselves: beginning one, looking it over, telling what it holds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, step
from qlumod.package.linting import require_clean
from qlumod.repository.client_packages import (
    keyring_package,
    maintainer,
    make_package,
    sources_package,
    suites_by_minor,
)
from qlumod.repository.entries import Entry
from qlumod.repository.founding import opened_settings, settle, write_settings, write_sources
from qlumod.repository.fsck import Findings, examine
from qlumod.repository.layout import Layout, snapshot_id
from qlumod.repository.layout import suite as suite_name
from qlumod.repository.module_sets import ModuleSet, SetLine, read_set, recorded_sets
from qlumod.repository.plan import Change, changes_between
from qlumod.repository.published import named
from qlumod.repository.settings import Settings, Wishes
from qlumod.repository.snapshots import Snapshot, all_snapshots, existing
from qlumod.repository.staging import opened
from qlumod.system.apt_client import file_uri
from qlumod.system.files import copy_new, make_directories, read_bytes, told
from qlumod.system.gpg import newest_key_date, user_ids
from qlumod.system.keys import public_keys, signing
from qlumod.system.scratch import scratch


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A snapshot, and the suite it is served as, if it is."""

    snapshot: Snapshot
    current: bool
    entries: tuple[Entry, ...]
    lines: tuple[SetLine, ...] = ()
    """What it says of its sets of modules, and what is known of these."""
    sets: tuple[ModuleSet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """A repository that is there now."""

    directory: Path
    settings: Settings
    sources: str
    """The .sources text of its suites; empty as long as there are none."""


def init(
    repository: Path,
    *,
    wishes: Wishes,
    suites: Sequence[str] = (),
    wait: float = 0.0,
    listen: Listener,
) -> Founded:
    """Begin a repository, or find that it is as wished; `suites` are those to come."""
    layout = Layout(root=repository.absolute())
    names = {suite_name(name) for name in suites}
    before = opened_settings(layout).keys if layout.files.is_file(layout.settings) else ()
    settings = settle(layout, wishes, rollover=True)
    told = wishes.proving_keys is not None
    proving = public_keys(settings.proving_keys) if told else None
    with signing(settings.keys) as signers:
        able = signers()
        # One that clients have may go on beside the one that follows it.
        raise_faults(able.faults(key for key in settings.keys if key not in before))
        with opened(layout, wait=wait, listen=listen):
            write_settings(layout, settings, able.public, proving)
    names.update(layout.suite_names())
    return Founded(
        directory=layout.root,
        settings=settings,
        sources="\n".join(write_sources(layout, settings, name) for name in sorted(names)),
    )


def client_packages(
    repository: Path,
    *,
    suites: Sequence[str] = (),
    output: Path,
    lint: bool = True,
    listen: Listener,
) -> tuple[Path, ...]:
    """Make the packages by which clients follow the repository: keys, and the sources of each x.y.

    `suites` none are all that are there, but for proposed updates. What is published already comes
    out the same, under the same version. Where lintian finds errors, nothing gets to `output`.
    """
    layout = Layout(root=repository.absolute())
    settings = opened_settings(layout)
    names = [existing(layout, name).suite for name in suites] or layout.suite_names()
    keyring = read_bytes(layout.root / settings.keyring)
    uri = settings.uri or file_uri(layout.root)
    people = maintainer(settings, user_ids(layout.root / settings.keyring))
    wanted = [
        keyring_package(settings, keyring, people),
        *(
            sources_package(settings, uri, minor, found, people)
            for minor, found in suites_by_minor(names, asked=bool(suites)).items()
        ),
    ]
    epoch = newest_key_date(layout.root / settings.keyring)
    with told(output):
        make_directories(output)
    with scratch() as place:
        with step(listen, "making packages", total=len(wanted), unit="packages"):
            made = [make_package(layout, package, place, epoch=epoch) for package in wanted]
        if lint:
            require_clean("clients' packages", made, scratch=place / "lintian", listen=listen)
        for deb in made:
            copy_new(deb, output / deb.name)
    return tuple(output / deb.name for deb in made)


def check_repository(repository: Path, *, listen: Listener) -> Findings:
    """Read all of a repository and compare it with what was signed."""
    layout = Layout(root=repository.absolute())
    return examine(layout, opened_settings(layout), listen=listen)


def snapshots(repository: Path) -> tuple[Shown, ...]:
    """All snapshots, the oldest first."""
    layout = Layout(root=repository.absolute())
    opened_settings(layout)
    return tuple(_shown(layout, snapshot) for snapshot in all_snapshots(layout))


def snapshot(repository: Path, identity: str) -> Shown:
    """One snapshot, by its name."""
    layout = Layout(root=repository.absolute())
    opened_settings(layout)
    wanted = snapshot_id(identity)
    for found in all_snapshots(layout):
        if found.identity == wanted:
            lines = recorded_sets(found) or ()
            sets = tuple(one for line in lines if (one := read_set(layout, line)))
            return replace(_shown(layout, found), lines=lines, sets=sets)
    raise QlumodError(
        f"{repository} has no snapshot {identity}",
        remedy=f"qlumod snapshot list --repository {repository} names them all",
    )


def differences(repository: Path, old: str, new: str) -> tuple[Change, ...]:
    """What differs between two snapshots, or what suites offer now, by their names."""
    layout = Layout(root=repository.absolute())
    opened_settings(layout)
    before, after = (
        {entry for found in named(layout, name) for entry in found.entries()} for name in (old, new)
    )
    return changes_between(before, after)


def _shown(layout: Layout, snapshot: Snapshot) -> Shown:
    return Shown(
        snapshot=snapshot,
        current=layout.current(snapshot.suite) == snapshot.identity,
        entries=snapshot.entries(),
    )
