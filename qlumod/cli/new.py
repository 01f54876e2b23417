"""qlumod new: the spec of a module of one's own, written and tried."""

from collections.abc import Iterator

import click

from qlumod.cli import offers, options
from qlumod.cli.exits import FoundWanting
from qlumod.cli.screen import Reporter
from qlumod.workflows.new import DEFAULT_GROUP, New, Wanted, new
from qlumod.workflows.workplace import Workplace


def _words(ctx: click.Context, option: click.Parameter, text: str) -> tuple[str, ...]:
    """The items of a list by commas."""
    del ctx, option
    return tuple(item for part in text.split(",") if (item := part.strip()))


@options.verb(
    examples=[
        "qlumod new monitoring --packages 'prometheus-node-exporter, smartmontools'",
        "qlumod new monitoring --packages smartmontools --title Monitoring --dry-run",
        "qlumod new graphs --packages gnuplot-nox --requires core,slurm --flavors bookworm",
        "qlumod new zfs --packages zfsutils-linux",
    ]
)
@click.argument("name", metavar="NAME")
@click.option(
    "--packages",
    required=True,
    callback=_words,
    metavar="PACKAGE,...",
    help="The wanted packages, in the syntax of the field Packages: 'a, b (>= 1.2)'.",
)
@click.option("--title", default="", metavar="TEXT", help="The name for display.")
@click.option(
    "--description", default="", metavar="TEXT", help="The purpose of the module, in one line."
)
@click.option(
    "--stack-group",
    default=DEFAULT_GROUP,
    metavar="TEXT",
    show_default=True,
    shell_complete=offers.stack_groups,
    help="The group in which lists show the module.",
)
@click.option(
    "--flavors",
    default="",
    callback=_words,
    metavar="NAME,...",
    shell_complete=offers.flavor_list,
    help="Only these flavors have the module; default: all.",
)
@click.option(
    "--requires",
    default="core",
    callback=_words,
    metavar="MODULE,...",
    show_default=True,
    shell_complete=offers.module_list,
    help="The modules on which it is built.",
)
@click.option(
    "--archives",
    default="",
    callback=_words,
    metavar="ARCHIVE,...",
    help="Archives on request to take packages from; default: those that the trial finds.",
)
@click.option(
    "--kernel-modules",
    default="",
    callback=_words,
    metavar="PACKAGE,...",
    help="Packages of sources of kernel modules to compile; default: those that the trial finds.",
)
@click.option(
    "--trial/--no-trial",
    "tried",
    default=True,
    help="Solve and build the module before the spec is written. --no-trial only writes the spec, "
    "without network; default: --trial.",
)
@options.building
@options.dry_run
@options.reports(logged=True)
def command(
    *,
    name: str,
    packages: tuple[str, ...],
    title: str,
    description: str,
    stack_group: str,
    flavors: tuple[str, ...],
    requires: tuple[str, ...],
    archives: tuple[str, ...],
    kernel_modules: tuple[str, ...],
    tried: bool,
    dry_run: bool,
    reporter: Reporter,
    workplace: Workplace,
) -> None:
    """Write the spec of a new module, and the accounts that its packages create.

    apt solves the module together with all others, and the module is built once. This shows that
    it works, and which accounts it creates. Accounts that the account table lacks are appended to
    it with the next free ids, for review. If a package is only in an archive on request, the spec
    names that archive; if packages need or recommend sources of kernel modules, it names them under
    Kernel-Modules. The units that packages enable are listed. The lock is not changed: run
    `qlumod lock` next, then `qlumod build`, which uses the layer of this trial if no account was
    missing.

    If the trial finds something that only a person can decide, such as whether a file is a secret,
    the spec is written all the same, with comments that have the possible values, and the exit
    status is 3: edit it as the messages say. No file is overwritten, and nothing is written if the
    trial could not be made.
    """
    made = new(
        workplace,
        Wanted(
            module=name,
            packages=packages,
            title=title,
            stack_group=stack_group,
            flavors=flavors,
            requires=requires,
            archives=archives,
            kernel_modules=kernel_modules,
            description=description,
        ),
        tried=tried,
        dry_run=dry_run,
        listen=reporter.listen,
    )
    reporter.result(_document(made, dry_run), _lines(made, name, dry_run=dry_run))
    if made.left:
        raise FoundWanting


def _document(made: New, dry_run: bool) -> dict[str, object]:
    return {
        "spec": str(made.path),
        "text": made.text,
        "accounts": list(made.stanzas),
        "archives": list(made.archives),
        "kernel_modules": list(made.kernel_modules),
        "units": list(made.units),
        "left_to_do": [fault.as_json for fault in made.left],
        "written": not dry_run,
    }


def _lines(made: New, name: str, *, dry_run: bool) -> Iterator[str]:
    verb = "would be written" if dry_run else "written"
    yield f"{made.path}: {verb}"
    if dry_run:
        yield from (f"  {line}" for line in made.text.splitlines())
    if made.archives:
        yield f"packages come from archives on request: {', '.join(made.archives)}"
    if made.kernel_modules:
        yield f"kernel modules are compiled from {', '.join(made.kernel_modules)}"
    if made.units:
        yield f"its packages enable {', '.join(made.units)}; Disable lists those not to be started"
    if made.stanzas:
        verb = "would get" if dry_run else "has now"
        yield f"{made.accounts}: {verb} the accounts that its packages create; review them"
        for stanza in made.stanzas:
            yield from ("", *(f"  {line}" for line in stanza.splitlines()))
        yield ""
    if made.left:
        yield "left to do:"
        for fault in made.left:
            yield from (f"  {line}" for line in str(fault).splitlines())
    before = f"edit {made.path}, then: " if made.left else ""
    yield f"next: {before}qlumod lock && qlumod build {name} && qlumod verify-stack {name}"
