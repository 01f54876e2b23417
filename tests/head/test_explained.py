"""What a generation of an image has: packages, files, sizes and units."""

import os
import shutil

import pytest

from qlumod.head.verbs.define_images import NewImage, create_image
from qlumod.model.image import ImageName
from qlumod.model.names import ModuleName
from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.head.listed_payloads import build_listed

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="images are built by root")

COMPUTE = ImageName("compute")


def test_a_generation_lists_packages_files_sizes_and_units(
    qlumod: CommandLine, listed: HeadNode
) -> None:
    def shown(*words: str) -> list[str]:
        return qlumod.must("image", "show", "compute", *words, "--root", listed.root).out.split(
            "\n"
        )[:-1]

    def document(*words: str) -> dict[str, object]:
        words = ("image", "show", "compute", *words, "--json", "--root", str(listed.root))
        return qlumod.must(*words).document  # type: ignore[no-any-return]

    generation = build_listed(listed)
    # Nothing of it is read from the modules.
    shutil.rmtree(listed.places.modules)
    assert shown("--packages") == [
        "package     version    architecture  source      module",
        "base-files  12.4       amd64         base-files  core",
        "munge       0.5.15-2   amd64         munge       slurm",
        "openssl     3.0.15-1   amd64         openssl     core",
        "slurmd      22.05.8-4  amd64         slurmd      slurm",
    ]
    assert shown("--units") == [
        "unit            state     module  package",
        "getty@.service  enabled   core    base-files",
        "rescue.service  masked    core    <systemctl>",
        "slurmd.service  disabled  slurm   slurmd",
        "ssh.service     enabled   core    base-files",
    ]
    files = {line.split()[-1]: line for line in shown("--files")}
    assert not {"/etc/hidden", "/usr/lib/gone", "/usr/lib/gone/file"} & files.keys()
    assert files["/etc/motd"].split() == [
        "f", "0644", "root:root", "9", "slurm", "slurmd", "/etc/motd"
    ]  # fmt: skip
    assert files["/etc/passwd"].split()[4:6] == ["image", "<accounts>"]
    assert [line.split()[0] for line in shown("--size")] == [
        "layer", "core", "slurm", "image", "total", "kernel", "initrd"
    ]  # fmt: skip
    sizes = document("--size")
    assert [layer["unpacked"] for layer in sizes["size"][:2]] == [53, 23]  # type: ignore[index]
    assert [layer["files"] for layer in sizes["size"][:2]] == [10, 3]  # type: ignore[index]
    assert (sizes["kernel"], sizes["initrd"]) == (6, 6)
    assert document("--units", "--generation", "1", "--limit", "1") == {
        "format": 1,
        "image": "compute",
        "generation": "1",
        "version": "14.0.0",
        "total": 4,
        "units": [
            {
                "unit": "getty@.service",
                "state": "enabled",
                "alias_of": None,
                "enabled_by": ["/etc/systemd/system/getty.target.wants/getty@tty1.service"],
                "path": "/usr/lib/systemd/system/getty@.service",
                "module": "core",
                "origin": "base-files",
            }
        ],
    }
    assert shown("--packages", "--limit", "1")[1:] == [
        "base-files  12.4     amd64         base-files  core",
        "… and 3 more",
    ]
    shutil.rmtree(generation / "modules")
    answer = qlumod("image", "show", "compute", "--units", "--root", listed.root)
    assert (answer.status, answer.err) == (
        1,
        "qlumod: error: generation 1 of image compute does not list its packages and files: an "
        "earlier version of qlumod built it\n"
        "To mend it: build a generation that does: qlumod image build --force compute\n",
    )


def test_a_generation_that_is_not_there_is_said_with_those_that_are(
    qlumod: CommandLine, listed: HeadNode
) -> None:
    def refusal(*words: str) -> tuple[int, str]:
        answer = qlumod("image", "show", *words, "--root", listed.root)
        return answer.status, answer.err

    new = NewImage(name=COMPUTE, modules=[ModuleName("slurm")])
    create_image(listed.places, new, listen=listed.heard.append)
    assert refusal("compute", "--packages") == (
        1,
        "qlumod: error: image compute was never built\n"
        "To mend it: build it: qlumod image build compute\n",
    )
    assert refusal("compute", "--packages", "--generation", "7") == (
        1,
        "qlumod: error: image compute was never built\n"
        "To mend it: build it: qlumod image build compute\n",
    )
    assert refusal("login", "--files")[1].splitlines()[0] == (
        "qlumod: error: there is no image login (/etc/qlumod/images/login.image)"
    )
    status, said = refusal("compute", "--generation", "1")
    assert (status, said.splitlines()[-1]) == (
        2,
        "Error: --generation and --limit need one of --packages, --files, --size and --units",
    )
    status, said = refusal("compute", "--files", "--generation", "../1")
    assert (status, said.splitlines()[-1]) == (
        2,
        "Error: Invalid value for '--generation': '../1' is no generation: it is a number",
    )
