"""Our debhelper add-on behaves as people who know debhelper expect."""

import os
import subprocess
from pathlib import Path

import pytest

from qlumod.system.run import capture, command
from tests.package.conftest import Built
from tests.package.small import toolbox

PAYLOAD = "qlustar-module-slurm-bookworm-amd64-14.0.0"


@pytest.fixture
def tree(slurm: Built, tmp_path: Path) -> Path:
    """The source tree, unpacked from what the build has left."""
    capture(
        command("dpkg-source", "--no-check", "--extract", slurm.file(".dsc"), tmp_path / "tree")
    )
    return tmp_path / "tree"


def typed(slurm: Built, tree: Path, *words: str, **environment: str) -> str:
    """What a command of the add-on prints, with its errors."""
    tools = toolbox(tree.parent / "bin", slurm.payload)
    done = subprocess.run(
        words,
        cwd=tree,
        env={**os.environ, **dict(tools.environment), "LC_ALL": "C.UTF-8", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return done.stdout


def call(package: str) -> str:
    return (
        f"\tqlumod payload --from debian/qlumod --module slurm --package {package} "
        f"--destdir debian/{package} --jobs 1 --verbose\n"
    )


def test_the_sequence_runs_after_dh_lintian_and_stores_data_uncompressed(
    slurm: Built, tree: Path
) -> None:
    steps = [line.strip() for line in typed(slurm, tree, "dh", "binary", "--no-act").splitlines()]
    assert steps.index("dh_qlumod") == steps.index("dh_lintian") + 1
    assert 'dh_builddeb "-u-Znone --no-uniform-compression"' in steps


def test_verbose_shows_the_call_and_no_act_only_shows_it(slurm: Built, tree: Path) -> None:
    said = typed(slurm, tree, "dh_qlumod", "--no-act", DH_VERBOSE="1")
    assert call(PAYLOAD) in said
    assert not (tree / "debian" / PAYLOAD / "usr").exists()


def test_only_the_chosen_packages_are_acted_on(slurm: Built, tree: Path) -> None:
    short = typed(slurm, tree, "dh_qlumod", "-pqlustar-module-slurm", "-v", "--no-act")
    others = typed(slurm, tree, "dh_qlumod", f"-N{PAYLOAD}", "-v", "--no-act")
    assert (short, others) == ("", "")


def test_nothing_is_done_for_architecture_dependent_packages(slurm: Built, tree: Path) -> None:
    assert call(PAYLOAD) not in typed(slurm, tree, "dh", "binary-arch", "--no-act", "-v")


def test_modules_can_be_named_on_the_command_line(slurm: Built, tree: Path) -> None:
    (tree / f"debian/{PAYLOAD}.qlumod").unlink()
    said = typed(slurm, tree, "dh_qlumod", "-v", "--no-act", "--from=elsewhere", "slurm")
    assert said.count("qlumod payload --from elsewhere --module slurm") == 1


def test_an_override_in_the_rules_is_honoured(slurm: Built, tree: Path) -> None:
    with (tree / "debian/rules").open("a") as rules:
        rules.write("override_dh_qlumod:\n\techo my own way\n")
    said = typed(slurm, tree, "dh", "binary", "--no-act")
    assert "debian/rules override_dh_qlumod" in said


def test_plain_dpkg_buildpackage_makes_the_same_packages(slurm: Built, tree: Path) -> None:
    typed(slurm, tree, "dpkg-buildpackage", "-us", "-uc", "-b", "-d")
    made = {path.name: path.read_bytes() for path in tree.parent.glob("*.deb")}
    assert made == {path.name: path.read_bytes() for path in slurm.files if path.suffix == ".deb"}
