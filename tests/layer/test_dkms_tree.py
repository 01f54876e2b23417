"""Sources of dkms are known by their directory, and the end of each log is told."""

from pathlib import Path
from typing import Any

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Output, ignore
from qlumod.layer.dkms_tree import Added, Log, add, logs_of, source_directories, tell_logs
from qlumod.system.disk.within import Root

SOURCES = "/usr/src/x-1"


@pytest.fixture
def root(tmp_path: Path) -> Root:
    root = Root(tmp_path)
    root.write(f"{SOURCES}/dkms.conf", b"PACKAGE_NAME=x\nPACKAGE_VERSION=1-1\n")
    return root


def link(root: Root, version: str, target: str) -> None:
    """As `dkms add` does."""
    root.link(f"/var/lib/dkms/x/{version}/source", target)


class Place:
    """An enclosure whose dkms makes a link to some directory, or none."""

    def __init__(self, root: Root, target: str = "") -> None:
        self.root = root
        self.target = target
        self.said: list[tuple[str, ...]] = []

    def run(self, *words: str, **_: object) -> None:
        self.said.append(words)
        if words[0] == "dkms" and self.target:
            self.root.make_directory(self.target)
            link(self.root, "1-1", self.target)


def added(place: Place) -> Added:
    enclosure: Any = place
    return add(enclosure, place.root, SOURCES, kernel="6.1", environment={}, listen=ignore)


def test_what_a_script_has_added_already_keeps_its_name(root: Root) -> None:
    link(root, "1", SOURCES)
    place = Place(root)
    assert added(place) == Added(name="x", version="1")
    assert place.said == []
    assert added(place).words == ("-m", "x", "-v", "1")


def test_a_directory_of_another_name_is_copied_whole(root: Root) -> None:
    root.make_directory("/usr/src/y-2")
    link(root, "2", "/usr/src/y-2")
    place = Place(root, "/usr/src/x-1-1")
    assert added(place) == Added(name="x", version="1-1")
    assert place.said == [
        ("dkms", "add", SOURCES, "-k", "6.1"),
        ("cp", "-a", "-T", SOURCES, "/usr/src/x-1-1"),
    ]


def test_sources_that_dkms_does_not_add_are_told(root: Root) -> None:
    with pytest.raises(QlumodError) as caught:
        added(Place(root))
    assert str(caught.value) == (
        f"dkms added nothing of {SOURCES}\n"
        "To mend it: see PACKAGE_NAME and PACKAGE_VERSION in its dkms.conf"
    )


def test_directories_with_a_dkms_conf_are_sources_whoever_wrote_it(root: Root) -> None:
    paths = ("/usr/src", "/usr/src/y", "/usr/src/y/a.c", f"{SOURCES}/src/b.c", SOURCES, "/etc/x")
    assert source_directories(root, paths) == (SOURCES,)


def test_the_logs_of_compiler_and_configure_are_found_and_told(root: Root) -> None:
    build = "/var/lib/dkms/x/1/build"
    root.write(f"{build}/make.log", b"one\n\ntwo\n")
    root.write(f"{build}/lib/config.log", b"no header\n\n## --- ##\n## Cache variables. ##\na=b\n")
    root.link(f"{build}/other/config.log", "/etc/passwd")
    logs = logs_of(root, Added(name="x", version="1"))
    assert [log.end for log in logs] == [
        ("make.log:", "one", "two"),
        ("lib/config.log:", "no header"),
    ]
    said: list[object] = []
    tell_logs(logs, said.append)
    assert said[0] == Output(program="make.log", line="one")
    assert len(said) == 8


def test_the_end_of_a_long_log_is_short() -> None:
    name, *lines = Log(name="make.log", lines=[str(number) for number in range(1000)]).end
    assert (name, lines[-1], len(lines)) == ("make.log:", "999", 20)
