"""A real apt client of a test: its own root, its own key, nothing of this machine's apt."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

FOLDERS = (
    "etc/apt/apt.conf.d",
    "etc/apt/preferences.d",
    "etc/apt/trusted.gpg.d",
    "etc/apt/sources.list.d",
    "var/lib/apt/lists/partial",
    "var/cache/apt/archives/partial",
    "var/lib/dpkg/info",
    "var/lib/dpkg/updates",
    "var/log/apt",
)


@dataclass(frozen=True)
class Client:
    """apt as a user would run it."""

    root: Path

    @classmethod
    def following(
        cls, root: Path, sources: str, uri: str, *, architecture: str = "amd64"
    ) -> "Client":
        """A client that has the .sources text of a repository, at that address."""
        for folder in FOLDERS:
            (root / folder).mkdir(parents=True)
        (root / "var/lib/dpkg/status").touch()
        (root / "apt.conf").write_text(
            f'Dir "{root}/";\n'
            f'Dir::State::status "{root}/var/lib/dpkg/status";\n'
            f'APT::Architecture "{architecture}";\n'
            f'APT::Architectures {{ "{architecture}"; }};\n'
            'APT::Sandbox::User "root";\n'
            'Acquire::Languages "none";\n'
            'APT::Update::Error-Mode "any";\n'
            'Dpkg::Options { "--force-not-root"; "--force-script-chrootless"; };\n'
            f'Dpkg::Options:: "--root={root}";\n'
            f'Dpkg::Options:: "--log={root}/var/log/dpkg.log";\n'
        )
        found = root / "etc/apt/sources.list.d/test.sources"
        found.write_text(re.sub("^URIs:.*$", f"URIs: {uri}", sources, flags=re.MULTILINE))
        return cls(root)

    def __call__(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program of apt, whatever comes of it."""
        return subprocess.run(
            [program, "-q", *words],
            env={**os.environ, "APT_CONFIG": str(self.root / "apt.conf"), "LC_ALL": "C.UTF-8"},
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def must(self, program: str, *words: str) -> str:
        """Run a program that must succeed; returns what it printed."""
        done = self(program, *words)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def update(self) -> str:
        """Fetch the indexes; nothing may go wrong."""
        said = self.must("apt-get", "update")
        assert not re.search("^[WE]:", said, re.MULTILINE), said
        return said

    def install(self, *packages: str) -> str:
        """Fetch, check and unpack packages for good."""
        return self.must("apt-get", "-y", "install", *packages)

    def installed(self) -> dict[str, str]:
        """Package and version of all that is installed."""
        status = (self.root / "var/lib/dpkg/status").read_text()
        return dict(
            re.findall(
                r"^Package: (\S+)\nStatus: install ok installed\n(?:.+\n)*?Version: (\S+)",
                status,
                re.MULTILINE,
            )
        )

    def offered(self, package: str) -> list[str]:
        """The versions that the client could install."""
        return re.findall(
            r"^Version: (\S+)", self("apt-cache", "show", package).stdout, re.MULTILINE
        )
