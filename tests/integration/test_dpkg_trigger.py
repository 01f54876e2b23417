"""dpkg keeps the registry up to date by a trigger, and is never left half-configured by it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.head.head_node import HeadNode, payload_files
from tests.head.small_payloads import EPOCH, add_core, add_slurm, payload_deb
from tests.support.debs import make_deb
from tests.support.roots import HEAD_NODE, debian_root, play
from tests.support.transcript import Transcript

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="dpkg works in a root of its own"),
]

Play = Callable[[str], Transcript]

HEAD = "/own/python3-qlumod_*.deb /own/qlumod-head_*.deb"
AUDIT = (
    "dpkg --audit; dpkg-query -W -f '${db:Status-Abbrev}${Package}\\n' 'qlu*'"
    " | grep -v '^un' | sort"
)
LIST = "qlumod modules --json"


@pytest.fixture(scope="session")
def debs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small payload packages, named as the package wing names them."""
    directory = tmp_path_factory.mktemp("debs")
    payload(directory, "core", "14.0.0-1")
    payload(directory, "slurm", "14.0.0-1")
    payload(directory, "slurm", "14.0.0-2", files={"layer.squashfs": b"another layer"})
    payload(directory, "broken", "14.0.0-1", spoil=True)
    return directory


def payload(
    directory: Path, module: str, version: str, *, spoil: bool = False, **options: object
) -> None:
    files = payload_files(module, "14.0.0", **options)
    if spoil:
        files["layer.squashfs"] = b"spoilt"
    place = f"/usr/share/qlumod/modules/{module}/bookworm/amd64/14.0.0"
    make_deb(
        directory,
        f"qlustar-module-{module}-bookworm-amd64-14.0.0",
        version,
        depends="qlumod-head",
        files={f"{place}/{path}": data for path, data in files.items()},
    )


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Payload packages whose layers are real squashfs images of a few files."""
    directory = tmp_path_factory.mktemp("real")
    head = HeadNode(directory / "head", [])
    for version, add in (("14.0.0-1", add_core), ("14.0.0-1", add_slurm), ("14.0.0-2", add_slurm)):
        # The files of the second slurm differ by their epoch.
        files = add(head, directory / f"{add.__name__}{version}", epoch=EPOCH + int(version[-1]))
        payload_deb(head, files, version, directory)
    return directory


@pytest.fixture
def scenario(
    shared_cache: Path, own_packages: Path, debs: Path, real: Path, tmp_path: Path
) -> Play:
    """Runs a script in a fresh root, with our own packages in /own and payloads in /debs."""
    root = debian_root(shared_cache, "bookworm", HEAD_NODE)

    def run(script: str) -> Transcript:
        return play(
            root,
            f"set -e\n{script}",
            scratch=tmp_path / "scratch",
            shown=[(own_packages, "/own"), (debs, "/debs"), (real, "/real")],
        ).require()

    return run


def listed(lines: list[str]) -> list[tuple[str, str, str]]:
    document = json.loads("\n".join(lines))
    return [(m["module"], m["package_version"], m["status"]) for m in document["modules"]]


INSTALLED = [
    "ii qlumod-head",
    "ii qlustar-module-core-bookworm-amd64-14.0.0",
    "ii qlustar-module-slurm-bookworm-amd64-14.0.0",
]


def test_head_and_modules_in_one_apt_run_then_upgrade_remove_and_purge(scenario: Play) -> None:
    printed = scenario(f"""
mkdir -p /etc/qlumod/registered.d
printf '#!/bin/sh\\ngrep -E "^(Change|Module|Package-Version):" "$1" >> /told' \\
    > /etc/qlumod/registered.d/10-tell
