"""The decorators that every verb is made with, so that one option has one name and one meaning."""

import functools
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import click
from click.shell_completion import CompletionItem

from qlumod.cli import offers
from qlumod.cli.machine import errors_document, print_json
from qlumod.cli.screen import Reporter, Reporting, new_log
from qlumod.cli.setting_options import F, setting
from qlumod.cli.settings.reading import current
from qlumod.cli.settings.values import PathKind
from qlumod.errors import QlumodError
from qlumod.late import late
from qlumod.system.disk.ownership import require_own

if TYPE_CHECKING:
    from qlumod.model.address import Address

# See `qlumod.cli.settings.table`.
limits = late("qlumod.system.processes.limits")
# It imports what a build needs, which no verb of a head node may.
workplaces = late("qlumod.workflows.workplace")


class _Examples:
    """The part of --help that shows how the verb is typed."""

    examples: Sequence[str] = ()

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they are typed, never wrapped."""
        del ctx
        with formatter.section("Examples" if len(self.examples) > 1 else "Example"):
            for example in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}$ {example}\n")


class Verb(_Examples, click.Command):
    """A verb: a click command with examples."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options; a fault of the configuration is a document, too, where --json is."""
        asked_json = "--json" in args
        try:
            return super().parse_args(ctx, args)
        except QlumodError as error:
            if asked_json:
                print_json(errors_document([error]))
            raise


class VerbGroup(_Examples, click.Group):
    """Several verbs under one word, such as ``qlumod image build``."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the verbs, each with its first sentence, which click would cut off."""
        offered = super().shell_complete(ctx, incomplete)
        for item in offered:
            if item.value in self.commands:
                item.help = (self.commands[item.value].help or "").partition("\n")[0]
        return offered


_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def verb(*, examples: Sequence[str], name: str | None = None) -> Callable[[F], Verb]:
    """Make a function a verb; `examples` are whole command lines."""

    def make(function: F) -> Verb:
        made: Verb = click.command(name, Verb, context_settings=_SETTINGS)(function)
        made.examples = tuple(examples)
        return made

    return make


def group(*, examples: Sequence[str], name: str | None = None) -> Callable[[F], VerbGroup]:
    """Make a function a group: then ``command.add_command(create)`` for each verb in it."""

    def make(function: F) -> VerbGroup:
        made: VerbGroup = click.command(name, VerbGroup, context_settings=_SETTINGS)(function)
        made.examples = tuple(examples)
        return made

    return make


specs = setting("specs")


def _own(ctx: click.Context, directory: Path) -> Path:
    """Refuse a directory where others than root and the caller decide what is in it."""
    if not ctx.resilient_parsing and directory is not None:
        require_own(directory)
    return directory


cache = setting("cache", decide=_own)
store = setting("store", decide=_own)
output = setting("output", "-o")
flavor = setting("flavor")
arch = setting("arch")


def addresses(function: F) -> F:
    """Add ``--archive NAME=URI``, given as ``addresses`` together with those of qlumod.conf."""

    def all_of(ctx: click.Context, typed: "tuple[Address, ...]") -> "tuple[Address, ...]":
        return typed if ctx.resilient_parsing else (*typed, *current(ctx).addresses)

    return setting("archive", "addresses", decide=all_of)(function)


profile = setting("profile")
work = setting("work", decide=_own)
processors = setting("jobs", "processors")


