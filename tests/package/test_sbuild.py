"""A module's source package in sbuild, by an ordinary user, set up as our documentation says."""

import os
import re
import shutil
from pathlib import Path

import pytest
from debian.deb822 import Changes

from qlumod.system.disk.store import Store
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.conftest import ROOT
from tests.layer.small_release import SmallRelease
from tests.package.conftest import PlainPackages, debs_in
from tests.support.archive import make_archive
from tests.support.build_chroot import build_chroot
from tests.support.ordinary import ID, NAME, User, ordinary_user
from tests.support.roots import HOST
from tests.support.web_server import served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="tables of /etc of one's own need root"),
]

DOCUMENT = (ROOT / "docs/source-packages.md").read_text()
STORE = "/srv/qlumod/packages"
"""Where the documentation has its package store."""


def settings(store: Path) -> str:
    """The ~/.sbuildrc of the documentation, and nothing after the build."""
    found = re.search(r"^```perl\n(.*?)^1;\n```$", DOCUMENT, flags=re.DOTALL | re.MULTILINE)
    assert found and found[1].count(f"'{STORE}'") == 3
    rest = "".join(f"$run_{tool} = 0;\n" for tool in ("lintian", "piuparts", "autopkgtest"))
    return found[1].replace(f"directory => '{STORE}'", f"directory => '{store}'") + rest + "1;\n"


def at_home(user: User, release: SmallRelease, chroot: Path, sources: Path, archive: Path) -> None:
    """Give the user what the documentation takes for granted."""
    cache = user.home / ".cache/sbuild"
    cache.mkdir(parents=True)
    try:
        (cache / f"{HOST}-amd64.tar").hardlink_to(chroot)
    except OSError:
        shutil.copy(chroot, cache / f"{HOST}-amd64.tar")
    shutil.copytree(sources, user.home / "build")
    store = Store(user.home / "store")
    for package in release.lock.of(release.job("plain").spec.module):
        path = release.store.path(package.sha256)
        store.add(path, digest=package.sha256, size=package.size)
    capture(
        command("gpg", "--no-default-keyring", "--keyring", archive / "keyring.gpg", "--armor",
                "--output", user.home / "keyring.asc", "--export")
    )  # fmt: skip
    # The build is somebody else: one of the user's subordinate ids.
    user.home.chmod(0o711)
    (user.home / ".sbuildrc").write_text(settings(store.root))
    (user.home / "built").mkdir()
    os.chown(user.home / "built", ID, ID)


def test_sbuild_makes_the_packages_of_qlumod_build(
    release: SmallRelease,
    made: PlainPackages,
    own_packages: Path,
    shared_cache: Path,
    tmp_path: Path,
) -> None:
    names = ("dh-qlumod", "python3-qlumod", "qlumod-head")
    own = [path for name in names for path in own_packages.glob(f"{name}_*.deb")]
    chroot = build_chroot(shared_cache, HOST, own)
    archive = make_archive(tmp_path / "archive", [*own, made.core], suite="1.0-bookworm")
    with ordinary_user() as user, served(archive.directory) as uri:
        at_home(user, release, chroot, made.sources, archive.directory)
        answer = user.run(
            "sh", "-c", 'cd built && exec sbuild "$@"', "sh",
            "--dist=bookworm", f"--chroot={HOST}-amd64",
            f"--extra-repository=deb {uri} 1.0-bookworm main",
            f"--extra-repository-key={user.home}/keyring.asc",
            *(user.home / "build").glob("*.dsc"),
            USER=NAME, LOGNAME=NAME,
        )  # fmt: skip
        (log,) = (user.home / "built").glob("*Z.build")
        assert answer.status == 0, log.read_text()
        assert debs_in(user.home / "built") == made.debs
        (changes,) = (user.home / "built").glob("*.changes")
        assert Changes(changes.read_text())["Distribution"] == "bookworm"