chmod +x /etc/qlumod/registered.d/10-tell
apt-get -y install {HEAD} /debs/*core*.deb /debs/*slurm*_14.0.0-1_*.deb
echo == installed; {AUDIT}
echo == list; {LIST}
echo == told; cat /told; rm /told; echo == done
apt-get -y install /debs/*slurm*_14.0.0-2_*.deb
echo == upgraded; {LIST}
echo == told upgrade; cat /told; rm /told; echo == done
apt-get -y remove 'qlustar-module-slurm*'
echo == removed; {LIST}
echo == told removal; cat /told; echo == done
apt-get -y purge 'qlustar-module-core*'
echo == without; qlumod modules
mkdir -p /etc/qlumod/images/common/copy/etc; touch /etc/qlumod/images/common/copy/etc/mine
apt-get -y purge qlumod-head
echo == purged; ls -d /var/lib/qlumod || true; find /etc/qlumod -type f
""")
    assert printed.after("installed") == INSTALLED
    assert listed(printed.after("list")) == [
        ("core", "14.0.0-1", "ok"),
        ("slurm", "14.0.0-1", "ok"),
    ]
    assert printed.after("told") == [
        "Change: added", "Module: core", "Package-Version: 14.0.0-1",
        "Change: added", "Module: slurm", "Package-Version: 14.0.0-1",
    ]  # fmt: skip
    assert listed(printed.after("upgraded"))[1] == ("slurm", "14.0.0-2", "ok")
    assert printed.after("told upgrade") == [
        "Change: changed", "Module: slurm", "Package-Version: 14.0.0-2"
    ]  # fmt: skip
    assert listed(printed.after("removed")) == [("core", "14.0.0-1", "ok")]
    assert printed.after("told removal") == [
        "Change: removed", "Module: slurm", "Package-Version: 14.0.0-2"
    ]  # fmt: skip
    assert printed.after("without")[0].startswith("this head node has no modules")
    purged = printed.after("purged")
    assert purged[0].startswith("ls: cannot access '/var/lib/qlumod'")
    assert "/etc/qlumod/images/common/copy/etc/mine" in purged


def test_modules_that_dpkg_unpacked_first_are_registered_when_the_head_is_configured(
    scenario: Play,
) -> None:
    printed = scenario(f"""
dpkg --unpack /debs/*core*.deb /debs/*slurm*_14.0.0-1_*.deb
dpkg --unpack {HEAD}
dpkg --configure -a
echo == installed; {AUDIT}
echo == list; {LIST}
""")
    assert printed.after("installed") == INSTALLED
    assert listed(printed.after("list")) == [
        ("core", "14.0.0-1", "ok"),
        ("slurm", "14.0.0-1", "ok"),
    ]


def test_a_damaged_layer_is_reported_and_leaves_nothing_half_configured(scenario: Play) -> None:
    printed = scenario(f"""
apt-get -y install {HEAD} /debs/*core*.deb
echo == installing; apt-get -y install /debs/*broken*.deb
echo == installed; {AUDIT}
echo == list; {LIST}
echo == whole again
apt-get -y remove 'qlustar-module-broken*'
echo == end; {LIST}
""")
    assert (
        "damaged broken 14.0.0 (bookworm, amd64): layer.squashfs has 6 bytes instead of 22"
        in printed.after("installing")
    )
    assert printed.after("installed") == [
        "ii qlumod-head",
        "ii qlustar-module-broken-bookworm-amd64-14.0.0",
        "ii qlustar-module-core-bookworm-amd64-14.0.0",
    ]
    assert ("broken", "14.0.0-1", "damaged") in listed(printed.after("list"))
    assert listed(printed.after("end")) == [("core", "14.0.0-1", "ok")]


def test_an_upgrade_rebuilds_the_images_that_follow(scenario: Play) -> None:
    show = "qlumod image list; readlink /var/lib/qlumod/images/*/deployed"
    newest = "/var/lib/qlumod/images/compute/2/stack"
    printed = scenario(f"""
apt-get -y install {HEAD} /real/*core*.deb /real/*slurm*_14.0.0-1_*.deb
qlumod image create compute --modules slurm
qlumod image create minimal
qlumod image build compute minimal
for image in compute minimal; do qlumod image deploy "$image"; done
echo == before; {show}; echo == done
apt-get -y install /real/*slurm*_14.0.0-2_*.deb
echo == after; {show}
echo == stack; sed -n '/^Modules/,/^Layers/p' {newest}
echo == audit; {AUDIT}; echo == done
apt-get -y remove 'qlustar-module-slurm*'
echo == removed; {show}
echo == end
""")
    assert printed.after("before")[-2:] == ["1", "1"]
    state = "deployed: 1  up-to-date"
    # The image without slurm did not change, and nodes get what they got before.
    assert printed.after("after") == [
        f"compute  14.0  bookworm  amd64  core, slurm  generation 2 of 14.0.0  {state}",
        f"minimal  14.0  bookworm  amd64  core         generation 1 of 14.0.0  {state}",
        "1",
        "1",
    ]
    assert " slurm 14.0.0 14.0.0-2" in printed.after("stack")
    assert printed.after("audit") == INSTALLED
    # What was built can still be booted when its module is gone.
    assert printed.after("removed")[-2:] == ["1", "1"]


def test_a_head_node_that_cannot_register_still_lets_dpkg_finish(scenario: Play) -> None:
    printed = scenario(f"""
apt-get -y install {HEAD}
rm -r /usr/lib/python3/dist-packages/qlumod
echo == installing; apt-get -y install /debs/*core*.deb
echo == installed; {AUDIT}; echo == done
apt-get -y --reinstall install /own/python3-qlumod_*.deb
qlumod register
echo == list; {LIST}
""")
    assert (
        "qlumod-head: warning: the modules could not be registered; mend it and run: "
        "qlumod register" in printed.after("installing")
    )
    assert printed.after("installed") == INSTALLED[:2]
    assert listed(printed.after("list")) == [("core", "14.0.0-1", "ok")]
