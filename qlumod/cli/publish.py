"""qlumod publish: put module packages into a signed apt repository."""

from collections.abc import Iterable
from pathlib import Path

import click

from qlumod.cli import options
from qlumod.cli.repository_options import publishing, suite, wishes
from qlumod.cli.screen import Reporter
from qlumod.repository.format.settings import Wishes
from qlumod.repository.publishing.outcome import Publication
from qlumod.repository.publishing.terms import Admission, Terms
from qlumod.repository.rules.suite_plan import SuiteChange
from qlumod.repository.sets.module_sets import ModuleSet
from qlumod.repository.sets.set_documents import line_of
from qlumod.workflows.publish import publish


@options.verb(
    examples=[
        "qlumod publish --repository /srv/debian --proof proof.json build/*.changes",
        "qlumod publish --repository /srv/debian --suite 14.0-bookworm --dry-run build/*.changes",
    ]
)
@click.argument(
    "files",
    nargs=-1,
    metavar="[FILE]...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@publishing
@suite
@wishes
@options.profile
@options.dry_run
@options.reports()
def command(
    *,
    files: tuple[Path, ...],
    suite: str | None,
    wishes: Wishes,
    admission: Admission,
    terms: Terms,
    reporter: Reporter,
) -> None:
    """Put .debs, .dscs and all that .changes files name into a suite, in one commit.

    Clients see all of it or nothing: the suite is switched by one rename, after a real apt client
    has tried the new state. A published file is never replaced. A repository that is not there yet
    is begun, signed by --key. Packages made in another profile than --profile are refused.

    The whole set that the suite offers then is checked: modules that may be in one image have each
    package in one version, and each pair of them is proved to equal one installation, for just
    these bytes (--proof; without FILEs it is for what the suite offers already).
    """
    if not files and not admission.proofs:
        raise click.UsageError("name files, or say --proof")
    published = publish(
        files, suite, wishes=wishes, admission=admission, terms=terms, listen=reporter.listen
    )
    reporter.result(document(published), lines(published, dry_run=terms.dry_run))


def document(published: Publication) -> dict[str, object]:
    """What --json prints of a publication."""
    return {
        "suite": published.suite,
        "snapshot": published.snapshot,
        "changes": changes_document(published.changes),
        "sets": sets_document(published.sets),
    }


def sets_document(sets: Iterable[ModuleSet]) -> list[dict[str, object]]:
    """What --json prints of sets of modules, and of what is proved of them."""
    return [
        {
            "release": str(one.release),
            "flavor": one.flavor,
            "architecture": one.architecture,
            "modules": [
                {"module": member.module, "version": member.version} for member in one.members
            ],
            "pairs": one.proving.pairs,
            "unproved": one.proving.unproved,
            "lacking": [list(pair) for pair in one.proving.lacking],
            "proofs": list(one.proving.proofs),
        }
        for one in sets
    ]


def unproved_lines(sets: Iterable[ModuleSet]) -> list[str]:
    """What people read of sets of which not all is proved."""
    return [f"unproved: {line_of(one).tally}" for one in sets if one.proving.unproved]


def changes_document(changes: Iterable[SuiteChange]) -> list[dict[str, str | None]]:
    """What --json prints of changes."""
    return [
        {
            "package": change.package,
            "architecture": change.architecture,
            "old": change.old,
            "new": change.new,
        }
        for change in changes
    ]


def lines(published: Publication, *, dry_run: bool = False) -> list[str]:
    """What people read of a publication."""
    changes = [f"  {change}" for change in published.changes] + unproved_lines(published.sets)
    if dry_run and changes:
        return [f"{published.suite} would change:", *changes]
    if published.snapshot:
        return [f"{published.suite} is now {published.snapshot}:", *changes]
    return [f"{published.suite} has all of this already", *changes]
