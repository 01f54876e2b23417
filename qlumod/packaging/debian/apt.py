"""apt in a private root: other sources, another status, never the host's; no rights needed.

The host's own apt configuration lends the `Acquire::` settings that say how archives are reached
(proxies, timeouts, certificates), passwords and the addresses of the archives. Nothing else comes
over: nothing that loosens the checks, and no hooks.
"""

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Event, Listener, Output, ignore, step
from qlumod.system.disk import files
from qlumod.system.disk.directories import make_directories, make_private, require_plain
from qlumod.system.disk.removal import remove_tree
from qlumod.system.processes.command import Command, CommandFailed, command
from qlumod.system.processes.run import capture, run
from qlumod.system.processes.stalling import STALL, Growing, run_unless_stalled

_FOLDERS = (
    "etc/apt/apt.conf.d",
    "etc/apt/preferences.d",
    "etc/apt/sources.list.d",
    "etc/apt/trusted.gpg.d",
    "tmp",
    "var/lib/apt/lists/partial",
    "var/cache/apt/archives/partial",
    "var/lib/dpkg",
    "var/log/apt",
)
_LENT = re.compile(
    r"Acquire::("
    r"Retries(::\S+)?|Queue-Mode|Queue-Host::\S+|ForceIPv[46]|By-Hash|EnableSrvRecords|PDiffs(::\S+)?"
    r"|[a-z+]+::(\S+::)?("
    r"Proxy(-Auto-Detect|AutoDetect)?(::\S+)?|Timeout|ConnectionAttemptDelayMsec|Dl-Limit"
    r"|Pipeline-Depth|No-Cache|Max-Age|No-Store|AllowRedirect|User-Agent|SendAccept"
    r"|CaInfo|CaPath|CrlFile|IssuerCert|SslCert|SslKey"
    r"))\Z",
    re.IGNORECASE,
)
"""The settings that come over (apt.conf(5), apt-transport-http(1), apt-transport-https(1)). They
are named, so that none does that loosens a check: of dates (Check-Valid-Until, Check-Date,
Max-FutureTime, Min-ValidTime), digests (ForceHash), signatures (gpgv::Options, Allow…) or
certificates (Verify-Peer)."""
SOURCES = "etc/apt/sources.list.d/qlumod.sources"
_NETRC = ("Dir::Etc::netrc", "Dir::Etc::netrcparts")
_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostArchive:
    """An archive that the host's apt knows, as its Release file names itself."""

    origin: str
    label: str
    uri: str
    suite: str
    codename: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AptSource:
    """One entry of a private root's sources; `archive` is its name in the release file."""

    archive: str
    uri: str
    """With a slash at its end."""
    suites: tuple[str, ...]
    components: tuple[str, ...]
    keyring: Path
    expired_because: str = ""
    """Why its Valid-Until does not count; empty: it does."""
    fingerprint: str = ""
    """The only key of the keyring that may sign; empty: any."""

    @property
    def stanza(self) -> str:
        """The entry in deb822 form (sources.list(5))."""
        components = f"Components: {' '.join(self.components)}\n" if self.components else ""
        expired = "Check-Valid-Until: no\n" if self.expired_because else ""
        return (
            f"Types: deb\nURIs: {self.uri}\nSuites: {' '.join(self.suites)}\n{components}"
            f"Signed-By: {self.keyring}\n{expired}"
        )

    def base(self, suite: str) -> str:
        """The address of the directory that holds a suite's InRelease."""
        return f"{self.uri}{suite}" if suite.endswith("/") else f"{self.uri}dists/{suite}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class AptRoot:
    """A private root directory of apt."""

    path: Path
    architecture: str
    sources: tuple[AptSource, ...]

    @property
    def config(self) -> Path:
        """What APT_CONFIG names."""
        return self.path / "apt.conf"

    @property
    def lists(self) -> Path:
        """Where the indexes lie."""
        return self.path / "var/lib/apt/lists"

    @property
    def environment(self) -> dict[str, str]:
        """What makes apt work in this root."""
        return {"APT_CONFIG": str(self.config), "TMPDIR": str(self.temporary), **proxies()}

    @property
    def temporary(self) -> Path:
        """Where apt's methods put what is gone with them, unless they are killed."""
        return self.path / "tmp"


class AptFailed(QlumodError):
    """apt refused; `reasons` are its own lines of errors and warnings."""

    def __init__(self, brief: str, reasons: Sequence[str], *, remedy: str = "") -> None:
        super().__init__(brief, details=reasons, remedy=remedy)
        self.reasons = tuple(reasons)


def proxies() -> dict[str, str]:
    """The caller's proxies, as apt's methods read them."""
    return {name: os.environ[name] for name in _PROXIES if name in os.environ}


