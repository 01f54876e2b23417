"""Builds of images as units of systemd: who may start and stop them, and what they leave."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.head.head_node import HeadNode
from tests.head.small_payloads import (
    BASE,
    EPOCH,
    MKINITRAMFS,
    NO_CONTENTS,
    add_slurm,
    core_with_mkinitramfs,
    payload_deb,
    state,
)
from tests.support.roots import SUITES, debian_root
from tests.support.systemd_root import SYSTEMD, SystemdRoot, systemd_root
from tests.support.transcript import Transcript

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="systemd works in a root of its own"),
]

SLOW = MKINITRAMFS + "[ ! -e /etc/modprobe.d/slow.conf ] || sleep 600\n"
"""The image ``slow`` is built until somebody stops it."""
PROCESSES = "for file in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $file; echo; done 2>/dev/null"
SET_UP = """
apt-get -q -y install /own/python3-qlumod_*.deb /own/qlumod-head_*.deb \
    /debs/*core*.deb /debs/*slurm*_14.0.0-1_*.deb
# What the installation has started ends before there are images.
systemctl restart qlumod-images.service
systemd-sysusers --inline 'u anna -' 'm anna qlumod' 'u otto -'
for image in compute gpu-node a+b slow; do qlumod image create "$image" --modules slurm; done
mkdir -p /etc/qlumod/images/slow/copy/etc/modprobe.d
echo slow > /etc/qlumod/images/slow/copy/etc/modprobe.d/slow.conf
"""


@pytest.fixture(scope="session")
def module_debs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of a core that makes initrds, and of two revisions of slurm."""
    directory = tmp_path_factory.mktemp("module-debs")
    head = HeadNode(directory / "head", [])
    core = head.add(
        "core",
        files={
            "layer.squashfs": core_with_mkinitramfs(directory, SLOW),
            "core.contents.gz": NO_CONTENTS,
            **state(directory / "core-state", {}, BASE),
        },
    )
    payload_deb(head, core, "14.0.0-1", directory)
    for revision in (1, 2):
        slurm = add_slurm(head, directory / f"slurm{revision}", epoch=EPOCH + revision)
        payload_deb(head, slurm, f"14.0.0-{revision}", directory)
    return directory


@pytest.fixture(scope="module", params=SUITES)
def booted(
    request: pytest.FixtureRequest,
    shared_cache: Path,
    own_packages: Path,
    module_debs: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SystemdRoot]:
    """A head node that has booted, with four images, and users inside and outside of the group."""
    image = debian_root(shared_cache, request.param, SYSTEMD)
    space = tmp_path_factory.mktemp("systemd") / "space"
    with systemd_root(image, space, [(own_packages, "/own"), (module_debs, "/debs")]) as root:
        root(f"set -e\n{SET_UP}").require()
        yield root


def image_in(root: SystemdRoot, name: str) -> dict[str, Any]:
    """What the overview tells an ordinary user of an image."""
    document = json.loads(root("qlumod overview --json", user="otto").require().text)
    (image,) = (one for one in document["images"] if one["image"] == name)
    return dict(image)


def left_of_builds(root: SystemdRoot) -> list[str]:
    """Processes and mounts of builds, and generations that are not whole."""
    return [
        *root(f"{PROCESSES} | grep -E '[q]lumod (image|-)|[m]ksquashfs|[b]wrap|[s]leep'").lines,
        *root("awk '$5 ~ \"^/(var/lib/qlumod|tmp|var/tmp)/\"' /proc/1/mountinfo").lines,
        *root("ls -d /var/lib/qlumod/images/*/.new 2>/dev/null").lines,
    ]


def test_the_units_are_sound(booted: SystemdRoot) -> None:
    units = "qlumod-images.service qlumod-image-build@compute.service"
    assert booted(f"systemd-analyze verify --man=no {units}") == Transcript(0, ())
    made = booted("stat -c '%a %U %G %n' /run/qlumod /var/log/qlumod").require()
    assert made.lines == ("755 root root /run/qlumod", "2750 root qlumod /var/log/qlumod")


def test_root_builds_an_image_by_its_unit(booted: SystemdRoot) -> None:
    booted("systemctl start qlumod-image-build@compute.service").require()
    image = image_in(booted, "compute")
    assert (image["state"], image["generation"], image["deployed"]) == ("up-to-date", "1", None)
    last = image["last_build"]
    assert (last["events"], last["errors"]) == ("/run/qlumod/compute.events", [])
    assert last["result"]["generation"] == "1"
    events = booted("cat /run/qlumod/compute.events", user="otto").require()
    told = [json.loads(line)["event"] for line in events.lines]
    assert (told[0], told[-1], "output" in told) == ("begin", "result", False)
    log = "cat /var/log/qlumod/compute.log"
    assert "building image compute" in booted(log, user="anna").require().text
    assert booted(log, user="otto").lines == (
        "cat: /var/log/qlumod/compute.log: Permission denied",
    )
    assert "building image compute" in booted("journalctl -u qlumod-image-build@compute").text


