"""An image is built from the newest version that it follows, of which every module is whole."""

from typing import Any

import pytest

from qlumod.errors import QlumodError
from qlumod.head.choose import check_choice, choose
from qlumod.model.image import Image, ImageName, image_text, parse_image
from qlumod.model.manifest import parse_manifest
from qlumod.model.names import ArchName, FlavorName, ModuleName, ReleaseVersion
from qlumod.model.registry import Registered, Status
from tests.head.head_node import payload_files


def image(version: str = "14.0", modules: str = "slurm", flavor: str = "bookworm") -> Image:
    return Image(
        name=ImageName("compute"),
        version=version,
        flavor=FlavorName(flavor),
        architecture=ArchName("amd64"),
        modules=tuple(ModuleName(name) for name in modules.split()),
    )


def registry(*lines: str) -> tuple[Registered, ...]:
    """``module version [flavor] [!problem]``."""
    found = []
    for line in lines:
        words, _, problem = line.partition(" !")
        module, version, *flavor = words.split()
        found.append(
            Registered(
                module=ModuleName(module),
                version=ReleaseVersion.parse(version),
                flavor=FlavorName(*flavor or ["bookworm"]),
                architecture=ArchName("amd64"),
                status=Status.DAMAGED if problem else Status.OK,
                problem=problem,
            )
        )
    return tuple(found)


FULL = registry(
    "core 14.0.0", "slurm 14.0.0", "core 14.0.2", "slurm 14.0.2",
    "core 14.0.10", "slurm 14.0.10", "core 14.1.0", "slurm 14.1.0", "core 15.0.0", "slurm 15.0.0",
)  # fmt: skip


@pytest.mark.parametrize(
    ("version", "chosen"),
    [("14.0.0", "14.0.0"), ("14.0", "14.0.10"), ("14", "14.1.0"), ("15.0", "15.0.0")],
)
def test_a_meta_version_follows_the_newest_concrete_one(version: str, chosen: str) -> None:
    assert str(choose(image(version), FULL).version) == chosen


@pytest.mark.parametrize(
    ("newer", "why"),
    [
        (["core 14.0.1"], ("slurm 14.0.1 is not there",)),
        (
            ["core 14.0.1", "slurm 14.0.1 !layer.squashfs is missing"],
            ("slurm 14.0.1 is damaged: layer.squashfs is missing",),
        ),
        (["core 14.0.1", "slurm 14.0.1 trixie"], ("slurm 14.0.1 is not there",)),
    ],
)
def test_an_incomplete_newer_version_is_passed_over(newer: list[str], why: tuple[str]) -> None:
    choice = choose(image(), registry("core 14.0.0", "slurm 14.0.0", *newer))
    assert str(choice.version) == "14.0.0"
    assert choice.passed_over == why


NO_VERSION = "image compute: no version {} (bookworm, amd64) has all its modules"
MEND = (
    "To mend it: install the packages of the missing modules, or change the image's Version, "
    "Flavor or Modules in /etc/qlumod/images/compute.image"
)


@pytest.mark.parametrize(
    ("version", "there", "told"),
    [
        (
            "14.0",
            ["core 14.0.0", "core 14.0.1", "slurm 14.0.1 !layer.squashfs is missing"],
            [
                "slurm 14.0.1 is damaged: layer.squashfs is missing",
                "slurm 14.0.0 is not there",
            ],
        ),
        (
            "15.0",
            ["core 14.0.0", "core 14.0.0 trixie"],
            [
                "core: there is 14.0.0 (bookworm, amd64), 14.0.0 (trixie, amd64)",
                "slurm is not there at all",
            ],
        ),
        ("14.0", [], ["core is not there at all", "slurm is not there at all"]),
    ],
)
def test_an_image_without_a_complete_version_says_what_is_missing(
    version: str, there: list[str], told: list[str]
) -> None:
    with pytest.raises(QlumodError) as raised:
        choose(image(version), registry(*there))
    assert str(raised.value).splitlines() == [
        NO_VERSION.format(version),
        *(f"  {line}" for line in told),
        MEND,
    ]


def manifests(*modules: tuple[str, dict[str, object]]) -> list[object]:
    return [
        parse_manifest(payload_files(name, **options)["manifest"].decode(), name)
        for name, options in modules
    ]


