"""qlumod promote: offer what one suite has in another one, too."""

import click

from qlumod.cli import offers, options
from qlumod.cli.publish import document, lines
from qlumod.cli.repository_options import publishing
from qlumod.cli.screen import Reporter
from qlumod.repository.publishing.terms import Admission, Terms
from qlumod.workflows.publish import promote


@options.verb(
    examples=[
        "qlumod promote 14.0-bookworm-proposed-updates 14.0-bookworm --repository /srv/debian",
        "qlumod promote 14.0-bookworm-proposed-updates 14.0-bookworm --repository /srv/debian \\\n"
        "      --package qlustar-module-core-bookworm-amd64-14.0.0 --dry-run",
    ]
)
@click.argument("source", metavar="FROM", shell_complete=offers.suites)
@click.argument("target", metavar="TO", shell_complete=offers.suites)
@publishing
@click.option(
    "--package",
    "packages",
    multiple=True,
    metavar="NAME",
    shell_complete=offers.packages,
    help="Promote only this binary package, with its source; may be repeated.",
)
@options.dry_run
@options.reports()
def command(
    *,
    source: str,
    target: str,
    packages: tuple[str, ...],
    admission: Admission,
    terms: Terms,
    reporter: Reporter,
) -> None:
    """Offer the packages of one suite in another suite: the same bytes, not built again."""
    promoted = promote(
        source,
        target,
        packages,
        admission=admission,
        terms=terms,
        listen=reporter.listen,
    )
    reporter.result(document(promoted), lines(promoted, dry_run=terms.dry_run))
