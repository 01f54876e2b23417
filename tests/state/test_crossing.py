"""Triggers that one module's package waits for and another module's files activate."""

import pytest

from qlumod.model.contents import PathLine
from qlumod.packaging.debian.state.crossing import Crossing, crossings
from qlumod.packaging.debian.state.triggers import TRIGGERS
from qlumod.state.clashes import Layer
from tests.state.files import at

FILE = "/var/lib/dpkg/triggers/File"


def layer(module, *paths, upon=("core",)):
    lines = [
        PathLine(type="f", mode=0o644, owner="root:root", size=1, digest="1", origin="p", path=path)
        for path in paths
    ]
    return Layer(module=module, lines=lines, stands_upon=frozenset(upon))


def interested(module, *lines):
    return module, TRIGGERS.capture({}, at(FILE, "".join(f"{line}\n" for line in lines)))


CORE = layer("core", upon=())
DESKTOP = interested("desktop", "/usr/share/man man-db/noawait")


def found(*layers, fragments=(DESKTOP,)):
    return crossings([CORE, *layers], [interested("core"), *fragments])


def test_a_package_must_be_told_of_another_modules_files():
    assert found(layer("desktop"), layer("ha", "/usr/share/man/man8/pcs.8.gz")) == (
        Crossing(trigger="/usr/share/man", package="man-db", module="desktop", brought_by="ha"),
    )


@pytest.mark.parametrize(
    "path", ["/usr/share/manual", "/usr/share/man-db/x", "/usr/share/mam", "/usr/share/mao/x"]
)
def test_names_that_only_begin_alike_are_no_trigger(path):
    assert found(layer("desktop"), layer("ha", path)) == ()


def test_the_path_itself_is_a_trigger_even_among_names_that_begin_alike():
    fragments = [interested("desktop", "/etc/x desktop-tool")]
    assert found(layer("desktop"), layer("ha", "/etc/x", "/etc/x-y"), fragments=fragments)
    assert found(layer("desktop"), layer("ha", "/etc/x-y", "/etc/x/z"), fragments=fragments)


def test_a_trigger_is_known_by_its_canonical_path():
    fragments = [interested("desktop", "/lib/udev/hwdb.d udev/noawait")]
    (crossing,) = found(
        layer("desktop"), layer("ha", "/usr/lib/udev/hwdb.d/x.hwdb"), fragments=fragments
    )
    assert (crossing.trigger, crossing.package) == ("/lib/udev/hwdb.d", "udev")


@pytest.mark.parametrize(
    "layers",
    [
        [layer("desktop", "/usr/share/man/x")],
        [layer("desktop"), layer("ha", "/usr/share/man/x", upon=("core", "desktop"))],
        [layer("ha", "/usr/share/man/x"), layer("desktop", upon=("core", "ha"))],
    ],
)
def test_a_build_has_heard_of_its_own_files_and_of_those_below(layers):
    assert found(*layers) == ()
