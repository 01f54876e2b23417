"""The tarball of a root to build packages in, as people make it for sbuild: made once."""

import fcntl
import hashlib
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from debian.deb822 import PkgRelation

from qlumod.events import Listener, ignore
from qlumod.packaging.debian.host_apt import host_archives
from qlumod.system.disk.tmpfs import scratch_space
from qlumod.system.processes.command import command
from qlumod.system.processes.namespace import call_inside
from qlumod.system.processes.run import capture

ALWAYS = ("debhelper", "fakeroot", "passwd")
"""What source packages ask for, and what sbuild itself does."""


def build_chroot(cache: Path, suite: str, debs: Iterable[Path]) -> Path:
    """The tarball: what every build has, and what these .debs depend on, but not they themselves.

    Its apt knows no archive: what is missing here, the .debs did not depend on.
    """
    packages = sorted({*ALWAYS, *dependencies(debs)})
    key = hashlib.sha256(" ".join((suite, *packages)).encode()).hexdigest()[:12]
    tarball = cache / f"build-chroot-{suite}-{key}.tar"
    with tarball.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not tarball.exists():
            call_inside(
                "tests.support.build_chroot:make",
                {"tarball": str(tarball), "suite": suite, "packages": packages},
                listen=ignore,
                network=True,
            )
    return tarball


def dependencies(debs: Iterable[Path]) -> set[str]:
    """The packages that these .debs depend on, other than each other."""
    fields = {
        capture(command("dpkg-deb", "-f", deb, "Package")).decode().strip(): capture(
            command("dpkg-deb", "-f", deb, "Depends")
        ).decode()
        for deb in debs
    }
    return {
        alternatives[0]["name"]
        for depends in fields.values()
        for alternatives in PkgRelation.parse_relations(depends)
    } - fields.keys()


def make(*, listen: Listener, tarball: str, suite: str, packages: Sequence[str]) -> None:
    """Make the tarball; called inside."""
    del listen
    beside = Path(f"{tarball}.new")
    mirror = next(
        known.uri for known in host_archives() if (known.origin, known.label) == ("Debian",) * 2
    )
    with scratch_space(Path(f"{tarball}.scratch")) as space:
        subprocess.run(
            ["mmdebstrap", "--variant=buildd", f"--include={','.join(packages)}", "--format=tar",
             '--aptopt=Apt::Install-Recommends "false"', "--dpkgopt=force-unsafe-io",
             '--customize-hook=rm -f "$1/etc/apt/sources.list"',
             suite, beside, f"deb {mirror} {suite} main"],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": str(space)},
            check=True, stdin=subprocess.DEVNULL, capture_output=True,
        )  # fmt: skip
    Path(f"{tarball}.scratch").rmdir()
    beside.chmod(0o644)
    beside.rename(tarball)
