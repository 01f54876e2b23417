"""A module through the whole path: rendered, built by debhelper, moved to the output."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from debian.deb822 import Changes, Deb822, Dsc

from qlumod.errors import QlumodError
from qlumod.events import Event, Notice
from qlumod.package.deb_build import Toolbox, build_package
from qlumod.package.delivery import Delivery
from qlumod.stack.payload import Payload
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.conftest import ROOT
from tests.package.conftest import Built, build, listing
from tests.package.small import EPOCH, make_payload, plan, toolbox

PAYLOAD = "qlustar-module-slurm-bookworm-amd64-14.0.0"
HOME = "usr/share/qlumod/modules/slurm/bookworm/amd64/14.0.0"


def control(deb: Path) -> Deb822:
    return Deb822(capture(command("dpkg-deb", "--field", deb)))


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def digests(files: tuple[Path, ...]) -> dict[str, str]:
    """What must never differ; .buildinfo tells its own time, and .changes names its digest."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.suffix not in (".buildinfo", ".changes")
    }


def test_a_build_leaves_exactly_these_files(slurm: Built) -> None:
    names = [path.name for path in slurm.files]
    assert names == [
        "qlustar-module-slurm-bookworm-amd64-14.0.0_14.0.0-1_all.deb",
        "qlustar-module-slurm-bookworm-amd64-14.0_14.0.0-1_all.deb",
        "qlustar-module-slurm-bookworm-amd64-14_14.0.0-1_all.deb",
        "qlustar-module-slurm-bookworm-amd64_14.0.0-1.debian.tar.xz",
        "qlustar-module-slurm-bookworm-amd64_14.0.0-1.dsc",
        "qlustar-module-slurm-bookworm-amd64_14.0.0-1_amd64.buildinfo",
        "qlustar-module-slurm-bookworm-amd64_14.0.0.orig.tar.gz",
        "qlustar-module-slurm_14.0.0-1_all.deb",
        "qlustar-module-slurm-bookworm-amd64_14.0.0-1_amd64.changes",
    ]
    assert names_in(slurm.files[0].parent) == sorted(names)
    assert {stat.S_IMODE(path.stat().st_mode) for path in slurm.files} == {0o644}


def test_the_payload_package_holds_the_payload_and_its_documents(slurm: Built) -> None:
    documents = f"usr/share/doc/{PAYLOAD}"
    up = "../../qlumod/modules/slurm/bookworm/amd64/14.0.0"
    found = listing(slurm.deb(PAYLOAD))
    assert {path: mode for path, mode in found.items() if not path.endswith("/")} == {
        f"./{HOME}/layer.squashfs": "-rw-r--r-- root/root",
        f"./{HOME}/left-out.gz": "-rw-r--r-- root/root",
        f"./{HOME}/manifest": "-rw-r--r-- root/root",
        f"./{HOME}/slurm.contents.gz": "-rw-r--r-- root/root",
        f"./{HOME}/slurm.copyright.gz": "-rw-r--r-- root/root",
        f"./{HOME}/slurm.packages.version.gz": "-rw-r--r-- root/root",
        f"./{HOME}/state/accounts": "-rw-r--r-- root/root",
        f"./{documents}/changelog.Debian.gz": "-rw-r--r-- root/root",
        f"./{documents}/copyright": "-rw-r--r-- root/root",
        f"./{documents}/slurm.changelog": "-rw-r--r-- root/root",
        f"./{documents}/slurm.contents.changelog.gz": "-rw-r--r-- root/root",
        f"./{documents}/slurm.contents.gz -> {up}/slurm.contents.gz": "lrwxrwxrwx root/root",
        f"./{documents}/slurm.packages.changelog.gz": "-rw-r--r-- root/root",
        f"./{documents}/slurm.packages.version.gz -> {up}/slurm.packages.version.gz": (
            "lrwxrwxrwx root/root"
        ),
        f"./usr/share/lintian/overrides/{PAYLOAD}": "-rw-r--r-- root/root",
    }
    assert {mode for path, mode in found.items() if path.endswith("/")} == {"drwxr-xr-x root/root"}


def test_the_payload_comes_through_byte_for_byte(slurm: Built, tmp_path: Path) -> None:
    capture(command("dpkg-deb", "--extract", slurm.deb(PAYLOAD), tmp_path))
    made = {
        path.relative_to(slurm.payload): path.read_bytes()
        for path in slurm.payload.rglob("*")
        if path.is_file()
    }
    installed = {
        path.relative_to(tmp_path / HOME): path.read_bytes()
        for path in (tmp_path / HOME).rglob("*")
        if path.is_file()
    }
    assert installed == made


