"""qlumod repo: make and look at apt repositories."""

from dataclasses import replace
from pathlib import Path

import click

from qlumod.cli import offers, options
from qlumod.cli.exits import FoundWanting
from qlumod.cli.repository_options import wait, wishes
from qlumod.cli.screen import Reporter
from qlumod.cli.setting_options import setting, setting_argument
from qlumod.cli.settings.table import BY_NAME
from qlumod.cli.settings.values import PathKind
from qlumod.repository.format.settings import Wishes
from qlumod.repository.maintenance.fsck import Findings
from qlumod.repository.verbs.repo import check_repository, trial_key
from qlumod.repository.verbs.repo import init_repository as begin
from qlumod.repository.verbs.source_obligations import Fetching, owed_sources
from qlumod.workflows.keyring import client_packages

_DIRECTORY = setting_argument("repository")


@options.group(
    examples=["qlumod repo init /srv/debian --key 0123…CDEF", "qlumod repo check /srv/debian"]
)
def command() -> None:
    """Make and look at apt repositories."""


@options.verb(
    examples=[
        "qlumod repo init /srv/debian --key 0123456789ABCDEF0123456789ABCDEF01234567 \\\n"
        "      --suite 14.0-bookworm --uri https://packages.example.org/debian"
    ]
)
@_DIRECTORY
@wishes
@click.option(
    "--suite",
    "suites",
    multiple=True,
    metavar="NAME",
    help="Print what makes clients follow this suite; may be repeated.",
)
@click.option(
    "--private",
    multiple=True,
    metavar="SUITE",
    help="Mark a suite that not everybody can read; only such a one takes modules whose spec says"
    " Redistribute: no. May be repeated.",
)
@click.option(
    "--proving-key",
    "proving_keys",
    multiple=True,
    metavar="FINGERPRINT",
    type=BY_NAME["key"].kind,
    help="The key of another host that proves modules (import it first): its proofs count, too,"
    " besides those of the keys that sign. All of them are named at once; may be repeated.",
)
@click.option("--no-proving-keys", is_flag=True, help="No other host's proofs count from now on.")
@wait
@options.reports()
def init(
    *,
    repository: Path,
    wishes: Wishes,
    suites: tuple[str, ...],
    private: tuple[str, ...],
    proving_keys: tuple[str, ...],
    no_proving_keys: bool,
    wait: float,
    reporter: Reporter,
) -> None:
    """Begin a signed apt repository, and print the .sources text for its users.

    The key is tried before anything is written. The public key lies in the repository; the .sources
    text, which holds it too, as <suite>.sources. Run again, it prints the same. Another key follows
    in two steps: first --key OLD --key NEW, so that both sign; later --key NEW.
    """
    if proving_keys and no_proving_keys:
        raise click.UsageError("--proving-key or --no-proving-keys, not both")
    proving = proving_keys or (() if no_proving_keys else None)
    wishes = replace(wishes, private=private, proving_keys=proving)
    founded = begin(repository, wishes=wishes, suites=suites, wait=wait, listen=reporter.listen)
    settings = founded.settings
    reporter.result(
        {
            "repository": str(founded.directory),
            "keys": list(settings.keys),
            "keyring": str(founded.directory / settings.keyring),
            "origin": settings.origin,
            "label": settings.label,
            "architectures": list(settings.architectures),
            "private": list(settings.private),
            "proving_keys": list(settings.proving_keys),
            "sources": founded.sources,
        },
        [
            f"# {founded.directory}: {settings.origin}, signed by {' '.join(settings.keys)}",
            f"# public key: {founded.directory / settings.keyring}",
            *(f"# proofs signed by {key} count, too" for key in settings.proving_keys),
            *founded.sources.splitlines(),
        ],
    )


@options.verb(examples=["qlumod repo check /srv/debian", "qlumod repo check /srv/debian --json"])
@_DIRECTORY
@options.reports()
def check(*, repository: Path, reporter: Reporter) -> None:
    """Read a whole repository: every digest, every reference, every signature, of all snapshots."""
    found = check_repository(repository, listen=reporter.listen)
    reporter.result(
        {
            "suites": list(found.suites),
            "snapshots": found.snapshots,
            "files": found.files,
            "faults": list(found.faults),
            "cautions": list(found.cautions),
        },
        _lines(found),
    )
    if found.faults:
        raise FoundWanting


