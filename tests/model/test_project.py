"""A whole directory of documents: read together, and all their faults told at once."""

import re
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.lock.verbs.check import check_specs
from tests.conftest import ROOT, CommandLine
from tests.support.documents import ACCOUNTS, CORE, RELEASE, SLURM, write_specs


def error_of(specs: Path) -> str:
    """What check says, with paths relative to the directory."""
    with pytest.raises(QlumodError) as caught:
        check_specs(specs)
    return str(caught.value).replace(f"{specs}/", "").replace(str(specs), ".")


def module(name: str, *fields: str) -> str:
    """A spec like core's with another name and more fields."""
    return CORE.replace("Module: core", "\n".join([f"Module: {name}", *fields]))


def test_the_documents_of_a_directory_are_one_project(tmp_path: Path) -> None:
    project = check_specs(write_specs(tmp_path, b=module("b", "Requires: slurm")))
    assert [spec.module for spec in project.specs] == ["core", "slurm", "b"]
    assert str(project.release.version) == "14.0.0"
    assert [user.name for user in project.accounts.users] == ["munge"]


def test_the_modules_that_come_with_qlumod_are_right() -> None:
    project = check_specs(ROOT / "module-specs")
    assert project.release.default_flavor == "bookworm"
    made = {
        flavor: [spec.module for spec in project.of_flavor(flavor).specs]
        for flavor in project.release.flavors
    }
    both = """core beegfs-8-client beegfs-8-server containers gridengine ha lustre-client
        lustre-server-2.15 lustre-server-2.16 nvidia ofed samba-4.22 slurm virtualgl ws-base"""
    assert {
        flavor: sorted(set(modules) ^ set(both.split())) for flavor, modules in made.items()
    } == {
        "bookworm": ["beegfs-7-client", "beegfs-7-server", "samba-4.17"],
        "trixie": ["samba-4.24"],
    }


TOGETHER = {
    "faults of several documents": (
        {
            "accounts": ACCOUNTS.replace("Uid: 414", "Uid: 14"),
            "core.module": CORE.replace("Title: Core\n", ""),
            "slurm.module": SLURM.replace("munge", "munge (>"),
        },
        "accounts:8: Uid: 14 is no id of a system account: they are 100-999, and 60000-64999 "
        "where Debian gave one (Policy 9.2.2)\n"
        "core.module:1: Title: the field is missing\n"
        "slurm.module:8: Packages: cannot parse relation 'munge (>': '(' and ')' do not match",
    ),
    "a release with a fault: the specs wait for it": (
        {"release": RELEASE.replace("14.0.0", "14"), "core.module": ""},
        "release:2: Version: '14' is no release version: it has the form x.y.z",
    ),
    "a module named like another": (
        {"slurm-23.module": SLURM},
        "slurm-23.module:2: Module: the file of module 'slurm' is slurm.module, not "
        "slurm-23.module\n"
        "To mend it: rename the file or the module",
    ),
    "a file with a blank and a shell character in its name": (
        {"my module;id.module": SLURM},
        "my module;id.module: 'my module;id' is no module name: it holds lower-case letters, "
        "digits, '-', '+' and '.', and begins with a letter or a digit\n"
        "To mend it: rename the file",
    ),
    "a module on which nothing stands": (
        {"a.module": module("a")},
        "a.module:2: Requires: the field is missing\n"
        "To mend it: write 'Requires: core': every other module stands on core",
    ),
    "a core that requires something": (
        {"core.module": module("core", "Requires: slurm")},
        "core.module:3: Requires: core is the lowest module and requires none",
    ),
    "a required module that does not exist": (
        {"a.module": module("a", "Requires:", " core,", " ofed")},
        "a.module:5: Requires: there is no module 'ofed'\n"
        "To mend it: write ofed.module, or choose from a, core, slurm",
    ),
    "a circle of requirements": (
        {
            "a.module": module("a", "Requires: b"),
            "b.module": module("b", "Requires: core, a"),
        },
        "a.module:3: Requires: modules require each other in a circle: a → b → a\n"
        "To mend it: take one of these requirements out",
    ),
    "a module that stands on two that exclude each other": (
        {
            "a.module": module("a", "Requires: core", "Conflicts: slurm"),
            "b.module": module("b", "Requires: a, slurm"),
        },
        "a.module:4: Conflicts: 'b' needs both 'a' and 'slurm', which exclude each other\n"
        "To mend it: take out the conflict or a requirement",
    ),
}


@pytest.mark.parametrize("documents, error", TOGETHER.values(), ids=TOGETHER)
def test_what_is_wrong_is_told_with_file_and_line(
    tmp_path: Path, documents: dict[str, str], error: str
) -> None:
    write_specs(tmp_path)
    for name, text in documents.items():
        (tmp_path / name).write_text(text)
    assert error_of(tmp_path) == error


def test_a_file_that_is_not_utf_8_is_refused_with_the_line(tmp_path: Path) -> None:
    write_specs(tmp_path)
    (tmp_path / "core.module").write_bytes(CORE.replace("Core", "Kérn").encode("latin-1"))
    assert error_of(tmp_path) == (
        "core.module:3: byte 0xe9 is not UTF-8\n"
        "To mend it: convert the file, for example: iconv -f latin1 -t utf-8 core.module"
    )


def test_missing_documents_are_told_together(tmp_path: Path) -> None:
    write_specs(tmp_path)
    for path in (*tmp_path.glob("*.module"), tmp_path / "accounts"):
        path.unlink()
    assert error_of(tmp_path) == (
        "cannot read accounts: No such file or directory\n.: there is no *.module file"
    )
    (tmp_path / "release").unlink()
    assert error_of(tmp_path) == "cannot read release: No such file or directory"


@pytest.mark.programs
def test_qlumod_check_says_what_it_found(tmp_path: Path, qlumod: CommandLine) -> None:
    write_specs(tmp_path / "specs")
    answer = qlumod("check", "--specs", tmp_path / "specs")
    assert (answer.status, answer.err) == (0, "")
    assert (
        answer.out
        == """\
release 14.0.0: bookworm, trixie on amd64
archives: debian
accounts: 1 users, 1 groups
modules: 2, in the order they are built
  module  stack group  flavors  requires  packages  secrets
  core    Cluster OS   all      -         1         0
  slurm   HPC Stack    all      core      2         0
"""
    )


@pytest.mark.programs
def test_qlumod_check_answers_programs_in_json(tmp_path: Path, qlumod: CommandLine) -> None:
    write_specs(tmp_path / "specs")
    found = qlumod("check", "--specs", tmp_path / "specs", "--json").document
    assert [module["module"] for module in found["modules"]] == ["core", "slurm"]
    assert found["modules"][1]["packages"] == ["slurmd", "munge"]
    assert re.fullmatch("[0-9a-f]{64}", found["modules"][1]["digest"])


@pytest.mark.programs
def test_qlumod_check_tells_faults_and_how_to_mend_them(
    tmp_path: Path, qlumod: CommandLine
) -> None:
    write_specs(tmp_path / "specs", slurm=SLURM.replace("Requires: core", "Requires: cores"))
    answer = qlumod("check", "--specs", tmp_path / "specs")
    assert answer.out == ""
    assert answer.status != 0
    assert answer.err == (
        f"qlumod: error: {tmp_path}/specs/slurm.module:5: Requires: there is no module 'cores'\n"
        "To mend it: write cores.module, or choose from core, slurm\n"
    )
