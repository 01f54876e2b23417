"""``qlumod source``: modules as Debian source packages, ready for upload."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from qlumod.cli import options
from qlumod.cli.screen import Reporter
from qlumod.cli.wording import columns, size
from qlumod.workflows.source import WrittenSource, source
from qlumod.workflows.workplace import Workplace


@options.verb(
    examples=[
        "qlumod source slurm",
        "qlumod source slurm --with-packages --output upload",
    ]
)
@options.modules
@click.option(
    "--with-packages",
    is_flag=True,
    help="Include the locked .debs, as a tarball of their own.",
)
@options.making
@options.output
@options.dry_run
@options.reports()
def command(
    *,
    modules: tuple[str, ...],
    with_packages: bool,
    output: Path,
    dry_run: bool,
    reporter: Reporter,
    workplace: Workplace,
) -> None:
    """Write modules as Debian source packages: .dsc, tarballs, and a .changes for dput.

    No layer is built, and root is not needed. `qlumod build` writes the same source package. To
    build it with dpkg-buildpackage or sbuild, you need the packages of the modules that the module
    requires (the source package Build-Depends on them), and the locked packages: from a package
    store (QLUMOD_STORE), or from the source package itself, with --with-packages.

    With packages, the .dsc has the same name but other bytes: an archive can have only one of them.
    """
    written = source(
        workplace,
        modules,
        output=output,
        with_packages=with_packages,
        dry_run=dry_run,
        listen=reporter.listen,
    )
    reporter.result({"sources": [_document(made) for made in written]}, _lines(written))


def _lines(written: Iterable[WrittenSource]) -> Iterator[str]:
    for made in written:
        yield f"{made.name} {made.version}"
        yield from columns((f"  {path.name}", size(path.stat().st_size)) for path in made.files)


def _document(made: WrittenSource) -> dict[str, object]:
    return {
        "module": made.module,
        "source": made.name,
        "version": made.version,
        "files": [str(path) for path in made.files],
    }
