"""qlumod lock: which packages the modules consist of, solved by apt and written down."""

from collections.abc import Iterator
from dataclasses import asdict

import click

from qlumod.cli import offers, options
from qlumod.cli.left_out import left_out_lines
from qlumod.cli.repository_options import base
from qlumod.cli.screen import Reporter
from qlumod.cli.settings.values import ValueKind
from qlumod.cli.wording import columns, size
from qlumod.lock.rules.freshness import Older, older_archive
from qlumod.lock.rules.lock_changes import LockDifference
from qlumod.lock.verbs.solve_lock import Wish
from qlumod.model.lock import LockedPackage
from qlumod.workflows.lock import Locked, lock
from qlumod.workflows.predecessors import Base
from qlumod.workflows.workplace import Workplace


@options.verb(
    examples=[
        "qlumod lock",
        "qlumod lock --update --dry-run",
        "qlumod lock --update munge",
        "qlumod lock --update --repository /srv/debian",
        "qlumod lock --archive beegfs-8=file:///srv/mirror/beegfs",
    ]
)
@click.argument(
    "names", nargs=-1, metavar="[PACKAGE|MODULE]...", shell_complete=offers.locked_packages
)
@click.option(
    "-u",
    "--update",
    is_flag=True,
    help="Move the named packages, or all packages of the named modules, to the newest version, and"
    " the packages that must move with them; without names, move all packages.",
)
@click.option(
    "--raise",
    "raised",
    multiple=True,
    metavar="MODULE",
    shell_complete=offers.modules,
    help="Give a published module its next version although its recipe has not changed: for a layer"
    " whose bytes differ from the published ones. May be repeated.",
)
@click.option(
    "--older-archive",
    "older",
    multiple=True,
    metavar="ARCHIVE=REASON",
    type=ValueKind("ARCHIVE=REASON", older_archive),
    help="Accept an archive although its InRelease is older than the one in the lock; the lock"
    " records the reason. May be repeated.",
)
@click.option(
    "--move-host",
    is_flag=True,
    help="Let a lock that belongs to machines with another release of Debian belong to machines"
    " like this one: all modules get other bytes.",
)
@base(chosen=True)
@options.making
@options.dry_run
@options.reports(logged=True)
def command(
    *,
    names: tuple[str, ...],
    update: bool,
    raised: tuple[str, ...],
    older: tuple[Older, ...],
    move_host: bool,
    base: Base | None,
    dry_run: bool,
    reporter: Reporter,
    workplace: Workplace,
) -> None:
    """Let apt solve the packages of all modules, and write the lock.

    Without --update, all versions of the lock that the specs allow stay. The verb reads the
    archives' indexes over the network; it needs no root rights. If an archive on request cannot be
    used, such as a vendor's archive without a verified key, its modules are left out and listed
    with the reason; with --archive they can come from a mirror or a directory of .debs.

    An archive whose InRelease is older than the one in the lock is refused, since a mirror may
    hold updates back. --older-archive accepts it, with a reason.

    A lock belongs to machines with one release of Debian, whose tools it records: others build
    other bytes. On a machine with another release, --dry-run works; --move-host moves the lock
    there.

    Each module gets its version x.y.z-N by comparison with the repository: an unchanged module
    keeps its N, a changed module gets the next N, and its changelogs compare it with the published
    version.
    """
    if names and not update:
        raise click.UsageError(f"to move {' '.join(names)}, use --update")
    locked = lock(
        workplace,
        Wish(update=names if update else None, raised=raised, older=older, move_host=move_host),
        base=base,
        dry_run=dry_run,
        listen=reporter.listen,
    )
    reporter.result(_document(locked, dry_run=dry_run), _lines(locked, dry_run=dry_run))


def _lines(locked: Locked, *, dry_run: bool) -> Iterator[str]:
    yield from change_lines(locked.difference)
    verb = "would be written" if dry_run else "written"
    yield f"{locked.path}: {verb if locked.changed else 'nothing has changed'}"
    rows = [("module", "packages", "size", "version", "why"), *_modules(locked)]
    yield from (f"  {line}" for line in columns(rows))
    yield from left_out_lines(locked.lock.left_out)


def change_lines(found: LockDifference) -> Iterator[str]:
    """One line for each package that comes, goes or moves."""
    for package in found.added:
        yield f"+ {package.package} {package.version} ({package.reason})"
    for package in found.removed:
        yield f"- {package.package} {package.version}"
    for moved in found.moved:
        yield f"~ {moved}"


def _modules(locked: Locked) -> Iterator[tuple[str, ...]]:
    for found in locked.revisions:
        packages = locked.lock.of(found.module)
        total = size(sum(package.size for package in packages))
        against = f", after {found.predecessor}" if found.predecessor else ""
        yield found.module, str(len(packages)), total, found.version, f"{found.why}{against}"


def _document(locked: Locked, *, dry_run: bool) -> dict[str, object]:
    found, moved = locked.lock, locked.difference
    return {
        "lock": str(locked.path),
        "written": locked.changed and not dry_run,
        "version": found.version,
        "flavor": found.flavor,
        "architecture": found.architecture,
        "epoch": found.epoch,
        "left_out": dict(found.left_out),
        "modules": {module: len(found.of(module)) for module, _ in found.specs},
        "revisions": [asdict(revision) for revision in locked.revisions],
        "added": [_package(package) for package in moved.added],
        "removed": [_package(package) for package in moved.removed],
        "moved": [
            {"package": m.new.package, "old": m.old.version, "new": m.new.version}
            for m in moved.moved
        ],
    }


def _package(package: LockedPackage) -> dict[str, object]:
    return {
        "package": package.package,
        "version": package.version,
        "modules": list(package.modules),
        "reason": package.reason,
    }
