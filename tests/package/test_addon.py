"""Our debhelper add-on behaves as people who know debhelper expect."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
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


def typed(slurm: Built, tree: Path, *words: str, status: int = 0, **environment: str) -> str:
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
        check=False,
    )
    assert done.returncode == status, done.stdout
    return done.stdout


def call(package: str, how: str = "--jobs 1 --verbose") -> str:
    return (
        f"\tqlumod payload --from debian/qlumod --module slurm --package {package} "
        f"--destdir debian/{package} {how}\n"
    )


def highest_compat() -> int:
    """The highest level that the installed debhelper can, be it an experiment."""
    said = json.loads(capture(command("dh_assistant", "supported-compat-levels")))
    return int(said["MAX_COMPAT_LEVEL"])


def debs(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.glob("*.deb")}


def substvars(tree: Path) -> str:
    return (tree / f"debian/{PAYLOAD}.substvars").read_text()


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


def test_hooks_in_the_rules_run_around_it(slurm: Built, tree: Path) -> None:
    with (tree / "debian/rules").open("a") as rules:
        rules.write("execute_before_dh_qlumod:\n\techo first\n")
        rules.write("execute_after_dh_qlumod:\n\ttest -d debian/*/usr/share/qlumod && echo last\n")
    said = [line.strip() for line in typed(slurm, tree, "dh", "binary-indep").splitlines()]
    assert said.index("first") < said.index("last") < said.index("dh_compress -X.changelog -i")


def test_an_unknown_option_is_refused(slurm: Built, tree: Path) -> None:
    said = typed(slurm, tree, "dh_qlumod", "--form=here", status=25)
    assert said == (
        "Unknown option: form\n"
        "dh_qlumod: error: unknown option or error during option parsing; aborting\n"
    )


def test_a_module_that_nobody_knows_stops_the_build(slurm: Built, tree: Path) -> None:
    (tree / f"debian/{PAYLOAD}.qlumod").write_text("slurn\n")
    said = typed(slurm, tree, "dh_qlumod", status=25).splitlines()
    assert said[0] == "qlumod: error: there is no module 'slurn'"
    assert said[-1].startswith("dh_qlumod: error: qlumod payload --from debian/qlumod --module slu")


def test_the_list_of_modules_is_read_as_all_files_of_debhelper_are(
    slurm: Built, tree: Path
) -> None:
    listed = tree / f"debian/{PAYLOAD}.qlumod"
    listed.write_text("# what nodes need for jobs\n\n  slurm  \n")
    assert call(PAYLOAD) in typed(slurm, tree, "dh_qlumod", "-v", "--no-act")
    listed.write_text("#!/bin/sh\necho slurm\n")
    listed.chmod(0o755)
    assert call(PAYLOAD) in typed(slurm, tree, "dh_qlumod", "-v", "--no-act")


@pytest.mark.parametrize(
    ("options", "how"),
    [
        ("parallel=3", "--jobs 3 --verbose"),
        ("nocheck", "--jobs 1 --no-check --verbose"),
        ("nostrip parallel=2 nocheck", "--jobs 2 --no-check --verbose"),
    ],
)
def test_build_options_are_handed_on(slurm: Built, tree: Path, options: str, how: str) -> None:
    said = typed(slurm, tree, "dh_qlumod", "-v", "--no-act", DEB_BUILD_OPTIONS=options)
    assert call(PAYLOAD, how) in said


@pytest.mark.parametrize(("said", "how"), [("1", "--no-check "), ("0", ""), ("", "")])
def test_a_caller_that_checks_the_layer_itself_says_so(
    slurm: Built, tree: Path, said: str, how: str
) -> None:
    printed = typed(slurm, tree, "dh_qlumod", "-v", "--no-act", QLUMOD_CHECKED=said)
    assert call(PAYLOAD, f"--jobs 1 {how}--verbose") in printed


@pytest.mark.parametrize("quiet", [{"DH_QUIET": "1"}, {"DEB_BUILD_OPTIONS": "terse"}])
def test_it_can_be_quiet(slurm: Built, tree: Path, quiet: dict[str, str]) -> None:
    assert typed(slurm, tree, "dh_qlumod", **quiet) == ""
    assert (tree / "debian" / PAYLOAD / "usr/share/qlumod/modules/slurm").is_dir()


def test_a_package_of_a_profile_that_is_not_active_is_not_acted_on(
    slurm: Built, tree: Path
) -> None:
    with (tree / "debian/control").open("a") as control:
        control.write(
            "\nPackage: more\nArchitecture: all\nBuild-Profiles: <pkg.test.more>\n"
            "Description: more\n more\n"
        )
    (tree / "debian/more.qlumod").write_text("slurm\n")
    assert call("more") not in typed(slurm, tree, "dh_qlumod", "-v", "--no-act")
    active = {"DEB_BUILD_PROFILES": "pkg.test.more"}
    assert call("more") in typed(slurm, tree, "dh_qlumod", "-v", "--no-act", **active)


def test_its_dependencies_are_a_substitution_variable(slurm: Built, tree: Path) -> None:
    typed(slurm, tree, "dh_qlumod")
    once = substvars(tree)
    assert once == (
        "qlumod:Depends=qlumod-head (>= 0.1~), "
        "qlustar-module-core-bookworm-amd64-14.0.0 (>= 14.0.0-2)\n"
    )
    typed(slurm, tree, "dh_qlumod")
    assert substvars(tree) == once, "whoever runs it twice gets what once would have given"


def test_maintainer_scripts_get_the_snippets_of_other_helpers(slurm: Built, tree: Path) -> None:
    """A module needs none: dpkg tells the head node itself (a file trigger)."""
    script = tree / f"debian/{PAYLOAD}.postinst"
    script.write_text("#!/bin/sh\nset -e\n#DEBHELPER#\necho of our own\n")
    (tree / f"debian/{PAYLOAD}.maintscript").write_text("rm_conffile /etc/old 1.0\n")
    typed(slurm, tree, "dh", "binary")
    installed = (tree / f"debian/{PAYLOAD}/DEBIAN/postinst").read_text()
    assert "Automatically added by dh_installdeb" in installed
    assert "#DEBHELPER#" not in installed
    assert not list((tree / "debian").glob(".debhelper/generated/*/*.debhelper"))


def test_plain_dpkg_buildpackage_makes_the_same_packages(slurm: Built, tree: Path) -> None:
    typed(slurm, tree, "dpkg-buildpackage", "-us", "-uc", "-b", "-d")
    assert debs(tree.parent) == {
        path.name: path.read_bytes() for path in slurm.files if path.suffix == ".deb"
    }


@pytest.mark.parametrize("level", range(14, highest_compat() + 1))
def test_newer_compatibility_levels_make_the_same_packages(
    slurm: Built, tree: Path, level: int
) -> None:
    control = tree / "debian/control"
    control.write_text(control.read_text().replace("compat (= 13)", f"compat (= {level})"))
    said = typed(slurm, tree, "dpkg-buildpackage", "-us", "-uc", "-b", "-d")
    assert "dh_qlumod" in said
    assert debs(tree.parent) == {
        path.name: path.read_bytes() for path in slurm.files if path.suffix == ".deb"
    }


def test_cleaning_leaves_the_tree_as_it_was_unpacked(slurm: Built, tree: Path) -> None:
    before = sorted(tree.rglob("*"))
    typed(slurm, tree, "dh", "binary")
    assert sorted(tree.rglob("*")) != before
    typed(slurm, tree, "dh", "clean")
    assert sorted(tree.rglob("*")) == before
