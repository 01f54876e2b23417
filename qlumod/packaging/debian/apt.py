"""apt in a private root: own sources and status, never the host's; it needs no privileges."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.system.disk import files
from qlumod.system.disk.directories import make_directories, make_private, require_plain
from qlumod.system.disk.removal import remove_tree

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
SOURCES = "etc/apt/sources.list.d/qlumod.sources"
_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")


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
    """Why its Valid-Until is ignored; empty: it is checked."""
    fingerprint: str = ""
    """The only key of the keyring that may sign; empty: any key."""
    snapshot: str = ""
    """The snapshot that this host's apt chooses of it; empty: none."""

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
        """The file for APT_CONFIG."""
        return self.path / "apt.conf"

    @property
    def lists(self) -> Path:
        """The directory of the indexes."""
        return self.path / "var/lib/apt/lists"

    @property
    def environment(self) -> dict[str, str]:
        """The environment that makes apt work in this root."""
        return {"APT_CONFIG": str(self.config), "TMPDIR": str(self.temporary), **proxies()}

    @property
    def temporary(self) -> Path:
        """The directory for temporary files of apt's methods, which leave some only if killed."""
        return self.path / "tmp"


def proxies() -> dict[str, str]:
    """The caller's proxies, in the variables that apt's methods read."""
    return {name: os.environ[name] for name in _PROXIES if name in os.environ}


def make_root(
    path: Path, *, architecture: str, sources: Sequence[AptSource], settings: Sequence[str]
) -> AptRoot:
    """Make or renew a private root that is not in use; existing lists are kept."""
    require_plain(path.absolute())
    root = AptRoot(path=path.absolute(), architecture=architecture, sources=tuple(sources))
    make_private(root.path)
    remove_tree(root.temporary)
    for folder in _FOLDERS:
        make_directories(root.path / folder)
    write_private(root.path / SOURCES, "\n".join(source.stanza for source in root.sources))
    files.write_whole(root.path / "var/lib/dpkg/status", b"")
    write_private(root.config, _configuration(root, settings))
    return root


def write_private(path: Path, text: str) -> None:
    """Write a file that may contain passwords of proxies or of addresses."""
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
            # A package that a preferred package only recommends is not needed.
            'APT::AutoRemove::RecommendsImportant "false";',
            'APT::AutoRemove::SuggestsImportant "false";',
            # The directories belong to the caller: _apt could not write to them.
            'APT::Sandbox::User "root";',
            'APT::Update::Error-Mode "any";',
            'Acquire::Languages "none";',
            'Acquire::Check-Date "true";',
            'Acquire::Check-Valid-Until "true";',
            'Acquire::AllowInsecureRepositories "false";',
            'Acquire::AllowWeakRepositories "false";',
            'Acquire::AllowDowngradeToInsecureRepositories "false";',
            # A suite may become oldstable; it must not become a suite of another archive.
            'Acquire::AllowReleaseInfoChange "false";',
            'Acquire::AllowReleaseInfoChange::Suite "true";',
            'Acquire::AllowReleaseInfoChange::Version "true";',
            "",
        )
    )
