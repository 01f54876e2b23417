"""What maintainer scripts may expect of the root that they run in, and what stays of it."""

import os
from pathlib import Path

import pytest

from qlumod.events import Caution, Event, Output
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.layer.small_release import SmallRelease
from tests.support.contents import paths_in

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="layers are built by root"),
]


def cat(payload: Path, path: str) -> str:
    return capture(
        command("unsquashfs", "-cat", payload / "layer.squashfs", path.lstrip("/"))
    ).decode()


def test_the_own_name_has_an_address_and_excluded_directories_are_there(
    release: SmallRelease,
) -> None:
    payload = release.build("expecting")
    address, *directories = cat(payload, "/usr/share/expecting").splitlines()
    assert address.split() == ["127.0.1.1", "qlumod"]
    assert directories == ["/usr/share/man/man1", "/usr/share/man/man7"]


def test_of_excluded_directories_only_those_stay_that_a_script_has_used(
    release: SmallRelease,
) -> None:
    paths = {path for path in paths_in(release.build("expecting")) if not path.startswith("/var")}
    assert paths == {
        "/usr/lib/expecting/page.1",
        "/usr/lib/expecting/program",
        "/usr/share/expecting",
    }
    listed = capture(
        command(
            "unsquashfs", "-lln", release.build("expecting") / "layer.squashfs", "usr/share/man"
        )
    ).decode()
    # What lies in there leads to /etc/alternatives: it is made in each stack.
    below = [line.partition("squashfs-root")[2] for line in listed.splitlines()]
    assert below == [
        "",
        "/usr",
        "/usr/share",
        "/usr/share/man",
        "/usr/share/man/man1",
    ]


def test_no_list_of_another_package_changes(release: SmallRelease) -> None:
    lists = {path for path in paths_in(release.build("expecting")) if path.endswith(".list")}
    assert lists == {"/var/lib/dpkg/info/expecting.list"}


def test_a_policy_of_a_packages_own_stays(release: SmallRelease) -> None:
    policing = release.build("policing")
    assert cat(policing, "/usr/sbin/policy-rc.d") == "#!/bin/sh\nexit 104\n"
    assert "/usr/sbin/policy-rc.d" not in paths_in(release.build("policed"))


def test_what_a_script_adds_to_the_hosts_stays_and_what_we_add_goes(release: SmallRelease) -> None:
    assert cat(release.build("policing"), "/etc/hosts") == "10.0.0.1 server\n"
    assert "/etc/hosts" not in paths_in(release.build("expecting"))


def built_anew(release: SmallRelease, module: str) -> list[Event]:
    heard: list[Event] = []
    for payload in (release.cache / "layers").iterdir():
        if payload.name == release.job(module).identity:
            payload.rename(payload.with_name(f"{payload.name}-old"))
    release.build(module, heard.append)
    return heard


def test_a_process_that_a_package_leaves_is_named_with_its_module(release: SmallRelease) -> None:
    told = [event.text for event in built_anew(release, "serving") if isinstance(event, Caution)]
    assert len(told) == 1
    assert told[0].startswith("serving: apt-get left processes behind, which were ended: sleep (")


def test_all_that_a_script_prints_is_in_the_log(release: SmallRelease) -> None:
    printed = [event.line for event in built_anew(release, "talking") if isinstance(event, Output)]
    assert [line for line in printed if line.startswith("line ")] == [
        f"line {n}" for n in range(1, 401)
    ]