@options.verb(
    examples=[
        "qlumod repo keyring /srv/debian",
        "qlumod repo keyring /srv/debian --output build --suite 14.0-bookworm",
    ]
)
@_DIRECTORY
@click.option(
    "--suite",
    "suites",
    multiple=True,
    metavar="NAME",
    shell_complete=offers.suites,
    help="Make clients follow this suite; may be repeated. Default: all but proposed updates.",
)
@click.option(
    "--lint/--no-lint",
    default=True,
    help="Let lintian see the packages, or leave it out. Its errors stop the verb, its warnings are"
    " told; default: --lint.",
)
@setting("output")
@options.reports()
def keyring(
    *, repository: Path, suites: tuple[str, ...], lint: bool, output: Path, reporter: Reporter
) -> None:
    """Make the packages by which clients follow the repository, to be published in it.

    <origin>-archive-keyring has the keys, <origin>-sources-list-<x.y> the sources of a release: to
    install that of another release switches a head node over. What has not changed since it was
    published comes out the same, with the same version. Their maintainer is whom the key names.
    """
    made = client_packages(
        repository, suites=suites, output=output, lint=lint, listen=reporter.listen
    )
    reporter.result({"packages": [str(path) for path in made]}, map(str, made))


@options.verb(
    examples=[
        "qlumod repo sources /srv/debian 14.0-bookworm --dry-run",
        "qlumod repo sources /srv/debian 14.0-bookworm --from debian.sources --output owed",
    ]
)
@_DIRECTORY
@click.argument("suite", metavar="SUITE", shell_complete=offers.suites)
@click.option(
    "--from",
    "archives",
    type=PathKind("FILE"),
    help="A .sources file of archives with sources (Types: deb-src), with Signed-By.",
)
@setting("output")
@setting("stall")
@options.dry_run
@options.reports()
def sources(
    *,
    repository: Path,
    suite: str,
    archives: Path | None,
    output: Path,
    stall: float,
    dry_run: bool,
    reporter: Reporter,
) -> None:
    """Fetch the source packages that a suite's modules hold packages of, to be published with them.

    Who publishes binaries under the GPL owes their sources. apt fetches them, checked by their
    signed digests; what the suite has already is left out. Exit status 3: some are missing.
    """
    if archives is None and not dry_run:
        raise click.UsageError("say --from or --dry-run")
    fetching = None
    if archives and not dry_run:
        fetching = Fetching(archives=archives, output=output, stall=stall)
    owed = owed_sources(suite, repository=repository, fetching=fetching, listen=reporter.listen)
    reporter.result(
        {
            "suite": owed.suite,
            "published": owed.published,
            "fetched": [str(path) for path in owed.fetched],
            "missing": [{"source": name, "version": version} for name, version in owed.missing],
        },
        [
            *map(str, owed.fetched),
            *(f"missing: {name} {version}" for name, version in owed.missing),
            f"{owed.suite} has {owed.published} source packages that it owes,"
            f" {len(owed.fetched)} were fetched, {len(owed.missing)} are missing",
        ],
    )
    if owed.missing:
        raise FoundWanting


@options.verb(
    examples=["GNUPGHOME=/tmp/gnupg qlumod repo key --home /tmp/gnupg 'Test <t@example.org>'"]
)
@click.argument("name", metavar="NAME")
@click.option(
    "--home",
    type=PathKind("DIR"),
    envvar="GNUPGHOME",
    required=True,
    metavar="DIR",
    help="The GnuPG home that gets the key (GNUPGHOME).",
)
@click.option(
    "--expires", default="never", show_default=True, metavar="TIME", help="When, as gpg reads it."
)
@options.reports()
def key(*, name: str, home: Path, expires: str, reporter: Reporter) -> None:
    """Make an Ed25519 key without passphrase, for trying things out, and print its fingerprint."""
    made = trial_key(home, name, expires=expires)
    reporter.result({"fingerprint": made, "home": str(home)}, [made])


def _lines(found: Findings) -> list[str]:
    counted = (
        f"{len(found.suites)} suites, {found.snapshots} snapshots, {found.files} files in the pool"
    )
    return [
        *(f"fault: {fault}" for fault in found.faults),
        *(f"caution: {caution}" for caution in found.cautions),
        f"{counted}: {len(found.faults) or 'no'} faults",
    ]


command.add_command(init)
command.add_command(check)
command.add_command(sources)
command.add_command(keyring)
command.add_command(key)