def host_archives(config: Path | None = None) -> tuple[HostArchive, ...]:
    """What the host's apt has lists of; `config` stands for another host's APT_CONFIG (tests)."""
    fields = ("ORIGIN", "LABEL", "REPO_URI", "SUITE", "CODENAME")
    listing = capture(
        _on_host(
            config, "apt-get", "indextargets", "--format",
            "\t".join(f"$({field})" for field in fields), "Identifier: Packages",
        )
    ).decode()  # fmt: skip
    rows = dict.fromkeys(tuple(line.split("\t")) for line in listing.splitlines())
    return tuple(
        HostArchive(origin=origin, label=label, uri=uri, suite=suite, codename=codename)
        for origin, label, uri, suite, codename in rows
        if not origin.startswith("$(")
    )


def host_settings(config: Path | None = None) -> tuple[str, ...]:
    """The host's `Acquire::` settings, and where it has passwords, as lines of an apt.conf."""
    dump = capture(_on_host(config, "apt-config", "dump", "Acquire")).decode()
    return (
        *(
            line
            for line in dump.splitlines()
            if _LENT.match(line.partition(" ")[0]) and not line.endswith(' "";')
        ),
        *_passwords(config),
    )


def _passwords(config: Path | None) -> Iterator[str]:
    """Name the host's apt_auth.conf(5), which apt would look for in the private root."""
    words = (word for name in _NETRC for word in (name.rpartition("::")[2], f"{name}/f"))
    for line in capture(_on_host(config, "apt-config", "shell", *words)).decode().splitlines():
        name, _, path = line.partition("=")
        (plain,) = shlex.split(path)
        yield f'Dir::Etc::{name} "{plain}";'


def make_root(
    path: Path, *, architecture: str, sources: Sequence[AptSource], settings: Sequence[str]
) -> AptRoot:
    """Make or renew a private root, which nobody uses now; lists that are there already stay."""
    require_plain(path.absolute())
    root = AptRoot(path=path.absolute(), architecture=architecture, sources=tuple(sources))
    make_private(root.path)
    remove_tree(root.temporary)
    for folder in _FOLDERS:
        make_directories(root.path / folder)
    _write_private(root.path / SOURCES, "\n".join(source.stanza for source in root.sources))
    files.write_whole(root.path / "var/lib/dpkg/status", b"")
    _write_private(root.config, _configuration(root, settings))
    return root


def _write_private(path: Path, text: str) -> None:
    """Write what may hold passwords: those of proxies, and of addresses."""
    files.write_whole(path, text.encode(), mode=0o600)


def _configuration(root: AptRoot, settings: Sequence[str]) -> str:
    return "\n".join(
        (
            *settings,
            f'Dir "{root.path}";',
            'Dir::Bin::Methods "/usr/lib/apt/methods";',
            f'Dir::State::status "{root.path}/var/lib/dpkg/status";',
            f'APT::Architecture "{root.architecture}";',
            "#clear APT::Architectures;",
            f'APT::Architectures {{ "{root.architecture}"; }};',
            'APT::Install-Recommends "false";',
            'APT::Install-Suggests "false";',
            # What a preferred package only recommends is not needed.
            'APT::AutoRemove::RecommendsImportant "false";',
            'APT::AutoRemove::SuggestsImportant "false";',
            # The directories are the caller's: _apt could not write there.
            'APT::Sandbox::User "root";',
            'APT::Update::Error-Mode "any";',
            'Acquire::Languages "none";',
            'Acquire::Check-Date "true";',
            'Acquire::Check-Valid-Until "true";',
            'Acquire::AllowInsecureRepositories "false";',
            'Acquire::AllowWeakRepositories "false";',
            'Acquire::AllowDowngradeToInsecureRepositories "false";',
            # A suite may become oldstable; it must not become another archive's.
            'Acquire::AllowReleaseInfoChange "false";',
            'Acquire::AllowReleaseInfoChange::Suite "true";',
            'Acquire::AllowReleaseInfoChange::Version "true";',
            "",
        )
    )


def update(
    root: AptRoot, *, only: AptSource | None = None, stall: float = STALL, listen: Listener = ignore
) -> None:
    """Fetch the indexes of the root's sources; every failure counts, also of one suite.

    `only` is the one source to ask; what was fetched of the others stays. `stall` are the seconds
    that hardly anything may come.
    """
    said: list[str] = []

    def take(event: Event) -> None:
        if isinstance(event, Output):
            said.append(event.line)
        listen(event)

    words = _alone(root, only) if only else ()
    call = command("apt-get", "-q", *words, "update", environment=root.environment)
    try:
        with step(listen, "Reading the archives' indexes"):
            run_unless_stalled(
                call,
                Growing(root.lists / "partial"),
                what="the archives' indexes",
                stall=stall,
                listen=take,
            )
    except CommandFailed as failure:
        raise _refused(reasons_of(said) or failure.tail) from failure


