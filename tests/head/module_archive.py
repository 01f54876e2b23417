"""An apt archive of module packages, and a head node whose apt has it in its sources."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from qlumod.system.processes.command import Command, command
from qlumod.system.processes.run import capture, run
from tests.support.archive import make_archive
from tests.support.debs import make_deb

FOLDERS = (
    "etc/apt/apt.conf.d",
    "etc/apt/preferences.d",
    "etc/apt/sources.list.d",
    "etc/apt/trusted.gpg.d",
    "var/cache/apt/archives/partial",
    "var/lib/apt/lists/partial",
    "var/lib/dpkg",
)


@dataclass
class OfferedModules:
    """The archive that the apt of a head node reads, and what dpkg has installed there."""

    root: Path
    work: Path
    debs: list[Path] = field(default_factory=list)

    def publish(self, module: str, version: str = "14.0.0-1", *, requires: str = "core") -> None:
        """Add a module's payload, its meta packages and its short package, as qlumod makes them."""
        release = version.partition("-")[0]
        target = "bookworm-amd64"
        base = f"qlustar-module-{module}-{target}"
        needed = [f"qlustar-module-{requires}-{target}-{release}"] if requires else []
        major, minor, _ = release.split(".")
        chain = [f"{base}-{release}", f"{base}-{major}.{minor}", f"{base}-{major}"]
        self.add(chain[0], version, ", ".join(["qlumod-head (>= 0.1~)", *needed]))
        for below, name in pairwise(chain):
            self.add(name, version, f"{below} (= {version})")
        other = f"qlustar-module-{module}-trixie-amd64-{major}"
        self.add(f"qlustar-module-{module}", version, f"{chain[-1]} (= {version}) | {other}")

    def add(self, name: str, version: str = "1.0", depends: str = "") -> None:
        """Add any package."""
        size = {"Installed-Size": "1200"}
        made = make_deb(self.work / "debs", name, version, depends=depends, fields=size)
        self.debs.append(made)

    def update(self) -> None:
        """Sign the archive, and let the head node's apt read it."""
        archive = make_archive(self.work / "archive", self.debs)
        for folder in FOLDERS:
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "etc/apt/sources.list").write_text(archive.sources_line)
        self.install({})
        run(self._call("update"))

    def install(self, versions: Mapping[str, str]) -> None:
        """Say in dpkg's status that these packages are installed, and no others."""
        packages = self.work / "archive/dists/stable/main/binary-amd64/Packages"
        # dpkg refuses in its database what tells of the file.
        text = re.sub(r"^(Filename|Size|MD5sum|SHA\d+): .*\n", "", packages.read_text(), flags=re.M)
        stanzas = [
            f"{stanza}\nStatus: install ok installed\n"
            for stanza in text.strip().split("\n\n")
            if any(
                stanza.startswith(f"Package: {name}\n") and f"\nVersion: {version}\n" in stanza
                for name, version in versions.items()
            )
        ]
        assert len(stanzas) == len(versions)
        (self.root / "var/lib/dpkg/status").write_text("\n".join(stanzas))

    def would_install(self, words: Sequence[str]) -> dict[str, str]:
        """The packages and versions that a call of apt would install."""
        said = capture(self._call("--simulate", *words[1:])).decode()
        lines = (line for line in said.splitlines() if line.startswith("Inst "))
        return {line.split()[1]: line.partition("(")[2].split()[0] for line in lines}

    def _call(self, *words: str) -> Command:
        config = self.work / "apt.conf"
        config.write_text(
            f'Dir "{self.root}/";\nDir::State::status "{self.root}/var/lib/dpkg/status";\n'
            'APT::Sandbox::User "root";\nAPT::Update::Error-Mode "any";\n'
        )
        return command("apt-get", "--quiet", *words, environment={"APT_CONFIG": str(config)})
