"""dpkg keeps the registry up to date by a trigger, and is never left half-configured by it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.head.head_node import payload_files
from tests.support.debs import make_deb
from tests.support.head_root import head_root, play

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="dpkg works in a root of its own"),
]

Play = Callable[[str], list[str]]

HEAD = "/own/python3-qlumod_*.deb /own/qlumod-head_*.deb"
AUDIT = "dpkg --audit; dpkg-query -W -f '${db:Status-Abbrev}${Package}\\n' 'qlu*' | sort"
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


@pytest.fixture
def scenario(test_cache: Path, own_packages: Path, debs: Path, tmp_path: Path) -> Play:
    """Runs a script in a fresh root, with our own packages in /own and payloads in /debs."""
    root = head_root(test_cache)

    def run(script: str) -> list[str]:
        status, lines = play(
            root,
            f"set -e\n{script}",
            scratch=tmp_path / "scratch",
            shown=[(own_packages, "/own"), (debs, "/debs")],
        )
        assert status == 0, "\n".join(lines)
        return lines

    return run


def after(lines: list[str], mark: str) -> list[str]:
    """The lines behind a mark that the script printed, up to the next one."""
    rest = lines[lines.index(f"== {mark}") + 1 :]
    end = next((n for n, line in enumerate(rest) if line.startswith("== ")), len(rest))
    return rest[:end]


def listed(lines: list[str]) -> list[tuple[str, str, str]]:
    document = json.loads("\n".join(lines))
    return [(m["module"], m["package_version"], m["status"]) for m in document["modules"]]


INSTALLED = [
    "ii qlumod-head",
    "ii qlustar-module-core-bookworm-amd64-14.0.0",
    "ii qlustar-module-slurm-bookworm-amd64-14.0.0",
]


def test_head_and_modules_in_one_apt_run_then_upgrade_remove_and_purge(scenario: Play) -> None:
    lines = scenario(f"""
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
    assert after(lines, "installed") == INSTALLED
    assert listed(after(lines, "list")) == [("core", "14.0.0-1", "ok"), ("slurm", "14.0.0-1", "ok")]
    assert after(lines, "told") == [
        "Change: added", "Module: core", "Package-Version: 14.0.0-1",
        "Change: added", "Module: slurm", "Package-Version: 14.0.0-1",
    ]  # fmt: skip
    assert listed(after(lines, "upgraded"))[1] == ("slurm", "14.0.0-2", "ok")
    assert after(lines, "told upgrade") == [
        "Change: changed", "Module: slurm", "Package-Version: 14.0.0-2"
    ]  # fmt: skip
    assert listed(after(lines, "removed")) == [("core", "14.0.0-1", "ok")]
    assert after(lines, "told removal") == [
        "Change: removed", "Module: slurm", "Package-Version: 14.0.0-2"
    ]  # fmt: skip
    assert after(lines, "without")[0].startswith("this head node has no modules")
    purged = after(lines, "purged")
    assert purged[0].startswith("ls: cannot access '/var/lib/qlumod'")
    assert "/etc/qlumod/images/common/copy/etc/mine" in purged


def test_modules_that_dpkg_unpacked_first_are_registered_when_the_head_is_configured(
    scenario: Play,
) -> None:
    lines = scenario(f"""
dpkg --unpack /debs/*core*.deb /debs/*slurm*_14.0.0-1_*.deb
dpkg --unpack {HEAD}
dpkg --configure -a
echo == installed; {AUDIT}
echo == list; {LIST}
""")
    assert after(lines, "installed") == INSTALLED
    assert listed(after(lines, "list")) == [("core", "14.0.0-1", "ok"), ("slurm", "14.0.0-1", "ok")]


def test_a_damaged_layer_is_reported_and_leaves_nothing_half_configured(scenario: Play) -> None:
    lines = scenario(f"""
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
        in after(lines, "installing")
    )
    assert after(lines, "installed") == [
        "ii qlumod-head",
        "ii qlustar-module-broken-bookworm-amd64-14.0.0",
        "ii qlustar-module-core-bookworm-amd64-14.0.0",
    ]
    assert ("broken", "14.0.0-1", "damaged") in listed(after(lines, "list"))
    assert listed(after(lines, "end")) == [("core", "14.0.0-1", "ok")]


def test_a_head_node_that_cannot_register_still_lets_dpkg_finish(scenario: Play) -> None:
    lines = scenario(f"""
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
        "qlumod register" in after(lines, "installing")
    )
    assert after(lines, "installed") == INSTALLED[:2]
    assert listed(after(lines, "list")) == [("core", "14.0.0-1", "ok")]