def test_metapackages_carry_the_changelog_and_nothing_else(slurm: Built) -> None:
    for package in (f"{PAYLOAD[:-2]}", f"{PAYLOAD[:-4]}", "qlustar-module-slurm"):
        files = [path for path in listing(slurm.deb(package)) if not path.endswith("/")]
        assert files == [
            f"./usr/share/doc/{package}/changelog.Debian.gz",
            f"./usr/share/doc/{package}/copyright",
            f"./usr/share/lintian/overrides/{package}",
        ]


def test_the_control_fields_of_the_payload_package(slurm: Built) -> None:
    fields = dict(control(slurm.deb(PAYLOAD)))
    fields.pop("Installed-Size")
    fields.pop("Description")
    assert fields == {
        "Package": PAYLOAD,
        "Source": "qlustar-module-slurm-bookworm-amd64",
        "Version": "14.0.0-1",
        "Architecture": "all",
        "Maintainer": "Release Engineers <engineers@qlumod.example>",
        "Depends": "qlumod-head (>= 0.1~), qlustar-module-core-bookworm-amd64-14.0.0 (>= 14.0.0-2)",
        "Section": "misc",
        "Priority": "optional",
        "Multi-Arch": "foreign",
    }


def test_the_data_are_stored_uncompressed_and_no_file_is_newer_than_the_epoch(slurm: Built) -> None:
    members = capture(command("ar", "t", slurm.deb(PAYLOAD))).decode().split()
    assert members == ["debian-binary", "control.tar.gz", "data.tar"]
    text = capture(command("dpkg-deb", "--contents", slurm.deb(PAYLOAD))).decode()
    assert {tuple(line.split()[3:5]) for line in text.splitlines()} == {("2025-11-22", "12:00")}


def test_the_changes_file_names_the_distribution_and_every_file(slurm: Built) -> None:
    changes = Changes(slurm.file(".changes").read_text())
    assert changes["Distribution"] == "bookworm"
    assert changes["Date"] == "Sat, 22 Nov 2025 12:00:00 +0000"
    named = {entry["name"]: entry["sha256"] for entry in changes["Checksums-Sha256"]}
    assert named == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in slurm.files[:-1]
    }


def test_the_source_package_is_quilt_and_unpacks(slurm: Built, tmp_path: Path) -> None:
    dsc = slurm.file(".dsc")
    assert Dsc(dsc.read_text())["Format"] == "3.0 (quilt)"
    capture(command("dpkg-source", "--no-check", "--extract", dsc, tmp_path / "tree"))
    assert (tmp_path / "tree/debian/qlumod/slurm.module").is_file()
    assert (tmp_path / "tree/README").is_file()


