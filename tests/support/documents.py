"""Small documents for tests: a release, accounts and two module specs, right as they stand."""

import re
import shutil
from pathlib import Path

from qlumod.model.names import FlavorName
from qlumod.model.release import Release, parse_release
from tests.conftest import ROOT

RELEASE = """\
Format: 1
Version: 14.0.0
Prefix: qlustar
Origin: Qlustar
Label: Qlustar
Maintainer: A Person <person@example.org>
Flavors: bookworm trixie
Default-Flavor: bookworm
Architectures: amd64
Exclude: /usr/share/man/*

Archive: debian
Origin: Debian
Label: Debian
Suites: bookworm
Components: main
Key: /usr/share/keyrings/debian-archive-keyring.gpg
"""

ACCOUNTS = """\
Format: 1

Group: munge
Gid: 414
Packages: munge

User: munge
Uid: 414
Group: munge
Home: /nonexistent
Shell: /usr/sbin/nologin
Packages: munge
"""

CORE = """\
Format: 1
Module: core
Title: Core
Stack-Group: Cluster OS
Packages: systemd
Description: What any node needs
"""

SLURM = """\
Format: 1
Module: slurm
Title: Slurm
Stack-Group: HPC Stack
Requires: core
Packages:
 slurmd,
 munge
Description: Slurm
 The workload manager.
"""

QUICK = "Compression: zstd 3 128K"


def release(*flavors: str) -> Release:
    """The release of these documents; `flavors` in place of its own."""
    words = " ".join(map(FlavorName, flavors or ("bookworm", "trixie")))
    return parse_release(RELEASE.replace("bookworm trixie", words), "release")


def write_specs(directory: Path, **modules: str) -> Path:
    """Write the documents into a directory, and more modules as ``name=text``."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "release").write_text(RELEASE)
    (directory / "accounts").write_text(ACCOUNTS)
    for name, text in {"core": CORE, "slurm": SLURM, **modules}.items():
        (directory / f"{name}.module").write_text(text)
    return directory


def copy_specs(directory: Path, *modules: str) -> Path:
    """Copy modules that come with qlumod, with their release and accounts, to ``module-specs``.

    No names: core and slurm, which the tests and the demo build. The release is compressed quickly,
    and in small blocks: where every instruction of a node is emulated, large ones take minutes.
    """
    target = directory / "module-specs"
    target.mkdir()
    names = [f"{module}.module" for module in modules or ("core", "slurm")]
    for name in ("release", "accounts", *names):
        shutil.copy(ROOT / "module-specs" / name, target / name)
    release = target / "release"
    release.write_text(re.sub("(?m)^Compression: .*$", QUICK, release.read_text()))
    return target
