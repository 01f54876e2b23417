"""Diversions of one module's package that another module's files have not heard of."""

import pytest

from qlumod.model.contents import PathLine
from qlumod.packaging.debian.state.diverted import Diversion, told_by_name, unseen_diversions
from qlumod.packaging.debian.state.dpkg import DIVERSIONS
from qlumod.state.clashes import Layer
from tests.state.files import at

GL = "/usr/lib/libGL.so.1"
MESA = "/usr/lib/mesa-diverted/libGL.so.1"
DIVERTED = Diversion(path=GL, other=MESA, package="glx-diversions")


def layer(module, path="/etc/x", *, origin="libgl1", kind="f", upon=("core",)):
    line = PathLine(
        type=kind, mode=0o644, owner="root:root", size=1, digest="1", origin=origin, path=path
    )
    return Layer(module=module, lines=[line], stands_upon=frozenset(upon))


def diverting(module, *lines):
    text = "".join(f"{line}\n" for line in lines)
    return module, DIVERSIONS.capture({}, at(DIVERSIONS.path, text))


NVIDIA = diverting("nvidia", GL, MESA, "glx-diversions")


def found(*layers, fragments=(NVIDIA,)):
    return unseen_diversions([layer("core", upon=()), layer("nvidia"), *layers], fragments)


@pytest.mark.parametrize("kind", ["f", "l", "h"])
def test_a_file_of_another_module_has_not_heard_of_it(kind):
    assert found(layer("desktop", GL, kind=kind)) == (DIVERTED,)


def test_two_modules_with_the_file_are_one_diversion():
    assert found(layer("desktop", GL), layer("virtualgl", GL)) == (DIVERTED,)


def test_a_path_is_known_by_its_canonical_name():
    lines = ("/lib/udev/x", "/lib/udev/x.real", "ours")
    (one,) = found(layer("ha", "/usr/lib/udev/x"), fragments=[diverting("nvidia", *lines)])
    assert (one.path, one.other) == ("/usr/lib/udev/x", "/usr/lib/udev/x.real")


@pytest.mark.parametrize(
    "other",
    [
        layer("desktop", "/usr/lib/libGL.so.1.7"),
        layer("desktop", GL, kind="d"),
        layer("desktop", GL, origin="glx-diversions"),
        layer("desktop", GL, origin="<ldconfig>"),
    ],
)
def test_no_other_path_no_directory_and_no_file_of_the_diverting_package_is_meant(other):
    assert found(other) == ()


def test_a_module_that_stands_upon_the_diverting_one_was_built_with_it():
    assert found(layer("desktop", GL, upon=("core", "nvidia"))) == ()


def test_a_module_that_knows_the_diversion_itself_or_from_below_has_no_need_of_it():
    own = diverting("desktop", GL, MESA, "glx-diversions")
    assert found(layer("desktop", GL), fragments=[NVIDIA, own]) == ()
    assert (
        found(
            layer("desktop"),
            layer("more", GL, upon=("core", "desktop")),
            fragments=[NVIDIA, own],
        )
        == ()
    )


def test_what_looks_at_diverted_files_only_when_told_by_name_is_told():
    assert told_by_name([DIVERTED, DIVERTED]) == {
        ("register-glx-alternative-nvidia", "glx-diversions")
    }
    assert told_by_name([Diversion(path="/bin/x", other="/bin/x.real", package="x")]) == set()
