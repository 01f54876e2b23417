"""The decorators that every verb is made with, so that one option has one name and one meaning."""

import functools
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypedDict, TypeVar

import click

from qlumod.cli.screen import Reporter, new_log
from qlumod.errors import QlumodError
from qlumod.model.address import Address, address

F = TypeVar("F", bound=Callable[..., Any])


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


class VerbGroup(_Examples, click.Group):
    """Several verbs under one word, such as ``qlumod image build``."""


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


def default_cache() -> Path:
    """Where packages and built layers are kept unless --cache says otherwise."""
    if os.geteuid() == 0:
        return Path("/var/cache/qlumod")
    return Path.home() / ".cache" / "qlumod"


_UNREADABLE = re.compile(r"[\s\[\]:,\\\"]")


def _folder() -> click.Path:
    return click.Path(file_okay=False, path_type=Path)


def specs(function: F) -> F:
    """Add ``--specs DIR``: where the module specs, the release and the locks lie."""
    return click.option(
        "--specs",
        type=_folder(),
        default=Path("module-specs"),
        envvar="QLUMOD_SPECS",
        show_default=True,
        metavar="DIR",
        help="The directory of the module specs, the release file and the locks.",
    )(function)


def _readable_by_all(ctx: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a path that apt's sources.list or overlayfs's options would read as several words."""
    if path is None:
        return None
    found = _UNREADABLE.search(str(path.absolute()))
    if found:
        raise click.BadParameter(
            f"{path.absolute()} holds {found[0]!r}, which apt and overlayfs read otherwise",
            ctx=ctx,
            param=option,
        )
    return path


def cache(function: F) -> F:
    """Add ``--cache DIR``: the package store, the built layers and the logs."""
    return click.option(
        "--cache",
        type=_folder(),
        default=default_cache,
        envvar="QLUMOD_CACHE",
        callback=_readable_by_all,
        metavar="DIR",
        help="The directory of fetched packages, built layers and logs"
        " (QLUMOD_CACHE; else /var/cache/qlumod for root, ~/.cache/qlumod for others).",
    )(function)


def store(function: F) -> F:
    """Add ``--store DIR``: the locked .debs by digest; None: ``packages`` in the cache."""
    return click.option(
        "--store",
        type=_folder(),
        envvar="QLUMOD_STORE",
        callback=_readable_by_all,
        metavar="DIR",
        help="The directory of fetched packages (QLUMOD_STORE; else packages/ in the cache).",
    )(function)


def output(function: F) -> F:
    """Add ``--output DIR``: where finished packages are put."""
    return click.option(
        "-o",
        "--output",
        type=_folder(),
        default=Path("build"),
        show_default=True,
        metavar="DIR",
        help="The directory that finished packages are put into.",
    )(function)


def flavor(function: F) -> F:
    """Add ``--flavor NAME``; None stands for the release's default flavor."""
    return click.option(
        "--flavor",
        metavar="NAME",
        help="The flavor, such as bookworm; default: the release's default flavor.",
    )(function)


def arch(function: F) -> F:
    """Add ``--arch NAME``; None stands for the release's first architecture."""
    return click.option(
        "--arch",
        metavar="NAME",
        help="The nodes' architecture, such as amd64; default: the release's first one.",
    )(function)


class _Address(click.ParamType):
    """``NAME=URI``: where an archive of the release is."""

    name = "NAME=URI"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        name, equals, place = value.partition("=")
        if equals and "://" not in place:
            value = f"{name}={Path(place).expanduser().absolute()}"
        try:
            return address(value, said="--archive")
        except QlumodError as fault:
            self.fail(fault.brief, param, ctx)


def addresses(function: F) -> F:
    """Add ``--archive NAME=URI``, given as ``addresses``."""
    return click.option(
        "--archive",
        "addresses",
        type=_Address(),
        multiple=True,
        metavar="NAME=URI",
        help="Where an archive of the release is: the URI of a mirror, or a directory of .debs; may"
        " be repeated. Default: as this host's apt and the release say.",
    )(function)


class Making(TypedDict):
    """What `making` gives a verb, as the workflows take it."""

    specs: Path
    cache: Path
    store: Path | None
    addresses: tuple[Address, ...]
    flavor: str | None
    arch: str | None


def making(function: F) -> F:
    """Add what each verb takes that makes modules: see `Making`."""
    for option in (arch, flavor, addresses, store, cache, specs):
        function = option(function)
    return function


def modules(function: F) -> F:
    """Add the argument ``MODULE…``; an empty tuple stands for all modules."""
    return click.argument("modules", nargs=-1, metavar="[MODULE]...")(function)


def root(function: F) -> F:
    """Add ``--root DIR``: look after a head node whose root is not this machine's."""
    return click.option(
        "--root",
        type=_folder(),
        default=Path("/"),
        metavar="DIR",
        help="Look after the head node whose root directory is DIR.",
    )(function)


def dry_run(function: F) -> F:
    """Add ``-n/--dry-run``: say what would be done and change nothing."""
    return click.option(
        "-n", "--dry-run", is_flag=True, help="Say what would be done; change nothing."
    )(function)


def reports(*, logged: bool = False) -> Callable[[F], F]:
    """Add ``--json -q -v --log`` and give the function a `Reporter` as ``reporter``.

    `logged` keeps a full log of each run in the cache's ``logs`` directory; the verb then has
    ``@options.cache``, too.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapper(
            *args: Any, as_json: bool, quiet: bool, verbose: bool, log: Path | None, **given: Any
        ) -> Any:
            if log is None and logged:
                log = new_log(given["cache"] / "logs", _spoken_verb())
            with Reporter(
                as_json=as_json,
                quiet=quiet,
                verbose=verbose,
                log=log,
                heading=f"$ {shlex.join(sys.argv)}",
            ) as reporter:
                return function(*args, reporter=reporter, **given)

        decorated: Any = wrapper
        for option in reversed(_REPORTING):
            decorated = option(decorated)
        return decorated  # type: ignore[no-any-return]

    return decorate


_REPORTING: tuple[Callable[[Any], Any], ...] = (
    click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document."),
    click.option("-q", "--quiet", is_flag=True, help="Show no progress."),
    click.option("-v", "--verbose", is_flag=True, help="Show what the programs print, too."),
    click.option(
        "--log",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write everything that happens into FILE.",
    ),
)


def _spoken_verb() -> str:
    words = click.get_current_context().command_path.split()[1:]
    return "-".join(words) or "qlumod"
