"""qlumod register and qlumod modules, as one types them."""

from qlumod.events import ignore
from qlumod.head.verbs.define_images import NewImage, create_image
from qlumod.model.image import ImageName
from qlumod.model.names import FlavorName, ModuleName
from qlumod.model.secret import Secret, SecretKind
from tests.conftest import CommandLine
from tests.head.head_node import KERNEL, HeadNode


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
    head.add("core")
    head.add(
        "slurm",
        conflicts=("openpbs",),
        variant_of="batch",
        kernel=KERNEL,
        secrets=(Secret(path="/etc/munge/munge.key", kind=SecretKind.SITE),),
    )
    head.look()
    head.create()
    found = qlumod("modules", "--root", head.root, "--json").document
    core, slurm = found.pop("modules")
    assert found == {"format": 1, "stack_groups": ["Cluster OS", "HPC Stack"]}
    assert core["used_by"] == ["compute"]
    assert slurm == {
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
        "description": "The module slurm",
        "requires": ["core"],
        "conflicts": ["openpbs"],
        "variant_of": "batch",
        "kernel_release": KERNEL,
        "profile": None,
        "epoch": 1_700_000_000,
        "package_count": 1,
        "unpacked_size": 100,
        "secrets": ["/etc/munge/munge.key site"],
        "used_by": ["compute"],
    }


def test_what_a_lost_manifest_would_say_is_null(qlumod: CommandLine, head: HeadNode) -> None:
    (head.add("slurm") / "manifest").unlink()
    head.add("core")
    head.look()
    found = qlumod("modules", "--root", head.root, "--json").document
    assert found["stack_groups"] == ["Cluster OS", ""]
    core, slurm = found["modules"]
    assert core["kernel_release"] == KERNEL
    assert (slurm["description"], slurm["requires"], slurm["secrets"]) == (None, None, None)
    assert slurm["status"] == "damaged"


def test_the_stack_group_of_core_is_the_first(qlumod: CommandLine, head: HeadNode) -> None:
    head.add("core")
    head.add("abaqus", group="Applications")
    head.look()
    found = qlumod("modules", "--root", head.root, "--json").document
    assert found["stack_groups"] == ["Cluster OS", "Applications"]
    assert [one["module"] for one in found["modules"]] == ["core", "abaqus"]


def test_a_module_is_used_by_the_images_that_follow_its_version(
    qlumod: CommandLine, head: HeadNode
) -> None:
    for version, flavor in (("14.0.0", "bookworm"), ("14.1.0", "bookworm"), ("14.0.0", "trixie")):
        head.add("core", version, flavor=flavor)
        head.add("slurm", version, flavor=flavor)
    head.look()
    for name, version, flavor in (
        ("fixed", "14.0.0", "bookworm"),
        ("following", "14", "bookworm"),
        ("other", "14.0", "trixie"),
    ):
        create_image(
            head.places,
            NewImage(
                name=ImageName(name),
                modules=[ModuleName("slurm")],
                version=version,
                flavor=FlavorName(flavor),
            ),
            listen=ignore,
        )
    (head.places.images / "broken.image").write_text("what is this?\n")
    for answer in (
        qlumod("modules", "--root", head.root, "--json"),
        qlumod("overview", "--root", head.root, "--json"),
    ):
        users = {
            (one["version"], one["flavor"]): one["used_by"]
            for one in answer.document["modules"]
            if one["module"] == "slurm"
        }
        assert users == {
            ("14.0.0", "bookworm"): ["fixed", "following"],
            ("14.1.0", "bookworm"): ["following"],
            ("14.0.0", "trixie"): ["other"],
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
    for verb in ("modules", "register", "image", "which", "show", "accounts"):
        answer = qlumod(verb, "--help", PYTHONVERBOSE="1")
        assert answer.status == 0
        for module in ("apt", "apt_pkg", "qlumod.lock", "jinja2"):
            assert f"import '{module}'" not in answer.err
