"""On a fresh Debian, one apt install brings modules and head node, and an image can be built."""

import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.conftest import MainJob
from tests.support.roots import HEAD_NODE, debian_root, play
from tests.support.transcript import Transcript

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="dpkg works in a root of its own"),
]

SCRIPT = """
set -e
cp /repository/*.sources /etc/apt/sources.list.d/
apt-get -q update
apt-get -q -y --no-install-recommends install qlustar-module-slurm
echo == audit; dpkg --audit; apt-get -qq check
echo == packages; dpkg-query -W -f '${db:Status-Abbrev}${Package}\\n' 'qlu*' python3-qlumod \\
    | grep -v '^un' | sort
echo == modules; qlumod modules --json
echo == built; qlumod image create compute --modules slurm
qlumod image build compute
qlumod image deploy compute
echo == image; qlumod image show compute --json
echo == left; grep qlumod /proc/mounts || true; ls -A /var/lib/qlumod/images/compute
echo == end
"""


@pytest.fixture(scope="module")
def said(
    main_job: MainJob,
    own_packages: Path,
    shared_cache: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Transcript:
    """What happens on a head node that follows a repository with our own packages and modules."""
    directory = tmp_path_factory.mktemp("head-node")
    # A socket's path has at most 108 bytes.
    home = tmp_path_factory.mktemp("gpg")
    repository = directory / "repository"

    qlumod = replace(main_job.qlumod, environment={"GNUPGHOME": str(home)})
    try:
        key = qlumod.must("repo", "key", "--home", home, "Test <test@example.org>").out.split()[-1]
        qlumod.must("repo", "init", repository, "--key", key, "--uri", "file:/repository")
        changes = [*main_job.packages.glob("*.changes"), *own_packages.glob("*.changes")]
        # The proof of both is a test of its own.
        qlumod.must("publish", "--repository", repository, "--unproved", *changes)
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
    return play(
        debian_root(shared_cache, "bookworm", HEAD_NODE),
        SCRIPT,
        scratch=directory / "scratch",
        shown=[(repository, "/repository")],
    ).require()


def test_one_apt_install_brings_slurm_core_and_the_head_node(said: Transcript) -> None:
    assert said.after("audit") == []
    packages = said.after("packages")
    assert all(line.startswith("ii ") for line in packages)
    assert {"ii qlumod-head", "ii python3-qlumod", "ii qlustar-module-slurm"} <= set(packages)
    for module in ("core", "slurm"):
        assert f"ii qlustar-module-{module}-bookworm-amd64-14.0.0" in packages
    assert not any("dh-qlumod" in line for line in packages)


def test_both_modules_are_registered_with_version_and_size(said: Transcript) -> None:
    modules = json.loads("\n".join(said.after("modules")))["modules"]
    assert [(m["module"], m["stack_group"], m["status"]) for m in modules] == [
        ("core", "Cluster OS", "ok"),
        ("slurm", "HPC Stack", "ok"),
    ]
    for module in modules:
        assert re.fullmatch(r"14\.0\.0-\d+", module["package_version"])
        assert module["size"] > 1 << 20


def test_an_image_is_built_there_and_nothing_is_left(said: Transcript) -> None:
    image = json.loads("\n".join(said.after("image")))
    assert [layer["name"] for layer in image["stack"]["layers"]] == ["core", "slurm", "image"]
    assert image["generation"] == "1"
    assert said.after("left") == ["1", "deployed", "history"]
