"""qlumod gc: let go of old snapshots, and of the packages that only they have."""

from pathlib import Path

import click

from qlumod.cli import options
from qlumod.cli.repository_options import repository, wait
from qlumod.cli.screen import Reporter
from qlumod.cli.settings.values import ValueKind, duration, whole
from qlumod.cli.wording import size
from qlumod.repository.maintenance.gc import LettingGo
from qlumod.repository.rules.retention import Retention
from qlumod.repository.verbs.gc import collect


@options.verb(
    examples=[
        "qlumod gc --repository /srv/debian --dry-run",
        "qlumod gc --repository /srv/debian --keep 2 --grace 14d",
    ]
)
@repository
@click.option(
    "--keep",
    type=ValueKind("N", whole),
    default="3",
    show_default=True,
    help="How many versions to keep of each package, and of each meta-version x.y of a module.",
)
@click.option(
    "--grace",
    type=ValueKind("DURATION", duration),
    default="30d",
    show_default=True,
    help="How long to keep a snapshot after its suite has moved on, such as 12h, 30d or 4w.",
)
@wait
@options.dry_run
@options.reports()
def command(
    *, repository: Path, keep: int, grace: int, wait: float, dry_run: bool, reporter: Reporter
) -> None:
    """Remove old snapshots, and the files in the pool that only they contain.

    A snapshot is kept while a suite points to it, for the grace period after that (clients may
    still use it), and while it is the newest of its suite that contains one of the versions to
    keep. gc removes nothing that a suite offers; qlumod remove removes packages from a suite.
    """
    found = collect(
        repository,
        retention=Retention(keep=keep, grace=grace),
        dry_run=dry_run,
        wait=wait,
        listen=reporter.listen,
    )
    reporter.result(_document(found), _lines(found, dry_run=dry_run))


def _document(found: LettingGo) -> dict[str, object]:
    return {
        "snapshots": [{"snapshot": one.identity, "suite": one.suite} for one in found.snapshots],
        "packages": [
            {
                "package": entry.package,
                "architecture": entry.architecture,
                "version": entry.version,
                "size": sum(file.size for file in entry.files),
            }
            for entry in found.packages
        ],
        "files": [file.path for file in found.files],
        "bytes": found.size,
        "kept": dict(found.kept),
    }


def _lines(found: LettingGo, *, dry_run: bool) -> list[str]:
    if not found.snapshots and not found.files:
        return [f"nothing to remove: {len(found.kept)} snapshots are kept"]
    named = {file.path for entry in found.packages for file in entry.files}
    return [
        *(f"{one.identity}  {one.suite}" for one in found.snapshots),
        *(
            f"  {entry.title}: {size(sum(file.size for file in entry.files))}"
            for entry in found.packages
        ),
        *(f"  {file.path}, in no snapshot" for file in found.files if file.path not in named),
        f"{'would remove' if dry_run else 'removed'} {len(found.snapshots)} snapshots,"
        f" {len(found.packages)} packages, {size(found.size)};"
        f" {len(found.kept)} snapshots are kept",
    ]