@pytest.mark.parametrize(
    ("image", "unit"),
    [
        ("gpu-node", "qlumod-image-build@gpu-node.service"),
        ("gpu-node", r"qlumod-image-build@gpu\\x2dnode.service"),
        ("a+b", "qlumod-image-build@a+b.service"),
    ],
)
def test_a_member_of_the_group_builds_an_image_by_any_name_of_its_unit(
    booted: SystemdRoot, image: str, unit: str
) -> None:
    booted(f"rm -f '/run/qlumod/{image}.events'").require()
    booted(f"systemctl start {unit}", user="anna").require()
    assert image_in(booted, image)["last_build"]["result"]["image"] == image


def test_nobody_else_starts_it_and_members_start_nothing_else(booted: SystemdRoot) -> None:
    refused = "Interactive authentication required."
    unit = "qlumod-image-build@compute.service"
    for user, verb, name in (
        ("otto", "start", unit),
        ("otto", "stop", unit),
        ("anna", "restart", unit),
        ("anna", "start", "qlumod-images.service"),
        ("anna", "start", "dbus.service"),
        ("anna", "start", "qlumod-image-build@..compute.service"),
    ):
        answer = booted(f"systemctl {verb} {name}", user=user)
        assert (answer.status != 0, answer.lines[0]) == (
            True, f"Failed to {verb} {name}: {refused}"
        )  # fmt: skip


def test_a_failure_is_seen_after_the_unit_has_ended(booted: SystemdRoot) -> None:
    path = "/etc/qlumod/images/compute/copy/usr/sbin/slurmd/file"
    booted(f"mkdir -p {path}").require()
    answer = booted("systemctl start qlumod-image-build@compute.service", user="anna")
    booted("rm -r /etc/qlumod/images/compute/copy").require()
    assert answer.status == 1
    last = image_in(booted, "compute")["last_build"]
    assert (last["result"], [error["code"] for error in last["errors"]]) == (None, ["refused"])
    assert last["errors"][0]["brief"] in booted("journalctl -u qlumod-image-build@compute").text
    booted("systemctl reset-failed")


def test_a_stop_cancels_the_build_and_leaves_nothing(booted: SystemdRoot) -> None:
    unit = "qlumod-image-build@slow.service"
    booted(f"systemctl start --no-block {unit}", user="anna").require()
    booted.wait_for(f"{PROCESSES} | grep -q '[s]leep 600'")
    image = image_in(booted, "slow")
    assert (image["state"], image["last_build"]) == ("building", None)
    assert (image["building"]["unit"], image["building"]["events"]) == (
        unit, "/run/qlumod/slow.events"
    )  # fmt: skip
    booted(f"systemctl stop {unit}", user="anna").require()
    assert left_of_builds(booted) == []
    assert booted(f"systemctl is-active {unit}").lines == ("inactive",)
    image = image_in(booted, "slow")
    assert (image["state"], image["generation"], image["building"]) == ("never-built", None, None)
    assert [error["code"] for error in image["last_build"]["errors"]] == ["interrupted"]


def test_an_upgrade_rebuilds_in_the_background_and_changes_nothing_for_nodes(
    booted: SystemdRoot,
) -> None:
    booted("systemctl start qlumod-image-build@compute.service").require()
    booted("qlumod image deploy compute").require()
    deployed = image_in(booted, "compute")["deployed"]
    booted("printf 'Format: 1\\nImage: broken\\n' > /etc/qlumod/images/broken.image").require()
    booted("apt-get -q -y install /debs/*slurm*_14.0.0-2_*.deb").require()
    # apt has ended: the image `slow` is built until it is stopped.
    booted.wait_for(f"{PROCESSES} | grep -q '[s]leep 600'")
    assert booted("systemctl is-active qlumod-images.service").lines == ("activating",)
    assert booted("dpkg --audit").lines == ()
    slow = image_in(booted, "slow")["building"]
    assert (slow["unit"], slow["events"]) == ("qlumod-images.service", "/run/qlumod/slow.events")
    booted("systemctl stop qlumod-images.service").require()
    assert left_of_builds(booted) == []
    image = image_in(booted, "compute")
    assert (image["state"], image["deployed"]) == ("up-to-date", deployed)
    assert image["generation"] == str(int(deployed) + 1)
    history = json.loads(booted("qlumod image history compute --json").require().text)
    assert "modules have changed" in json.dumps(history)
    (error, *_) = image_in(booted, "broken")["last_build"]["errors"]
    assert error["where"]["file"] == "/etc/qlumod/images/broken.image"
    assert error["brief"] in booted("journalctl -u qlumod-images").text


def test_the_package_takes_its_units_with_it(booted: SystemdRoot) -> None:
    booted("systemctl start --no-block qlumod-image-build@slow.service").require()
    booted.wait_for(f"{PROCESSES} | grep -q '[s]leep 600'")
    booted("apt-get -q -y purge qlumod-head").require()
    assert left_of_builds(booted) == []
    assert booted("ls -d /run/qlumod /var/log/qlumod").status == 2
