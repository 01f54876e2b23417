"""A definition that the verb changes keeps what an administrator has written around the fields."""

import pytest

from qlumod.errors import QlumodError
from qlumod.model.definition_edit import ImageChange, changed_image, edited_text
from qlumod.model.image import Image, parse_image
from qlumod.model.names import ModuleName

BY_HAND = """\
Format: 1
# Ask Eva before you change this.
Description: Compute nodes
Image: compute
Modules:
 core
# for the queue
 slurm munge
 samba
Version: 14.0
Flavor: bookworm
Architecture: amd64
# The end.
"""
ONE_LINE = BY_HAND.replace("\n core\n# for the queue\n slurm munge\n samba", " core slurm")


def image(text: str = BY_HAND) -> Image:
    return parse_image(text, "compute.image")


def edited(text: str, **change: object) -> str:
    return edited_text(
        text,
        "compute.image",
        changed_image(image(text), ImageChange(**change)),  # type: ignore[arg-type]
    )


def modules(*names: str) -> list[ModuleName]:
    return [ModuleName(name) for name in names]


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        ({"version": "14.0.1"}, "Version: 14.0\n", "Version: 14.0.1\n"),
        ({"description": "Login"}, "Description: Compute nodes\n", "Description: Login\n"),
        ({"description": ""}, "Description: Compute nodes\n", ""),
        ({"add": modules("ofed", "ha")}, " samba\n", " samba\n ha\n ofed\n"),
        ({"remove": modules("samba")}, " samba\n", ""),
        ({"remove": modules("munge")}, " slurm munge\n", " slurm\n"),
        ({"add": modules("slurm")}, "", ""),
        (
            {"enable": ["b.service", "a.timer"], "kernel_arguments": "quiet"},
            "amd64\n",
            "amd64\nEnable:\n a.timer\n b.service\nKernel-Arguments: quiet\n",
        ),
    ],
)
def test_only_the_field_changes(change: dict[str, object], before: str, after: str) -> None:
    assert edited(BY_HAND, **change) == BY_HAND.replace(before, after, 1)


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({"add": modules("samba")}, "Modules: core slurm samba\n"),
        ({"remove": modules("slurm")}, "Modules: core\n"),
    ],
)
def test_a_list_on_one_line_stays_on_one_line(change: dict[str, object], after: str) -> None:
    assert edited(ONE_LINE, **change) == ONE_LINE.replace("Modules: core slurm\n", after)


def test_a_field_that_was_not_there_comes_last_and_before_the_comments_of_the_end() -> None:
    text = BY_HAND.replace("Description: Compute nodes\n", "")
    assert edited(text, description="Login") == text.replace(
        "amd64\n", "amd64\nDescription: Login\n"
    )


def test_a_list_that_names_nothing_any_more_is_taken_out() -> None:
    text = ONE_LINE.replace("core slurm", "slurm")
    assert edited(text, remove=modules("slurm")) == text.replace(
        "Modules: slurm\n", "Modules:\n core\n"
    )


def test_a_text_that_is_right_already_is_not_touched() -> None:
    assert edited_text(BY_HAND, "compute.image", image()) == BY_HAND


def test_a_text_without_its_last_newline_gets_it() -> None:
    assert edited(BY_HAND[:-1], version="15") == BY_HAND.replace("14.0", "15")


def test_a_unit_is_switched_one_way_or_left() -> None:
    text = BY_HAND + "Enable: a.service b.service\nDisable:\n c.service\n"
    switched = edited(text, disable=["a.service"], enable=["c.service"], leave=["b.service"])
    assert switched == BY_HAND + "Enable: c.service\nDisable:\n a.service\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Enable: a.service\nDisable: a.service", "14: Disable: the unit 'a.service' stands under "
         "Enable, too"),
        ("Enable: a", "13: Enable: 'a' is no systemd unit: it has a name such as 'slurmd.service'"),
        (
            "Kernel-Arguments: quiet boot=nfs",
            "13: Kernel-Arguments: 'boot=nfs' belongs to the boot configuration, which says what a "
            "node boots",
        ),
        (
            'Kernel-Arguments: x="a b',
            "13: Kernel-Arguments: 'x=\"a b' has a quotation mark that is not closed",
        ),
        (
            "Kernel-Arguments: ä",
            "13: Kernel-Arguments: 'ä' has characters that are not printable ASCII",
        ),
        (
            f"Kernel-Arguments: {'x' * 1025}",
            "13: Kernel-Arguments: these are 1025 characters, and a kernel may take 1024",
        ),
    ],
)  # fmt: skip
def test_a_field_that_says_what_cannot_be_is_refused(text: str, told: str) -> None:
    with pytest.raises(QlumodError) as raised:
        image(f"{BY_HAND.removesuffix('# The end.' + chr(10))}{text}\n")
    assert str(raised.value) == f"compute.image:{told}"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"enable": ["a.service"], "leave": ["a.service"]},
            "image compute: the unit a.service is to be switched in two ways\n"
            "To mend it: say one of --enable a.service, --disable a.service and --leave-unit "
            "a.service",
        ),
        ({"remove": modules("core")}, "image compute: module core is part of every image"),
        (
            {"remove": modules("ofed")},
            "image compute has no module ofed that could be removed\n"
            "To mend it: its modules are core, munge, samba, slurm",
        ),
        (
            {"add": modules("samba"), "remove": modules("samba")},
            "image compute: module samba is to be added and to be removed\n"
            "To mend it: say one of --add samba and --remove samba",
        ),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(change: dict[str, object], told: str) -> None:
    with pytest.raises(QlumodError) as raised:
        changed_image(image(), ImageChange(**change))  # type: ignore[arg-type]
    assert str(raised.value) == told
