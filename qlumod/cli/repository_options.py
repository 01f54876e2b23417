"""The options of the verbs that publish."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from qlumod.cli import offers
from qlumod.cli.setting_options import F, setting
from qlumod.cli.settings.values import PathKind
from qlumod.model.profile import RELEASED
from qlumod.repository.format.settings import Wishes
from qlumod.repository.publishing.terms import Admission, Terms

DAY = 24 * 60 * 60

repository = setting("repository", required=True)


def wishes(function: F) -> F:
    """Add ``--key --origin --label --client-arch --uri --xz``, given as ``wishes``."""

    @functools.wraps(function)
    def wrapper(
        *,
        keys: tuple[str, ...],
        origin: str | None,
        label: str | None,
        architectures: tuple[str, ...],
        uri: str | None,
        xz: bool | None,
        **given: Any,
    ) -> Any:
        source = click.get_current_context().get_parameter_source("keys")
        typed = source is click.core.ParameterSource.COMMANDLINE
        asked = Wishes(
            keys=keys if typed else (),
            usual_keys=keys,
            origin=origin,
            label=label,
            architectures=architectures,
            uri=uri,
            xz=xz,
        )
        return function(wishes=asked, **given)

    decorated: Any = wrapper
    for option in reversed(_WISHES):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


_WISHES: tuple[Callable[[Any], Any], ...] = (
    setting("key", "keys"),
    click.option("--origin", metavar="TEXT", help="The Origin of a new repository."),
    click.option(
        "--label", metavar="TEXT", help="The Label of a new repository; default: its Origin."
    ),
    click.option(
        "--client-arch",
        "architectures",
        multiple=True,
        metavar="NAME",
        help="An architecture of the clients; may be repeated. Default: amd64.",
    ),
    click.option("--uri", metavar="URI", help="The address of the repository in .sources files."),
    click.option(
        "--xz/--no-xz",
        default=None,
        help="Compress indexes by xz, too: they are smaller, but publishing takes longer.",
    ),
)


def base(*, chosen: bool = False) -> Callable[[F], F]:
    """Add ``--repository``, given as ``base``: what is published there, if there is one at all.

    `chosen` adds ``--against``, too: which of its suites or snapshots counts.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapper(*, repository: Path | None, against: str | None = None, **given: Any) -> Any:
            if against and not repository:
                raise click.UsageError("--against needs --repository")
            # Most of the verbs with these options have no use for it, and it takes its time.
            from qlumod.workflows.predecessors import Base  # noqa: PLC0415

            there = Base(repository=repository, against=against) if repository else None
            return function(base=there, **given)

        decorated: Any = setting("repository")(wrapper)
        return _AGAINST(decorated) if chosen else decorated  # type: ignore[no-any-return]

    return decorate


_AGAINST = click.option(
    "--against",
    metavar="SUITE|SNAPSHOT",
    shell_complete=offers.published,
    help="The suite or snapshot with which modules are compared; default: the release's suite and"
    " its proposed updates, and those of earlier minor releases of the flavor.",
)


def allow_older(function: F) -> F:
    """Add ``--allow-older``."""
    return click.option(
        "--allow-older",
        is_flag=True,
        help="Accept packages with lower versions than the published ones.",
    )(function)


def despite_trial(function: F) -> F:
    """Add ``--despite-trial REASON``."""
    return click.option(
        "--despite-trial",
        "despite",
        metavar="REASON",
        help="Publish packages even if apt cannot install them in the test of the suite; the signed"
        " Release file records the reason.",
    )(function)


def _seconds(ctx: click.Context, days: int | None) -> int | None:
    del ctx
    return days and days * DAY


valid_for = setting("valid-for", decide=_seconds)
"""Add ``--valid-for DAYS``, given in seconds."""
wait = setting("wait")
suite = setting("suite")


def terms(function: F) -> F:
    """Give ``terms``: what the options of this file and ``--dry-run`` say of any change."""

    @functools.wraps(function)
    def wrapper(
        *,
        repository: Path,
        valid_for: int | None,
        wait: float,
        dry_run: bool = False,
        despite: str | None = None,
        **given: Any,
    ) -> Any:
        said = Terms(
            repository=repository,
            valid_for=valid_for,
            wait=wait,
            dry_run=dry_run,
            despite=despite,
        )
        return function(terms=said, **given)

    return wrapper  # type: ignore[return-value]


def admission(function: F) -> F:
    """Give ``admission``: what the options of this file and ``--profile`` say of packages."""

    @functools.wraps(function)
    def wrapper(
        *,
        allow_older: bool,
        proofs: tuple[Path, ...],
        unproved: bool,
        profile: str = RELEASED,
        **given: Any,
    ) -> Any:
        said = Admission(allow_older=allow_older, proofs=proofs, unproved=unproved, profile=profile)
        return function(admission=said, **given)

    return wrapper  # type: ignore[return-value]


_PROOF = click.option(
    "--proof",
    "proofs",
    multiple=True,
    type=PathKind("FILE"),
    metavar="FILE",
    help="A proof of these modules, written by verify-stack --proof; may be repeated. The"
    " repository keeps it.",
)
_UNPROVED = click.option(
    "--unproved",
    is_flag=True,
    help="Accept modules without proof; the repository records them. Suites of proposed updates"
    " always accept them.",
)


def publishing(function: F) -> F:
    """Add what each verb takes that puts packages into a suite, given as terms and admission."""
    function = terms(admission(function))
    for option in (wait, valid_for, despite_trial, _UNPROVED, _PROOF, allow_older, repository):
        function = option(function)
    return function
