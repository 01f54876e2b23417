"""A small release of packages that tests make: its documents, and building its modules."""

import fcntl
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from qlumod.events import Event, ignore
from qlumod.layer.job import Job
from qlumod.layer.payload_build import build_payloads, plan_jobs
from qlumod.layer.payload_check import require_agreement, require_whole
from qlumod.lock.verbs.check import check_specs
from qlumod.lock.verbs.fetch_locked import fetch_locked
from qlumod.model.lock import Lock
from qlumod.model.manifest import Manifest
from qlumod.model.names import ModuleName
from qlumod.model.project import Project
from qlumod.stack.payload import Payload
from qlumod.system.disk.store import Store
from qlumod.workflows.lock import lock
from qlumod.workflows.workplace import Workplace
from tests.support.debs import make_deb, write_quicker

RELEASE = """\
Format: 1
Version: 1.0.0
Prefix: test
Origin: Test
Label: Test
Maintainer: A Person <person@example.org>
Flavors: bookworm
Default-Flavor: bookworm
Architectures: amd64
Compression: zstd 1 128K
Profiles:
 dev zstd 2 64K
Exclude:
 /usr/share/doc/*/*
 /usr/share/man/*
 /usr/share/info/*
 /usr/share/locale/*
Include:
 /usr/share/doc/*/copyright

Archive: debian
Flavors: bookworm
{debian}
Archive: small
Flavors: bookworm
Directory: debs
"""
FROM_MIRROR = """\
Origin: Debian
Label: Debian
Suites: bookworm
Components: main
Key: /usr/share/keyrings/debian-archive-keyring.gpg
"""
NEEDED = {
    # usrmerge, its alternative, would bring all of Perl into each core.
    "core": "Packages: adduser, info, libcap2-bin, linux-image-cloud-amd64\nPrefer: usr-is-merged",
    "compiling": "Requires: core\nPackages: dkms, libc6-dev, linux-headers-cloud-amd64",
}
"""What small releases take from Debian, as modules: for apt, all of Debian takes long to weigh."""

CORE = "Packages: adduser, witness, watcher"
"""The core of small releases without a kernel, with `core_debs`: one layer for all of them."""

ODD_NAMES = (
    "a -> b", "tab\tx", "cr\rx", "vt\x0bx", "ff\x0cx", "fs\x1cx", "esc\x1b[1mx", "nel\x85x",
    "ls\u2028x",
)  # fmt: skip
"""Names that are none of one line for some programs."""

ACCOUNTS = """\
Format: 1

Group: keeper
Gid: 450
Packages: registered

User: keeper
Uid: 450
Group: keeper
Home: /var/lib/keeper
Home-Mode: 0755
Shell: /usr/sbin/nologin
Packages: registered
"""


def write_small_release(directory: Path, modules: Mapping[str, str], cache: Path) -> Path:
    """Write the documents of a small release over Debian; returns the directory of its specs."""
    return _written(directory, modules, f"Directory: {small_debian(cache)}\n")


def small_debian(cache: Path) -> Path:
    """A directory of the packages that small releases need of Debian, made once in the cache."""
    place = cache / f"small-debian-{sha256(str(NEEDED).encode()).hexdigest()[:12]}"
    cache.mkdir(parents=True, exist_ok=True)
    with place.with_suffix(".lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not place.exists():
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                _take_debian(Path(scratch), cache)
                (Path(scratch) / "debs").rename(place)
    return place


def core_debs(directory: Path) -> None:
    """The small packages of `CORE`."""
    make_deb(
        directory,
        "witness",
        scripts={"postinst": "{ ls /sys; hostname; grep -c : /proc/net/dev; } >/usr/share/witness"},
    )
    # Configured first where there are two steps, and at once with all others in sight.
    make_deb(
        directory,
        "watcher",
        scripts={"postinst": "if [ -e /usr/share/shared/seen ]; then echo >/usr/share/saw; fi"},
    )


def _take_debian(scratch: Path, cache: Path) -> None:
    """Lock and fetch what is needed from this machine's mirror, and put it side by side."""
    specs = _written(scratch / "specs", NEEDED, FROM_MIRROR)
    (specs / "accounts").write_text("Format: 1\n")
    for debs in (specs / "debs", scratch / "debs"):
        debs.mkdir(mode=0o755)
    place = Workplace(specs=specs, cache=cache)
    made = lock(place).lock
    fetch_locked(place, made, check_specs(specs).release)
    # They are unpacked again and again, in each core and in each reference installation.
    for package in made.packages:
        deb = place.packages.path(package.sha256)
        write_quicker(deb, scratch / "debs" / package.file_name)


def _written(directory: Path, modules: Mapping[str, str], debian: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "release").write_text(RELEASE.format(debian=debian))
    (directory / "accounts").write_text(ACCOUNTS)
    for name, rest in modules.items():
        (directory / f"{name}.module").write_text(
            f"Format: 1\nModule: {name}\nTitle: {name.title()}\nStack-Group: Test\n{rest}\n"
            f"Description: The module {name}\n"
        )
    return directory


@dataclass(frozen=True)
class SmallRelease:
    """A small release, locked and fetched."""

    specs: Path
    project: Project
    lock: Lock
    cache: Path

    @property
    def place(self) -> Workplace:
        return Workplace(specs=self.specs, cache=self.cache)

    @property
    def store(self) -> Store:
        return self.place.packages

    def job(self, module: str) -> Job:
        return plan_jobs(self.project, self.lock, [ModuleName(module)])[-1]

    def build(self, module: str, listen: Callable[[Event], None] = ignore) -> Path:
        """Build a module and what it requires; returns its payload."""
        jobs = plan_jobs(self.project, self.lock, [ModuleName(module)])
        payloads = build_payloads(jobs, self.place.workshop, listen=listen)
        return payloads[ModuleName(module)].directory


def checked(directory: Path) -> Manifest:
    """The manifest of a payload that is what it says of itself."""
    payload = Payload(directory=directory)
    require_whole(payload)
    require_agreement(payload)
    return payload.manifest
