"""qlumod sign: sign suites anew, so that clients go on believing them."""

import click

from qlumod.cli import offers, options
from qlumod.cli.repository_options import repository, terms, valid_for, wait
from qlumod.cli.screen import Reporter
from qlumod.repository.publishing.terms import Terms
from qlumod.repository.verbs.sign import renew


@options.verb(
    examples=[
        "qlumod sign --repository /srv/debian",
        "qlumod sign --repository /srv/debian --due",
        "qlumod sign --repository /srv/debian --valid-for 30 14.0-bookworm",
    ]
)
@click.argument("suites", nargs=-1, metavar="[SUITE]...", shell_complete=offers.suites)
@repository
@click.option(
    "--due",
    is_flag=True,
    help="Only suites whose validity is more than half over: for the timer.",
)
@valid_for
@wait
@terms
@options.reports()
def command(
    *,
    suites: tuple[str, ...],
    due: bool,
    terms: Terms,
    reporter: Reporter,
) -> None:
    """Sign suites again, with a new date and the same packages; without names: all suites.

    A suite that is published with --valid-for must be signed again before this time is over. The
    package qlumod has a timer for this: after systemctl enable --now qlumod-sign@USER.timer, it
    runs `qlumod sign --due` each day, with the keys of USER, in the repository in qlumod.conf.
    """
    renewed = renew(suites, only_due=due, terms=terms, listen=reporter.listen)
    reporter.result(
        {"suites": {one.suite: one.snapshot for one in renewed}},
        [f"{one.suite} is now {one.snapshot}" for one in renewed] or ["nothing is due"],
    )
