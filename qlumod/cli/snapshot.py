"""qlumod snapshot: what was published when."""

from collections.abc import Iterator
from pathlib import Path

import click

from qlumod.cli import offers, options
from qlumod.cli.publish import changes_document, sets_document
from qlumod.cli.repository_options import repository
from qlumod.cli.screen import Reporter
from qlumod.cli.wording import columns
from qlumod.repository.verbs.snapshot import (
    ShownSnapshot,
    listed_snapshots,
    snapshot,
    snapshot_differences,
)


@options.group(examples=["qlumod snapshot list --repository /srv/debian"])
def command() -> None:
    """Show what was published when: each publication is an immutable snapshot.

    A snapshot is an apt repository of its own, at snapshots/<id> below the address of the
    repository. A client whose sources name a snapshot always gets the same packages.
    """


@options.verb(name="list", examples=["qlumod snapshot list --repository /srv/debian"])
@repository
@options.reports()
def list_all(*, repository: Path, reporter: Reporter) -> None:
    """List all snapshots, the oldest first; those that a suite points to have a star."""
    found = listed_snapshots(repository)
    rows = [
        (
            shown.snapshot.identity,
            shown.snapshot.suite,
            _count(shown),
            "*" if shown.current else "",
            _despite(shown),
        )
        for shown in found
    ]
    reporter.result(
        {"snapshots": [_document(shown) for shown in found]},
        columns(rows) if rows else ["nothing was published yet"],
    )


@options.verb(examples=["qlumod snapshot show 20260131T120000Z --repository /srv/debian"])
@click.argument("snapshot_id", metavar="SNAPSHOT", shell_complete=offers.snapshots)
@repository
@options.reports()
def show(*, snapshot_id: str, repository: Path, reporter: Reporter) -> None:
    """List the packages of a snapshot with their versions, and which of its pairs are proved."""
    shown = snapshot(repository, snapshot_id)
    rows = [(entry.package, entry.version, entry.architecture) for entry in shown.entries]
    reporter.result(
        {
            **_document(shown),
            "packages": [
                {"package": package, "version": version, "architecture": architecture}
                for package, version, architecture in rows
            ],
            "sets": sets_document(shown.sets),
        },
        [
            *columns(rows),
            *filter(None, [_despite(shown)]),
            *(line.tally for line in shown.lines),
            *_unproved(shown),
        ],
    )


@options.verb(
    examples=["qlumod snapshot diff 20260131T120000Z 14.0-bookworm --repository /srv/debian"]
)
@click.argument("old", metavar="SNAPSHOT|SUITE", shell_complete=offers.published)
@click.argument("new", metavar="SNAPSHOT|SUITE", shell_complete=offers.published)
@repository
@options.reports()
def diff(*, old: str, new: str, repository: Path, reporter: Reporter) -> None:
    """Show which packages have other versions in the second snapshot than in the first."""
    changes = snapshot_differences(repository, old, new)
    reporter.result(
        {"changes": changes_document(changes)},
        [str(change) for change in changes] or ["the same packages"],
    )


def _despite(shown: ShownSnapshot) -> str:
    reason = shown.snapshot.despite
    return f"published despite its trial: {reason}" if reason else ""


def _unproved(shown: ShownSnapshot) -> Iterator[str]:
    for one in shown.sets:
        proving = one.proving
        yield from (f"unproved: {one.named(pair)}" for pair in proving.lacking)
        if proving.unproved > len(proving.lacking):
            yield f"unproved: {proving.unproved - len(proving.lacking)} more pairs"


def _count(shown: ShownSnapshot) -> str:
    binaries = sum(not entry.is_source for entry in shown.entries)
    return f"{binaries} packages, {len(shown.entries) - binaries} sources"


def _document(shown: ShownSnapshot) -> dict[str, object]:
    return {
        "snapshot": shown.snapshot.identity,
        "suite": shown.snapshot.suite,
        "date": shown.snapshot.fields["Date"],
        "valid-until": shown.snapshot.fields.get("Valid-Until"),
        "current": shown.current,
        "despite-trial": shown.snapshot.despite or None,
    }


command.add_command(list_all)
command.add_command(show)
command.add_command(diff)
