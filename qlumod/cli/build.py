"""qlumod build: locked packages become layers, contents and .deb packages."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from qlumod.cli import options
from qlumod.cli.exits import FoundWanting, NotAll
from qlumod.cli.left_out import left_out_lines
from qlumod.cli.repository_options import base
from qlumod.cli.screen import Reporter
from qlumod.cli.wording import columns, size
from qlumod.lock.verbs.lock_files import modules_left_out
from qlumod.model.difference import NO_TWO_ALIKE, WAYS_OUT
from qlumod.package.delivery import Delivery
from qlumod.workflows.build import BuiltModule, build_modules, plan_build
from qlumod.workflows.predecessors import Base
from qlumod.workflows.workplace import Workplace


@options.verb(
    examples=[
        "qlumod build core slurm",
        "qlumod build --all",
        "qlumod build slurm --twice",
        "qlumod build slurm --profile dev",
        "qlumod build slurm --no-lint --json --output packages",
    ]
)
@options.modules
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Build all modules of the lock; the default without names.",
)
@click.option(
    "--twice",
    is_flag=True,
    help="Build each module a second time, and list every path that differs.",
)
@click.option(
    "--lint/--no-lint",
    default=True,
    help="Whether lintian checks the packages. Its errors stop the build, its warnings are "
    "printed; default: --lint.",
)
@base()
@options.building
@options.output
@options.dry_run
@options.reports(logged=True)
def command(
    *,
    modules: tuple[str, ...],
    everything: bool,
    twice: bool,
    lint: bool,
    output: Path,
    base: Base | None,
    dry_run: bool,
    reporter: Reporter,
    workplace: Workplace,
) -> None:
    """Build modules: a layer, its contents, and .deb packages with their .changes.

    Missing packages are fetched first; the build itself has no network. A layer that was built
    from the same inputs is not built again. The modules that the named modules require are built,
    too, but not packaged. Without names, modules that are published already are not packaged
    either.

    Without names, all modules of the lock are built in parallel on all processors (--jobs). If the
    lock leaves out modules, they are listed and the exit code is 4. If one module fails, the
    others are finished before qlumod reports the error.

    A profile of the release, such as dev, compresses the layers faster. Its packages are for
    trials: the manifest and the packages' version name the profile, and `qlumod publish` refuses
    them.

    Root can build, and so can any user who has a range of ids in /etc/subuid and /etc/subgid (with
    the package uidmap): the bytes are the same.
    """
    if everything and modules:
        raise click.UsageError(f"--all stands for all modules: use it without {' '.join(modules)}")
    if dry_run:
        planned = plan_build(workplace, modules)
        reporter.result(
            {"plan": [{"module": p.module, "layer": p.identity, "do": p.action} for p in planned]},
            columns((p.module, p.action, p.identity[:12]) for p in planned),
        )
        return
    built = build_modules(
        workplace,
        modules,
        to=Delivery(output=output, lint=lint),
        twice=twice,
        base=base,
        listen=reporter.listen,
    )
    without = () if modules else modules_left_out(workplace)
    reporter.result(
        {"modules": [_document(made) for made in built], "left_out": dict(without)},
        (*_lines(built), *left_out_lines(without)),
    )
    if any(made.differences for made in built):
        raise FoundWanting
    if without:
        raise NotAll


def _lines(built: Iterable[BuiltModule]) -> Iterator[str]:
    for made in built:
        for line in made.differences:
            yield f"{made.module}: {line}"
        if made.differences:
            yield f"{made.module}: {NO_TWO_ALIKE}"
            yield f"To mend it: {WAYS_OUT}"
        yield from columns((f"  {path.name}", size(path.stat().st_size)) for path in made.packages)


def _document(made: BuiltModule) -> dict[str, object]:
    return {
        "module": made.module,
        "payload": str(made.payload.directory),
        "packages": [str(path) for path in made.packages],
        "differences": list(made.differences),
    }
