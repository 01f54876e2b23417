"""Modules that meet in a stack only: what they bring differently, and what they did not hear."""

import gzip
import os
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.model.contents import PathLine, contents_text
from qlumod.model.manifest import Manifest, manifest_text
from qlumod.model.names import ReleaseVersion
from qlumod.packaging.debian.meeting import DebianMeeting
from qlumod.packaging.debian.state.diverted import Diversion
from qlumod.stack.meeting import meeting_layers
from qlumod.stack.payload import Payload
from qlumod.system.disk.within import Root
from qlumod.system.processes.namespace import call_inside
from tests.support.debs import make_deb


def member(place, module, *paths, requires=("core",), kernel="", files=()):
    manifest = Manifest(
        module=module, title=module, stack_group="Test", description=module,
        version=ReleaseVersion(14, 0, 0), flavor="bookworm", architecture="amd64",
        requires=requires, conflicts=(), wins=(), kernel=kernel, epoch=0, packages=0,
        unpacked_size=0, secrets=(), files=files,
    )  # fmt: skip
    lines = tuple(
        PathLine(type="f", mode=0o644, owner="a:a", size=1, digest="1", origin="p", path=path)
        for path in paths
    )
    directory = place / module
    directory.mkdir()
    (directory / "manifest").write_text(manifest_text(manifest))
    contents_of(directory).write_bytes(gzip.compress(contents_text(module, lines).encode()))
    return Payload(directory=directory)


def contents_of(directory):
    return directory / f"{directory.name}.contents.gz"


def test_nothing_is_read_where_all_modules_stand_upon_each_other(tmp_path):
    chain = [
        member(tmp_path, "core", requires=()),
        member(tmp_path, "ws-base"),
        member(tmp_path, "ws-xfce", requires=("ws-base",)),
    ]
    for one in chain:
        contents_of(one.directory).unlink()
    assert meeting_layers(chain) == ()


def test_layers_that_meet_are_told_with_what_each_stands_upon(tmp_path):
    core, ha, slurm = meeting_layers(
        [
            member(tmp_path, "core", "/bin/sh", requires=()),
            member(tmp_path, "ha", "/usr/sbin/pcsd"),
            member(tmp_path, "slurm", "/usr/sbin/slurmd"),
        ]
    )
    assert [line.path for line in slurm.lines] == ["/usr/sbin/slurmd"]
    assert (core.stands_upon, ha.stands_upon) == (frozenset(), frozenset({"core"}))


def test_a_damaged_list_of_contents_is_an_error_that_names_it(tmp_path):
    members = [member(tmp_path, "core", requires=()), *(member(tmp_path, m) for m in ("a", "b"))]
    contents_of(members[1].directory).write_bytes(gzip.compress(b"f\t0644\n"))
    with pytest.raises(QlumodError, match=r"a\.contents\.gz:1: "):
        meeting_layers(members)


@pytest.mark.programs
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_package_sees_what_another_module_brought_for_it(tmp_path):
    deb = make_deb(
        tmp_path / "debs",
        "toolbox",
        scripts={
            "triggers": "#!\ninterest-noawait /opt/tools.d\n",
            "postinst": 'if [ "$1" = triggered ]; then ls /opt/tools.d > /opt/tools; fi',
        },
    )
    space = tmp_path / "space"
    space.mkdir()
    found = call_inside(
        "tests.stack.scene:tell", {"space": str(space), "deb": str(deb)}, listen=ignore
    )
    assert found == ["hammer\n", "install ok installed"]
    assert not Path("/opt/tools").exists()


GL = Diversion(path="/usr/lib/libGL.so.1", other="/usr/lib/mesa/libGL.so.1", package="glx")


def test_a_diverted_file_gets_its_other_name(tmp_path):
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "usr/lib/libGL.so.1").symlink_to("libGL.so.1.7")
    DebianMeeting(diversions=[GL], crossings=()).move(Root(tmp_path))
    assert not os.path.lexists(tmp_path / "usr/lib/libGL.so.1")
    assert (tmp_path / "usr/lib/mesa/libGL.so.1").readlink() == Path("libGL.so.1.7")


def test_a_diverted_file_that_another_module_has_under_its_other_name_only_leaves(tmp_path):
    (tmp_path / "usr/lib/mesa").mkdir(parents=True)
    for name in ("libGL.so.1", "mesa/libGL.so.1"):
        (tmp_path / "usr/lib" / name).write_text(name)
    DebianMeeting(diversions=[GL], crossings=()).move(Root(tmp_path))
    assert not (tmp_path / "usr/lib/libGL.so.1").exists()
    assert (tmp_path / "usr/lib/mesa/libGL.so.1").read_text() == "mesa/libGL.so.1"
