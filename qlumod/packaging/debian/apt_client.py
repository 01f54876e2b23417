"""A real apt client in a private root: it shows how a user's machine will see an archive."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from qlumod.events import Listener
from qlumod.packaging.debian.python_apt import python_apt_needed, python_module
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.refusals import told
from qlumod.system.processes.command import Command, command
from qlumod.system.processes.run import capture, run
from qlumod.system.processes.stalling import Growing, run_unless_stalled

_FOLDERS = (
    "etc/apt/apt.conf.d",
    "etc/apt/preferences.d",
    "etc/apt/trusted.gpg.d",
    "etc/apt/sources.list.d",
    "var/lib/apt/lists/partial",
    "var/cache/apt/archives/partial",
    "var/lib/dpkg",
    "var/log/apt",
)
_STATUS = "var/lib/dpkg/status"


@dataclass(frozen=True, slots=True, kw_only=True)
class AptClient:
    """A separate apt, which shares nothing with this machine's apt."""

    root: Path

    def set_installed(self, status: str) -> None:
        """Give it packages that are installed: dpkg's status."""
        with told(self.root):
            (self.root / _STATUS).write_text(status, encoding="utf-8")

    def update(self, *, read: bool = True, stall: float = 0.0, listen: Listener) -> None:
        """Fetch and check the indexes; raises unless all of them were fetched.

        `read` is whether apt then reads them, which can be left to the next call. `stall` is the
        seconds after which a stalled archive fails; 0: no limit.
        """
        generate = f"pkgCacheFile::Generate={str(read).lower()}"
        run_unless_stalled(
            self._call("-o", "APT::Update::Error-Mode=any", "-o", generate, "update"),
            Growing(self.root / "var/lib/apt/lists/partial"),
            what="the archives' indexes",
            stall=stall,
            listen=listen,
        )

    def resolve(self, packages: Sequence[str], *, listen: Listener) -> None:
        """Resolve packages (``name=version``) without any change; raises with apt's reason."""
        run(self._call("--simulate", "install", "--", *packages), listen=listen)

    def takes_all(self, packages: Sequence[tuple[str, str]], *, listen: Listener) -> bool:
        """Whether apt would install all of them (names and versions) at once; fast for thousands.

        False says nothing about single packages: they may conflict with each other.
        """
        call = python_module(
            "qlumod.packaging.debian.marking", packages, environment=self._environment
        )
        with python_apt_needed():
            return bool(json.loads(capture(call, listen=listen)))

    def fetch_source(
        self, name: str, version: str, into: Path, *, stall: float = 0.0, listen: Listener
    ) -> None:
        """Fetch a source package and check each file's signed digest; raises with the reason.

        Files that already exist are not fetched again. `stall` as in `update`.
        """
        words = ("--download-only", "--only-source", "source", "--", f"{name}={version}")
        run_unless_stalled(
            self._call(*words, directory=into),
            Growing(into),
            what=f"the source package {name}",
            stall=stall,
            listen=listen,
        )

    @property
    def _environment(self) -> dict[str, str]:
        return {"APT_CONFIG": str(self.root / "apt.conf")}

    def _call(self, *words: str, directory: Path | None = None) -> Command:
        return command(
            "apt-get", "--quiet", "--assume-yes", *words,
            environment=self._environment,
            directory=directory,
        )  # fmt: skip


def make_apt_client(root: Path, *, architectures: Sequence[str], sources: str) -> AptClient:
    """Make a client below `root` with one .sources file and no installed package.

    The first architecture is its own, the others are foreign ones (``dpkg --add-architecture``).
    """
    files = {
        "apt.conf": _configuration(root, architectures).encode(),
        "etc/apt/sources.list.d/archive.sources": sources.encode(),
        _STATUS: b"",
    }
    with told(root):
        for folder in _FOLDERS:
            make_directories(root / folder, sync=False)
        for name, data in files.items():
            (root / name).write_bytes(data)
    return AptClient(root=root)


def file_uri(path: Path) -> str:
    """The address of a directory of this machine, for a sources file."""
    return "file:" + quote(str(path.absolute()))


def _configuration(root: Path, architectures: Sequence[str]) -> str:
    settings = {
        "Dir": f"{root}/",
        "Dir::State::status": f"{root}/{_STATUS}",
        "Dir::Etc::sourcelist": "/dev/null",
        # These caches take some MB, and save little time.
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "APT::Architecture": architectures[0],
        # The tree may be readable for its owner only, and nothing in it is fetched over a network.
        "APT::Sandbox::User": "root",
        "APT::Install-Recommends": "false",
        "Acquire::Languages": "none",
        "Acquire::AllowInsecureRepositories": "false",
        "Acquire::AllowWeakRepositories": "false",
    }
    lines = [f'{name} "{value}";' for name, value in settings.items()]
    listed = " ".join(f'"{name}";' for name in architectures)
    return "\n".join((*lines, f"APT::Architectures {{ {listed} }};")) + "\n"
