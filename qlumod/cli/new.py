"""qlumod new: the spec of a module of one's own, written and tried."""

from collections.abc import Iterator

import click

from qlumod.cli import offers, options
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
    ]
)
@click.argument("name", metavar="NAME")
@click.option(
    "--packages",
    required=True,
    callback=_words,
    metavar="PACKAGE,...",
    help="The wanted packages, as the field Packages has them: 'a, b (>= 1.2)'.",
)
@click.option("--title", default="", metavar="TEXT", help="Its name for people.")
@click.option(
    "--description", default="", metavar="TEXT", help="One line that says what it is for."
)
@click.option(
    "--stack-group",
    default=DEFAULT_GROUP,
    metavar="TEXT",
    show_default=True,
    shell_complete=offers.stack_groups,
    help="Under what lists show it.",
)
@click.option(
    "--flavors",
    default="",
    callback=_words,
    metavar="NAME,...",
    shell_complete=offers.flavor_list,
    help="Make it in these flavors only; default: in all.",
)
@click.option(
    "--requires",
    default="core",
    callback=_words,
    metavar="MODULE,...",
    show_default=True,
    shell_complete=offers.module_list,
    help="The modules that it stands on.",
)
@click.option(
    "--trial/--no-trial",
    "tried",
    default=True,
    help="Solve and build it before anything is written, or only write the spec, without the "
    "network; default: --trial.",
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
    tried: bool,
    dry_run: bool,
    reporter: Reporter,
    workplace: Workplace,
) -> None:
    """Write the spec of a new module, and the accounts that its packages make.

    apt solves the module together with all others, and it is built once: so it is known to work,
    and which accounts it makes. Those that the account table lacks are appended to it with the next
    free ids, for review. The lock is left alone: `qlumod lock` comes next, then `qlumod build`,
    which finds the layer built where no account was missing.

    Nothing is written unless all goes well, and no file is overwritten. Where the trial finds that
    the spec must say more (a secret, a path that another module has), --no-trial writes it as it
    is, to be edited.
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
            description=description,
        ),
        tried=tried,
        dry_run=dry_run,
        listen=reporter.listen,
    )
    reporter.result(_document(made, dry_run), _lines(made, name, dry_run=dry_run))


def _document(made: New, dry_run: bool) -> dict[str, object]:
    return {
        "spec": str(made.path),
        "text": made.text,
        "accounts": list(made.stanzas),
        "written": not dry_run,
    }


def _lines(made: New, name: str, *, dry_run: bool) -> Iterator[str]:
    verb = "would be written" if dry_run else "written"
    yield f"{made.path}: {verb}"
    if dry_run:
        yield from (f"  {line}" for line in made.text.splitlines())
    if made.stanzas:
        verb = "would get" if dry_run else "has got"
        yield f"{made.accounts}: {verb} the accounts that its packages make; review them"
        for stanza in made.stanzas:
            yield from ("", *(f"  {line}" for line in stanza.splitlines()))
        yield ""
    yield f"next: qlumod lock && qlumod build {name} && qlumod verify-stack {name}"
