"""qlumod show on a head node: what an installed module is, without its spec."""

from hashlib import sha256
from pathlib import Path

import pytest

from qlumod.model.secret import Secret, SecretKind
from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.support.documents import write_specs

SECRETS = (
    Secret(path="/etc/munge/munge.key", kind=SecretKind.SITE),
    Secret(path="/etc/ssh/ssh_host_*_key", kind=SecretKind.NODE),
)


def test_an_installed_module_is_shown(qlumod: CommandLine, listed: HeadNode) -> None:
    listed.create()
    shown = qlumod.must("show", "slurm", "--root", listed.root).out.splitlines()
    assert [line for line in shown if "digest" not in line and "layer" not in line] == [
        "slurm: Slurm (HPC Stack)",
        "  The module slurm",
        "",
        "  version    14.0.0, bookworm on amd64",
        "  requires   core",
        "  packages   1",
        "  used by    compute",
        f"  directory  {listed.payload('slurm')}",
        "",
        "  package  version    archive",
        "  munge    0.5.15-2   debian",
        "  slurmd   22.05.8-4  debian",
    ]
    (layer,) = (line for line in shown if line.startswith("  layer"))
    assert layer.endswith("kB, 100 B unpacked")


def test_all_that_the_manifest_says_is_shown(qlumod: CommandLine, head: HeadNode) -> None:
    head.add("core")
    head.add(
        "samba-4.17",
        variant_of="samba",
        conflicts=("winbind", "samba-4.22"),
        kernel="6.1.0-1-amd64",
        secrets=SECRETS,
    )
    head.add("samba-4.22", variant_of="samba")
    (head.add("slurm") / "layer.squashfs").unlink()
    head.look()
    shown = qlumod.must("show", "samba-4.17", "--root", head.root).out.splitlines()
    digest = sha256(b"layer of samba-4.17 14.0.0").hexdigest()
    assert shown[3:] == [
        "  version     14.0.0, bookworm on amd64",
        "  requires    core",
        "  never with  winbind, samba-4.22",
        "  variant of  samba",
        "  kernel      6.1.0-1-amd64",
        "  packages    1",
        "  layer       26 B, 100 B unpacked",
        f"  digest      {digest}",
        "  secrets     /etc/munge/munge.key (site)",
        "              /etc/ssh/ssh_host_*_key (node)",
        "  variants    samba-4.22",
        "  used by     no image",
        f"  directory   {head.payload('samba-4.17')}",
    ]
    damaged = qlumod.must("show", "slurm", "--root", head.root).out
    assert "  damaged    layer.squashfs is missing\n" in damaged


def test_a_lost_manifest_leaves_what_the_registry_knows(
    qlumod: CommandLine, head: HeadNode
) -> None:
    (head.add("slurm") / "manifest").unlink()
    head.look()
    shown = qlumod.must("show", "--root", head.root).out.splitlines()
    assert shown[0] == "slurm: ? (?)"
    assert (
        qlumod.must("show", "--root", head.root, "--json").document["modules"][0]["files"] is None
    )


def test_the_document_has_packages_and_files(qlumod: CommandLine, listed: HeadNode) -> None:
    listed.create()
    found = qlumod.must("show", "slurm", "--json", "--root", listed.root).document
    (module,) = found["modules"]
    assert module["packages"][0].keys() == {
        "package", "version", "architecture", "source", "sha256", "archive"
    }  # fmt: skip
    assert [(one["package"], one["version"]) for one in module["packages"]] == [
        ("munge", "0.5.15-2"), ("slurmd", "22.05.8-4")
    ]  # fmt: skip
    assert [file["path"] for file in module["files"]] == [
        "layer.squashfs", "slurm.contents.gz", "slurm.packages.version.gz"
    ]  # fmt: skip
    assert (module["used_by"], module["requires"]) == (["compute"], ["core"])
    assert module["directory"] == str(listed.payload("slurm"))


def test_version_and_flavor_choose_among_several(qlumod: CommandLine, head: HeadNode) -> None:
    for version, flavor in (("14.0.0", "bookworm"), ("14.0.1", "bookworm"), ("14.0.0", "trixie")):
        head.add("slurm", version, flavor=flavor)
    head.look()

    def shown(*words: str) -> list[tuple[str, str]]:
        found = qlumod.must("show", "slurm", "--json", "--root", head.root, *words).document
        return [(one["version"], one["flavor"]) for one in found["modules"]]

    assert shown() == [("14.0.0", "bookworm"), ("14.0.1", "bookworm"), ("14.0.0", "trixie")]
    assert shown("--version", "14.0.0") == [("14.0.0", "bookworm"), ("14.0.0", "trixie")]
    assert shown("--version", "14.0", "--flavor", "trixie") == [("14.0.0", "trixie")]
    lacking = qlumod(
        "show", "slurm", "--root", head.root, "--version", "14.1", "--flavor", "trixie"
    )
    assert (lacking.status, lacking.err.splitlines()) == (
        1,
        [
            "qlumod: error: this head node has no slurm 14.1 trixie",
            "  it has slurm 14.0.0 (bookworm, amd64)",
            "  it has slurm 14.0.1 (bookworm, amd64)",
            "  it has slurm 14.0.0 (trixie, amd64)",
            "To mend it: choose one of these with --version, --flavor and --arch",
        ],
    )


def test_a_module_that_the_head_node_lacks_is_an_error(
    qlumod: CommandLine, listed: HeadNode
) -> None:
    lacking = qlumod("show", "slrum", "--root", listed.root)
    assert (lacking.status, lacking.err.splitlines()) == (
        1,
        [
            "qlumod: error: this head node has no module slrum",
            "To mend it: `qlumod modules` lists those that it has, `qlumod modules --available` "
            "those that apt offers",
        ],
    )


def test_sizes_of_packages_need_the_specs(qlumod: CommandLine, listed: HeadNode) -> None:
    answer = qlumod("show", "slurm", "--size", "--root", listed.root)
    assert answer.status == 2
    assert answer.err.splitlines()[-1] == (
        "Error: --size measures the layers of a build, which needs the specs"
    )


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    """A directory with specs that have no lock."""
    write_specs(tmp_path / "specs")
    return tmp_path / "specs"


def test_specs_win_unless_it_is_said_otherwise(
    qlumod: CommandLine, listed: HeadNode, specs: Path
) -> None:
    answer = qlumod("show", "slurm", "--specs", specs)
    assert answer.status == 1
    assert "lock" in answer.err.splitlines()[0]
    installed = qlumod("show", "slurm", "--specs", specs, "--root", listed.root, "--installed")
    assert installed.out.splitlines()[3].split() == [
        "version",
        "14.0.0,",
        "bookworm",
        "on",
        "amd64",
    ]


def test_nothing_of_a_build_host_is_imported(qlumod: CommandLine, listed: HeadNode) -> None:
    answer = qlumod("show", "slurm", "--root", listed.root, PYTHONVERBOSE="1")
    assert answer.status == 0
    for module in ("apt_pkg", "jinja2", "qlumod.lock", "qlumod.workflows", "qlumod.layer"):
        assert f"import '{module}'" not in answer.err