def _alone(root: AptRoot, source: AptSource) -> tuple[str, ...]:
    path = root.path / "alone.sources"
    _write_private(path, source.stanza)
    return (
        "-o", f"Dir::Etc::sourcelist={path}",
        "-o", "Dir::Etc::sourceparts=/dev/null",
        "-o", "APT::Get::List-Cleanup=false",
    )  # fmt: skip


def release_files(root: AptRoot) -> dict[str, Path]:
    """The InRelease files (or Release, where there is none) of a root's lists.

    They are found by the `plain_uri` of a source's base.
    """
    call = command(
        "apt-get", "indextargets", "--format", "$(BASE_URI)\t$(FILENAME)", "Identifier: Packages",
        environment=root.environment,
    )  # fmt: skip
    starts = {
        path.name.removesuffix(name): path
        for name in ("Release", "InRelease")
        for path in sorted(root.lists.glob(f"*_{name}"))
    }
    found: dict[str, Path] = {}
    for line in capture(call).decode().splitlines():
        base, _, index = line.partition("\t")
        holding = [start for start in starts if Path(index).name.startswith(start)]
        if holding:
            found[plain_uri(base)] = starts[max(holding, key=len)]
    return found


def plain_uri(uri: str) -> str:
    """An address as apt writes it: a file of this machine has one slash only."""
    return re.sub(r"^file:/+", "file:/", uri)


def reasons_of(lines: Sequence[str]) -> tuple[str, ...]:
    """apt's own errors and warnings among what it printed, each once."""
    return tuple(dict.fromkeys(line for line in lines if re.match(r"[EW]: ", line)))


_REMEDIES = (
    (r"NO_PUBKEY|Missing key", "name the keyring that holds this key in the archive's field Key"),
    (
        r"EXPKEYSIG|EXPSIG|not live|key is expired|[Ee]xpired on",
        "the archive's key has expired: install the archive's current keyring package",
    ),
    (r"REVKEYSIG", "the archive's key was revoked: ask its owner before anything else"),
    (r"BADSIG|NODATA", "a proxy or a mirror changed the file: use another mirror"),
    (
        r"is not signed|does not have a Release file",
        "use the archive's signed suite, if it has any",
    ),
    (
        r"is expired|is not valid yet",
        "use a mirror that is up to date, and look at the clock; of an archive of snapshots say so:"
        " Expired-Because in its stanza of the release file, or of qlumod.conf",
    ),
    (
        r"Hash Sum mismatch|unexpected size",
        "the mirror is being renewed: try again in some minutes",
    ),
    (
        r"Could not resolve|Failed to fetch|Could not connect|Temporary failure",
        "look at the network and at the host's own apt: does `apt update` work?",
    ),
)


def _refused(reasons: Sequence[str]) -> AptFailed:
    text = "\n".join(reasons)
    remedy = next((remedy for sign, remedy in _REMEDIES if re.search(sign, text)), "")
    return AptFailed("cannot read the archives' indexes: apt refuses them", reasons, remedy=remedy)


def why_apt_refuses(
    root: AptRoot, requests: Sequence[str], *, options: Mapping[str, str]
) -> tuple[str, ...]:
    """apt's own words on why these requests (``name`` or ``name=version``) cannot be installed."""
    settings = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    call = command(
        "apt-get", "-q", "-s", *settings, "install", *requests,
        environment=root.environment,
    )  # fmt: skip
    said: list[str] = []
    try:
        run(call, on_line=said.append)
    except CommandFailed as failure:
        return _unmet((*said, *failure.tail))
    return ()


def _unmet(lines: Sequence[str]) -> tuple[str, ...]:
    """The part of apt's answer that gives the reason, without its general advice."""
    start = next(
        (n + 1 for n, line in enumerate(lines) if line.startswith("The following packages have")), 0
    )
    told = lines[start:] if start else reasons_of(lines)
    # What follows the list of unmet dependencies are general words, other ones in each apt.
    end = next((n for n, line in enumerate(told) if start and line.startswith("E: ")), len(told))
    return tuple(
        line.rstrip()
        for line in told[:end]
        if line.strip() and not line.startswith(("Reading ", "Building ", "Solving "))
    )


def _on_host(config: Path | None, *words: str) -> Command:
    environment: Mapping[str, str] = {"APT_CONFIG": str(config)} if config else {}
    return command(*words, environment=environment)
