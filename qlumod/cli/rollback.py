"""qlumod rollback: let a suite offer again what it offered before."""

import click

from qlumod.cli import offers, options
from qlumod.cli.publish import changes_document
from qlumod.cli.repository_options import (
    despite_trial,
    repository,
    terms,
    valid_for,
    wait,
)
from qlumod.cli.screen import Reporter
from qlumod.repository.publishing.outcome import Publication
from qlumod.repository.publishing.terms import Terms
from qlumod.repository.verbs.withdraw import rollback


@options.verb(
    examples=[
        "qlumod rollback 14.0-bookworm --repository /srv/debian --dry-run",
        "qlumod rollback 14.0-bookworm 20260131T120000Z --repository /srv/debian --raise-metas",
    ]
)
@click.argument("suite", metavar="SUITE", shell_complete=offers.suites)
@click.argument("snapshot", metavar="[SNAPSHOT]", required=False, shell_complete=offers.snapshots)
@repository
@click.option(
    "--raise-metas",
    "raise_metas",
    is_flag=True,
    help="Give the meta packages a higher version, 14.0.1+really14.0.0-1: clients upgrade to them.",
)
@despite_trial
@valid_for
@wait
@options.dry_run
@terms
@options.reports()
def command(
    *,
    suite: str,
    snapshot: str | None,
    raise_metas: bool,
    terms: Terms,
    reporter: Reporter,
) -> None:
    """Publish the packages of an earlier snapshot of a suite again, with a newer date.

    The default snapshot is the newest one that had other packages. Clients that have upgraded
    already keep the newer packages, since apt never downgrades by itself. --raise-metas makes meta
    packages with a higher version, which bring the old packages back; the next published version
    must be higher than theirs.
    """
    done = rollback(
        suite,
        snapshot,
        raise_metas=raise_metas,
        terms=terms,
        listen=reporter.listen,
    )
    reporter.result({**document(done), "back-to": done.back_to}, lines(done, dry_run=terms.dry_run))


def document(done: Publication) -> dict[str, object]:
    """What --json prints."""
    return {
        "suite": done.suite,
        "snapshot": done.snapshot,
        "changes": changes_document(done.changes),
        "lower": list(done.lower),
    }


def lines(done: Publication, *, dry_run: bool) -> list[str]:
    """What people read."""
    if not done.changes:
        return [f"{done.suite} offers exactly these packages already"]
    changes = [f"  {change}" for change in done.changes]
    stay = [f"clients that have a higher version already keep it: {name}" for name in done.lower]
    if dry_run:
        return [f"{done.suite} would change:", *changes, *stay]
    return [f"{done.suite} is now {done.snapshot}:", *changes, *stay]