def test_another_time_directory_umask_zone_and_locale_give_the_same_bytes(
    slurm: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("DEB_BUILD_OPTIONS", "parallel=7 terse")
    monkeypatch.setenv("DEBFULLNAME", "Somebody Else")
    before = os.umask(0o077)
    try:
        again = build(tmp_path / "quite-another" / "place", plan("slurm"))
    finally:
        os.umask(before)
    assert digests(again.files) == digests(slurm.files)


def test_nothing_changed_is_noticed_before_debhelper_starts(slurm: Built) -> None:
    heard: list[Event] = []
    again = build_package(
        slurm.plan,
        Payload(directory=slurm.payload),
        to=Delivery(output=slurm.files[0].parent, lint=False),
        cache=slurm.payload.parent / "cache",
        check=lambda payload: None,
        listen=heard.append,
    )
    assert sorted(again) == sorted(slurm.files)
    assert heard == [
        Notice(
            text="slurm: nothing to package, "
            "qlustar-module-slurm-bookworm-amd64_14.0.0-1_amd64.changes is up to date"
        )
    ]


def test_a_damaged_payload_stops_the_build_and_leaves_nothing(tmp_path: Path) -> None:
    made = plan("core")
    payload = make_payload(tmp_path / "payload", made)
    with (payload / "layer.squashfs").open("ab") as layer:
        layer.write(b"x")
    with pytest.raises(QlumodError) as caught:
        build_package(
            made,
            Payload(directory=payload),
            to=Delivery(output=tmp_path / "dist", lint=False),
            cache=tmp_path / "cache",
            check=lambda payload: None,
            listen=lambda event: None,
            toolbox=toolbox(tmp_path / "bin", payload),
        )
    assert caught.value.brief == "dpkg-buildpackage failed: exit status 2"
    assert f"cannot package {payload}: layer.squashfs has not the digest" in str(caught.value)
    assert names_in(tmp_path / "dist") == []


def test_a_payload_that_does_not_agree_with_itself_goes_out_in_no_package(tmp_path: Path) -> None:
    made = plan("core")
    payload = make_payload(tmp_path / "payload", made)

    def check(given: Payload) -> None:
        raise QlumodError(f"{given.directory}: the layer and its contents disagree")

    with pytest.raises(QlumodError) as caught:
        build_package(
            made,
            Payload(directory=payload),
            to=Delivery(output=tmp_path / "dist", lint=False),
            cache=tmp_path / "cache",
            check=check,
            listen=lambda event: None,
            toolbox=toolbox(tmp_path / "bin", payload),
        )
    assert str(caught.value) == f"{payload}: the layer and its contents disagree"
    assert names_in(tmp_path / "dist") == []


KILLED = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.package.conftest import build
from tests.package.small import plan
build(Path({place!r}), plan("core"))
"""


def test_a_killed_build_leaves_nothing_that_the_next_one_does_not_clear(tmp_path: Path) -> None:
    script = KILLED.format(root=str(ROOT), place=str(tmp_path / "first"))
    process = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    output = tmp_path / "first/dist"
    deadline = time.monotonic() + 20
    while not list(output.glob(".packaging-*/source/debian/qlumod")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not list(output.glob("[!.]*"))

    made = plan("core")
    payload = tmp_path / "first/payload"
    files = build_package(
        made,
        Payload(directory=payload),
        to=Delivery(output=output, lint=False),
        cache=tmp_path / "cache",
        check=lambda payload: None,
        listen=lambda event: None,
        toolbox=toolbox(tmp_path / "bin", payload),
    )
    assert names_in(output) == sorted(path.name for path in files)


def test_temporary_files_of_a_package_build_lie_where_the_next_build_clears_all(
    tmp_path: Path,
) -> None:
    made = plan("core")
    payload = make_payload(tmp_path / "payload", made)
    tools = toolbox(tmp_path / "bin", payload)
    (tmp_path / "first").mkdir()
    told = tmp_path / "first" / "dh"
    told.write_text('#!/bin/sh\necho "TMPDIR: $TMPDIR"\nexit 1\n')
    told.chmod(0o755)
    path = dict(tools.environment)["PATH"]
    with pytest.raises(QlumodError) as caught:
        build_package(
            made,
            Payload(directory=payload),
            to=Delivery(output=tmp_path / "dist", lint=False),
            cache=tmp_path / "cache",
            check=lambda payload: None,
            listen=lambda event: None,
            toolbox=Toolbox(environment=(*tools.environment, ("PATH", f"{told.parent}:{path}"))),
        )
    assert f"TMPDIR: {tmp_path}/dist/.packaging-" in str(caught.value)
    assert names_in(tmp_path / "dist") == []


@pytest.mark.parametrize(
    ("program", "package"),
    [("dpkg-buildpackage", "dpkg-dev"), ("dh", "debhelper"), ("dh_qlumod", "dh-qlumod")],
)
def test_a_missing_program_is_an_error_that_names_its_package(
    program: str, package: str, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    for found in {"dpkg-buildpackage", "dh", "dh_qlumod"} - {program}:
        (tmp_path / "bin" / found).symlink_to("/bin/true")
    made = plan("core")
    with pytest.raises(QlumodError) as caught:
        build_package(
            made,
            Payload(directory=make_payload(tmp_path / "payload", made)),
            to=Delivery(output=tmp_path / "dist"),
            cache=tmp_path / "cache",
            check=lambda payload: None,
            listen=lambda event: None,
            toolbox=Toolbox(environment=(("PATH", str(tmp_path / "bin")),)),
        )
    assert str(caught.value) == (
        f"cannot run {program}: it is not installed\nTo mend it: apt install {package}"
    )
    assert names_in(tmp_path / "dist") == []


def test_the_epoch_of_the_lock_is_the_time_of_the_build() -> None:
    assert plan("core").lock.epoch == EPOCH