def _workplace(**chosen: Callable[[Any], Any]) -> Callable[[F], F]:
    """Add options, by the fields of the `Workplace` that the function gets as ``workplace``."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapper(*args: Any, **given: Any) -> Any:
            place = workplaces.Workplace(**{name: given.pop(name) for name in chosen})
            return function(*args, workplace=place, **given)

        decorated: Any = wrapper
        for option in reversed(chosen.values()):
            decorated = option(decorated)
        return decorated  # type: ignore[no-any-return]

    return decorate


_LOOKING = {"specs": specs, "cache": cache, "flavor": flavor, "arch": arch}
_MAKING = {
    "specs": specs,
    "cache": cache,
    "store": store,
    "addresses": addresses,
    "flavor": flavor,
    "arch": arch,
    "stall": setting("stall"),
}

looking = _workplace(**_LOOKING, profile=profile)
"""Add what a verb takes that tells of modules."""
making = _workplace(**_MAKING)
"""Add what each verb takes that makes modules."""
_building = _workplace(**_MAKING, profile=profile, work=work, processors=processors)


def building(function: F) -> F:
    """Add what each verb takes that makes modules and works at their layers."""
    return _building(limited(function))


def limited(function: F) -> F:
    """Add the limits of what packages' programs may take; they hold while the function runs."""

    @functools.wraps(function)
    def wrapper(*args: Any, **given: Any) -> Any:
        bounds = {name: given.pop(f"limit_{name}") for name in _LIMITS}
        limits.impose(limits.Limits(**bounds))
        return function(*args, **given)

    decorated: Any = wrapper
    for name in reversed(_LIMITS):
        decorated = setting(f"limit-{name.replace('_', '-')}")(decorated)
    return decorated  # type: ignore[no-any-return]


_LIMITS = ("silence", "processes", "memory", "file_size")


class Working(TypedDict):
    """What `working` gives a verb, as its call takes it."""

    work: Path
    processors: int | None


def working(function: F) -> F:
    """Add what each verb takes that works at layers: see `Working`."""
    return work(processors(limited(function)))


def modules(function: F) -> F:
    """Add the argument ``MODULE…``; an empty tuple stands for all modules."""
    return click.argument(
        "modules", nargs=-1, metavar="[MODULE]...", shell_complete=offers.modules
    )(function)


def root(function: F) -> F:
    """Add ``--root DIR``: look after a head node whose root is not this machine's."""
    return click.option(
        "--root",
        type=PathKind("DIR"),
        default=Path("/"),
        metavar="DIR",
        help="Work on the head node whose root directory is DIR.",
    )(function)


def dry_run(function: F) -> F:
    """Add ``-n/--dry-run``: say what would be done and change nothing."""
    return click.option(
        "-n", "--dry-run", is_flag=True, help="Print what would be done; change nothing."
    )(function)


def reports(*, logged: bool = False) -> Callable[[F], F]:
    """Add ``--json --progress -q -v --log --events``, and give a `Reporter` as ``reporter``.

    `logged` keeps a full log of each run in the cache's ``logs`` directory; the verb then has a
    workplace, too.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapper(
            *args: Any,
            as_json: bool,
            progress: str,
            quiet: bool,
            verbose: bool,
            log: Path | None,
            events: Path | None,
            **given: Any,
        ) -> Any:
            if log is None and logged:
                log = new_log(given["workplace"].cache / "logs", _spoken_verb())
            how = Reporting(
                as_json=as_json,
                progress="none" if quiet else progress,
                verbose=verbose,
                log=log,
                events=events,
                heading=f"$ {shlex.join(sys.argv)}",
            )
            with Reporter(how) as reporter:
                return function(*args, reporter=reporter, **given)

        decorated: Any = wrapper
        for option in reversed(_REPORTING):
            decorated = option(decorated)
        return decorated  # type: ignore[no-any-return]

    return decorate


_REPORTING: tuple[Callable[[Any], Any], ...] = (
    click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document."),
    setting("progress"),
    click.option("-q", "--quiet", is_flag=True, help="The same as --progress none."),
    click.option("-v", "--verbose", is_flag=True, help="Show the output of programs, too."),
    click.option(
        "--log",
        type=PathKind("FILE"),
        metavar="FILE",
        help="Write a full log to FILE.",
    ),
    click.option(
        "--events",
        type=PathKind("FILE"),
        metavar="FILE",
        help="Write events and result to FILE, as lines of JSON.",
    ),
)


def _spoken_verb() -> str:
    words = click.get_current_context().command_path.split()[1:]
    return "-".join(words) or "qlumod"
