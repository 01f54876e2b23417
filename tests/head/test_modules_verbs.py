"""qlumod register and qlumod modules, as one types them."""

from tests.conftest import CommandLine
from tests.head.head_node import HeadNode


def test_modules_are_listed_by_stack_group(qlumod: CommandLine, head: HeadNode) -> None:
    head.add("core")
    head.add("slurm")
    (head.add("beegfs-8-client", "14.0.1", group="DataStack") / "layer.squashfs").unlink()
    registered = qlumod("register", "--root", head.root)
    assert registered.status == 3
    assert registered.out.splitlines() == [
        "added core 14.0.0 (bookworm, amd64)",
        "added slurm 14.0.0 (bookworm, amd64)",
        "damaged beegfs-8-client 14.0.1 (bookworm, amd64): layer.squashfs is missing",
    ]
    listed = qlumod("modules", "--root", head.root)
    assert listed.status == 0
    assert listed.out.splitlines() == [
        "Cluster OS",
        "  core             14.0.0  -  bookworm  amd64  32 B  ok",
        "",
        "DataStack",
        "  beegfs-8-client  14.0.1  -  bookworm  amd64  31 B  damaged: layer.squashfs is missing",
        "",
        "HPC Stack",
        "  slurm            14.0.0  -  bookworm  amd64  21 B  ok",
    ]


def test_modules_prints_json(qlumod: CommandLine, head: HeadNode) -> None:
    head.add("slurm")
    head.look()
    assert qlumod("modules", "--root", head.root, "--json").document == {
        "modules": [
            {
                "module": "slurm",
                "version": "14.0.0",
                "flavor": "bookworm",
                "architecture": "amd64",
                "title": "Slurm",
                "stack_group": "HPC Stack",
                "size": 21,
                "package_version": "",
                "layer": "331ad501051680961ea2a294214cc05bed57b727839b680219e260b166d52526",
                "status": "ok",
                "problem": "",
            }
        ]
    }


def test_an_empty_head_node_says_how_to_get_modules(qlumod: CommandLine, head: HeadNode) -> None:
    head.look()
    assert qlumod("modules", "--root", head.root).out == (
        "this head node has no modules; install some, such as: apt install qlustar-module-slurm\n"
    )


def test_without_a_registry_modules_says_how_to_make_one(
    qlumod: CommandLine, head: HeadNode
) -> None:
    listed = qlumod("modules", "--root", head.root)
    assert listed.status == 1
    assert listed.err.splitlines() == [
        "qlumod: error: there is no registry of modules (/var/lib/qlumod/registry)",
        "To mend it: run: qlumod register",
    ]


def test_the_verbs_of_the_head_node_need_no_apt(qlumod: CommandLine) -> None:
    for verb in ("modules", "register", "image", "which"):
        answer = qlumod(verb, "--help", PYTHONVERBOSE="1")
        assert answer.status == 0
        for module in ("apt", "apt_pkg", "qlumod.lock", "jinja2"):
            assert f"import '{module}'" not in answer.err
