"""qlumod fetch: the locked packages into the store."""

from qlumod.cli import options
from qlumod.cli.repository_options import base
from qlumod.cli.screen import Reporter
from qlumod.cli.wording import size
from qlumod.workflows.lock import fetch_modules
from qlumod.workflows.predecessors import Base
from qlumod.workflows.workplace import Workplace


@options.verb(examples=["qlumod fetch", "qlumod fetch core slurm --json"])
@options.modules
@base()
@options.making
@options.dry_run
@options.reports(logged=True)
def command(
    *,
    modules: tuple[str, ...],
    base: Base | None,
    dry_run: bool,
    reporter: Reporter,
    workplace: Workplace,
) -> None:
    """Fetch the locked packages into the store, and check their digests.

    Fetches the packages of all modules, or of the named ones. An interrupted download is resumed.
    If nothing is missing, the network is not used. The predecessors of the modules, with which
    their changelogs compare, are read from the repository.
    """
    fetched = fetch_modules(
        workplace,
        modules,
        base=base,
        dry_run=dry_run,
        listen=reporter.listen,
    )
    verb = "to fetch" if dry_run else "fetched"
    reporter.result(
        {
            "fetched": [
                {"package": p.package, "version": p.version, "sha256": p.sha256, "size": p.size}
                for p in fetched.packages
            ],
            "size": fetched.size,
        },
        [f"{len(fetched.packages)} packages {verb} ({size(fetched.size)})"],
    )
