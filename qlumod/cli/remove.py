"""qlumod remove: take packages out of a suite."""

import click

from qlumod.cli import offers, options
from qlumod.cli.repository_options import repository, terms, valid_for, wait
from qlumod.cli.rollback import document, lines
from qlumod.cli.screen import Reporter
from qlumod.cli.settings.values import ValueKind, whole
from qlumod.repository.publishing.terms import Terms
from qlumod.repository.verbs.withdraw import remove_packages


@options.verb(
    examples=[
        "qlumod remove 14.0-bookworm qlustar-module-samba --repository /srv/debian --dry-run",
        "qlumod remove 14.0-bookworm --keep 3 --repository /srv/debian",
    ]
)
@click.argument("suite", metavar="SUITE", shell_complete=offers.suites)
@click.argument("packages", nargs=-1, metavar="[PACKAGE]...", shell_complete=offers.packages)
@repository
@click.option(
    "--keep",
    type=ValueKind("N", whole),
    help="Remove the payloads of all but the newest N versions of each meta-version x.y.",
)
@valid_for
@wait
@options.dry_run
@terms
@options.reports()
def command(
    *,
    suite: str,
    packages: tuple[str, ...],
    keep: int | None,
    terms: Terms,
    reporter: Reporter,
) -> None:
    """Remove binary packages from a suite, with sources from which nothing else there is made.

    qlumod refuses to remove a package that others of the suite need, and names them. The files
    stay in the pool as long as a snapshot contains them (qlumod gc). Clients keep their installed
    packages.
    """
    if not packages and keep is None:
        raise click.UsageError("name packages, or use --keep")
    done = remove_packages(
        suite,
        packages,
        keep=keep,
        terms=terms,
        listen=reporter.listen,
    )
    reporter.result(document(done), lines(done, dry_run=terms.dry_run))