MISFITS: dict[str, tuple[list[tuple[str, dict[str, Any]]], str]] = {
    "gap": (
        [("core", {}), ("ws-xfce", {"requires": ("core", "ws-base")})],
        "image compute: module ws-xfce requires module ws-base, which is not chosen\n"
        "To mend it: qlumod image edit IMAGE --add ws-base, or --with-required in its place, "
        "which adds all that is missing",
    ),
    "conflict": (
        [("core", {}), ("gridengine", {}), ("slurm", {"conflicts": ("gridengine",)})],
        "image compute: modules gridengine and slurm exclude each other\n"
        "To mend it: take one of them out of the image's modules",
    ),
    "variants": (
        [
            ("core", {}),
            *(
                (f"samba-{v}", {"variant_of": "samba", "conflicts": (f"samba-{w}",)})
                for v, w in (("4.17", "4.22"), ("4.22", "4.17"))
            ),
        ],
        "image compute: modules samba-4.17 and samba-4.22 exclude each other: "
        "they are variants of samba\n"
        "To mend it: take one of them out of the image's modules",
    ),
    "kernel": (
        [("core", {}), ("beegfs", {"kernel": "5.10.0-1-amd64"})],
        "image compute: module beegfs is made for kernel 5.10.0-1-amd64, "
        "core brings 6.1.0-1-amd64\n"
        "To mend it: install a beegfs that was built over this core",
    ),
    "no kernel": (
        [("core", {"kernel": ""})],
        "image compute: module core brings no kernel and initrd\n"
        "To mend it: install a core that does",
    ),
}


@pytest.mark.parametrize("kind", MISFITS)
def test_modules_that_do_not_fit_are_refused(kind: str) -> None:
    modules, error = MISFITS[kind]
    with pytest.raises(QlumodError) as raised:
        check_choice(image(), manifests(*modules))
    assert str(raised.value) == error


def test_all_misfits_are_told_at_once() -> None:
    with pytest.raises(QlumodError) as raised:
        check_choice(
            image(),
            manifests(
                ("core", {}),
                ("a", {"requires": ("core", "b"), "conflicts": ("c",)}),
                ("c", {"kernel": "5"}),
            ),
        )
    assert len(str(raised.value).splitlines()) == 6


def test_modules_that_fit_are_taken() -> None:
    check_choice(
        image(), manifests(("core", {}), ("slurm", {}), ("x", {"kernel": "6.1.0-1-amd64"}))
    )


def test_an_image_reads_back_as_it_was_written() -> None:
    text = image_text(image("14.0", "slurm samba"))
    assert text == (
        "Format: 1\nImage: compute\nVersion: 14.0\nFlavor: bookworm\nArchitecture: amd64\n"
        "Modules:\n core\n slurm\n samba\n"
    )
    assert image_text(parse_image(text, "x")) == text.replace(
        " slurm\n samba\n", " samba\n slurm\n"
    )


BAD = """\
Format: 1
Image: ../compute
Version: 14.0.0.1
Flavor: bookworm
Modules: core Slurm
Kernel: new
"""


def test_all_faults_of_an_image_are_told_with_their_lines() -> None:
    with pytest.raises(QlumodError) as raised:
        parse_image(BAD, "compute.image")
    assert str(raised.value).splitlines() == [
        "compute.image:1: Architecture: the field is missing",
        "compute.image:2: Image: '../compute' is no image name: it holds lower-case letters, "
        "digits, '-', '+', '_' and '.', and begins with a letter or a digit",
        "compute.image:3: Version: '14.0.0.1' is no image version: it has the form x.y.z, x.y or x",
        "compute.image:5: Modules: 'Slurm' is no module name: it holds lower-case letters, digits, "
        "'-', '+' and '.', and begins with a letter or a digit",
        "compute.image:6: unknown field 'Kernel'; known are Architecture, Deploy, Description, "
        "Disable, Enable, Flavor, Image, Kernel-Arguments, Modules, Version",
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("common", "it stands for the files of all images"),
        ("all", "it stands for all images"),
        ("x.image", "it ends as definitions do (.image)"),
    ],
)
def test_a_name_with_another_meaning_is_no_image_name(name: str, why: str) -> None:
    with pytest.raises(QlumodError) as caught:
        parse_image(f"Format: 1\nImage: {name}\nVersion: 1\n", "x")
    assert f"x:2: Image: '{name}' is no image name: {why}" in str(caught.value).splitlines()
