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
    """Create and check apt repositories."""


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
    help="Print the .sources of this suite, for clients; may be repeated.",
)
@click.option(
    "--private",
    multiple=True,
    metavar="SUITE",
    help="Mark a suite that not everybody can read; only private suites accept modules whose spec"
    " says Redistribute: no. May be repeated.",
)
@click.option(
    "--proving-key",
    "proving_keys",
    multiple=True,
    metavar="FINGERPRINT",
    type=BY_NAME["key"].kind,
    help="The key of another host that proves modules (import it first): its proofs are accepted,"
    " as are proofs by the signing keys. Name all such keys in one call; may be repeated.",
)
@click.option(
    "--no-proving-keys", is_flag=True, help="From now on, accept no proofs of other hosts."
)
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
    """Create a signed apt repository, and print the .sources text for its users.

    The key makes a test signature before anything is written. The repository has the public key,
    and the .sources text, which contains the key, too, as <suite>.sources. A second run prints the
    same. Replace a key in two steps: first --key OLD --key NEW, so that both sign; later --key NEW.
    """
    if proving_keys and no_proving_keys:
        raise click.UsageError("use --proving-key or --no-proving-keys, not both")
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
            *(f"# proofs signed by {key} are accepted, too" for key in settings.proving_keys),
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
    help="A suite for clients; may be repeated. Default: all except proposed updates.",
)
@click.option(
    "--lint/--no-lint",
    default=True,
    help="Whether lintian checks the packages. Its errors stop the verb, its warnings are printed;"
    " default: --lint.",
)
@setting("output")
@options.reports()
def keyring(
    *, repository: Path, suites: tuple[str, ...], lint: bool, output: Path, reporter: Reporter
) -> None:
    """Make the packages with the repository's keys and sources for clients, to be published in it.

    <origin>-archive-keyring has the keys, <origin>-sources-list-<x.y> the sources of a release: to
    switch a head node to another release, install the package of that release. An unchanged
    package comes out with the same bytes and the same version. Their maintainer is the key's user
    id.
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
    """Fetch the source packages of the packages in a suite's modules, to be published with them.

    Whoever publishes binaries under the GPL must publish their sources. apt fetches them, and
    checks their signed digests; sources that the suite has already are not fetched. The exit
    status is 3 if some are missing.
    """
    if archives is None and not dry_run:
        raise click.UsageError("use --from or --dry-run")
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
            f"{owed.suite} has {owed.published} of the required source packages,"
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
    "--expires", default="never", show_default=True, metavar="TIME", help="The expiry, for gpg."
)
@options.reports()
def key(*, name: str, home: Path, expires: str, reporter: Reporter) -> None:
    """Make an Ed25519 key without passphrase, for trials, and print its fingerprint."""
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
