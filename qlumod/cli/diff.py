"""``qlumod diff``: what differs between two versions of modules."""

from pathlib import Path

import click

from qlumod.cli import options
from qlumod.cli.screen import Reporter
from qlumod.cli.setting_options import setting
from qlumod.model.content_changes import PackageChange, PathChange
from qlumod.package.predecessor_changes import Comparison
from qlumod.workflows.diff import compare_payloads, compare_published


@options.verb(
    examples=[
        "qlumod diff build/qlustar-module-slurm-bookworm-amd64-14.0.0_14.0.0-{1,2}_all.deb",
        "qlumod diff --repository /srv/debian 20260131T120000Z 14.0-bookworm --brief",
    ]
)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--brief", is_flag=True, help="Only count the changes.")
@setting("repository")
@options.reports()
def command(
    *, old: str, new: str, brief: bool, repository: Path | None, reporter: Reporter
) -> None:
    """Show which packages and paths differ between two versions of modules.

    OLD and NEW are payload packages (.deb), directories of payloads, or suites or snapshots of a
    repository. Of suites and snapshots, the newest version of each module is compared.
    """
    if Path(old).exists() and Path(new).exists():
        found = compare_payloads(Path(old), Path(new))
    elif repository:
        found = compare_published(repository, old, new)
    else:
        missing = new if Path(old).exists() else old
        raise click.UsageError(
            f"there is no file {missing}; to compare suites or snapshots, use --repository"
        )
    reporter.result(
        {"modules": [_document(one) for one in found]},
        [line for one in found for line in one.lines(brief=brief)] or ["nothing differs"],
    )


def _document(found: Comparison) -> dict[str, object]:
    return {
        "module": found.module,
        "old": found.old,
        "new": found.new,
        "packages": [_package(change) for change in found.packages],
        "paths": [_path(change) for change in found.paths],
    }


def _package(change: PackageChange) -> dict[str, object]:
    return {
        "package": change.package,
        "change": str(change.kind),
        "old": change.old.version if change.old else None,
        "new": change.new.version if change.new else None,
    }


def _path(change: PathChange) -> dict[str, object]:
    return {"path": change.path, "change": str(change.kind), "text": str(change)}
