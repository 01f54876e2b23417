"""An image is exported whole, the same bytes for the same generation."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.head.listed_payloads import add_listed, build_listed, write_tree
from tests.support import debris

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="images are built by root")

CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")
"""cap_net_raw, permitted and effective (linux/capability.h, version 2)."""


@pytest.fixture
def built(head: HeadNode, tmp_path: Path) -> HeadNode:
    """An image whose layers have all that an export could lose."""
    core = write_tree(
        tmp_path / "trees/core",
        {
            "/etc/motd": "of core\n",
            "/etc/hidden": "of core\n",
            "/usr/lib/gone/file": "of core\n",
            "/usr/lib/opaque/below": "of core\n",
            "/usr/bin/ping": "ping\n",
            "/usr/bin/sudo": "sudo\n",
            "/usr/bin/link": "->sudo",
            "/srv/long-" + "x" * 120 + "/" + "y" * 120: "long\n",
        },
    )
    os.link(core / "usr/bin/ping", core / "usr/bin/ping4")
    (core / "usr/bin/sudo").chmod(0o4755)
    os.setxattr(core / "usr/bin/ping", "security.capability", CAPABILITY)
    os.mkfifo(core / "srv/fifo")
    os.mknod(core / "srv/null", 0o20666, os.makedev(1, 3))
    (core / os.fsdecode(b"srv/\xff")).write_text("no UTF-8\n")
    slurm = write_tree(
        tmp_path / "trees/slurm",
        {"/etc/motd": "of slurm\n", "/usr/sbin/slurmd": "d\n", "/usr/lib/opaque/new": "new\n"},
    )
    for path in ("etc/hidden", "usr/lib/gone"):
        os.mknod(slurm / path, 0o20600, os.makedev(0, 0))
    os.setxattr(slurm / "usr/lib/opaque", "trusted.overlay.opaque", b"y")
    add_listed(head, "core", core, {"base-files": "12.4"})
    add_listed(head, "slurm", slurm, {"slurmd": "22.05.8-4"})
    secret = head.places.images / "common/secrets/etc/key"
    secret.parent.mkdir(parents=True)
    secret.write_text("of the site")
    head.look()
    build_listed(head)
    return head


def export(qlumod: CommandLine, head: HeadNode, name: str, *words: str) -> Path:
    target = qlumod.directory / name
    qlumod.must("image", "export", "compute", target, *words, "--root", head.root)
    return target


def check_merged(root: Path) -> None:
    """All is there as nodes see it."""
    assert (root / "etc/motd").read_text() == "of slurm\n"
    assert not os.path.lexists(root / "etc/hidden")
    assert not os.path.lexists(root / "usr/lib/gone")
    assert sorted(path.name for path in (root / "usr/lib/opaque").iterdir()) == ["new"]
    assert (root / "usr/bin/sudo").stat().st_mode & 0o7777 == 0o4755
    assert (root / "usr/bin/link").readlink() == Path("sudo")
    assert (root / "usr/bin/ping").samefile(root / "usr/bin/ping4")
    assert os.getxattr(root / "usr/bin/ping", "security.capability") == CAPABILITY
    assert (root / "srv/fifo").is_fifo()
    assert (root / "srv/null").stat().st_rdev == os.makedev(1, 3)
    assert (root / os.fsdecode(b"srv/\xff")).read_text() == "no UTF-8\n"
    assert (root / ("srv/long-" + "x" * 120) / ("y" * 120)).read_text() == "long\n"
    assert (root / "etc/shadow").stat().st_gid == 42
    assert (root / "usr/sbin/slurmd").stat().st_mtime == 1_700_000_000


def test_a_squashfs_has_the_merged_tree(
    qlumod: CommandLine, built: HeadNode, tmp_path: Path
) -> None:
    made = export(qlumod, built, "a.squashfs")
    unpack = ["unsquashfs", "-quiet", "-no-progress", "-dest", tmp_path / "out", made]
    subprocess.run(unpack, check=True)
    check_merged(tmp_path / "out")
    assert made.read_bytes() == export(qlumod, built, "b.squashfs").read_bytes()
    assert made.stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in made.parent.iterdir()) == ["a.squashfs", "b.squashfs"]


def test_a_tar_has_the_merged_tree(qlumod: CommandLine, built: HeadNode, tmp_path: Path) -> None:
    made = export(qlumod, built, "a.tar")
    (tmp_path / "out").mkdir()
    unpack = ["tar", "--xattrs", "--xattrs-include=*", "-xpf", made, "-C", tmp_path / "out"]
    subprocess.run(unpack, check=True)
    check_merged(tmp_path / "out")
    assert made.read_bytes() == export(qlumod, built, "b", "--format", "tar").read_bytes()
    with tarfile.open(made) as archive:
        names = archive.getnames()
    assert names == sorted(names)
    assert not [name for name in names if ".wh." in name or name.endswith("key")]


def test_an_oci_image_has_a_layer_for_each_module(qlumod: CommandLine, built: HeadNode) -> None:
    made = export(qlumod, built, "compute.oci")
    index = json.loads((made / "index.json").read_text())
    (described,) = index["manifests"]
    manifest = blob(made, described["digest"])
    config = blob(made, manifest["config"]["digest"])
    assert described["annotations"] == {"org.opencontainers.image.ref.name": "compute"}
    assert [step["created_by"] for step in config["history"]] == [
        "core 14.0.0",
        "slurm 14.0.0",
        "image",
    ]
    assert (config["created"], config["architecture"]) == ("2023-11-14T22:13:20Z", "amd64")
    _, slurm, _ = (path_of(made, layer["digest"]) for layer in manifest["layers"])
    with tarfile.open(slurm) as archive:
        members = {each.name: each for each in archive}
    assert list(members) == [
        "etc", "etc/.wh.hidden", "etc/motd", "usr", "usr/lib", "usr/lib/.wh.gone", "usr/lib/opaque",
        "usr/lib/opaque/.wh..wh..opq", "usr/lib/opaque/new", "usr/sbin", "usr/sbin/slurmd",
    ]  # fmt: skip
    assert members["etc/.wh.hidden"].isreg()
    assert members["usr/lib/opaque"].pax_headers == {}
    for layer, diff in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
        path = path_of(made, layer["digest"])
        packed = path.read_bytes()
        assert (layer["size"], layer["digest"]) == (len(packed), f"sha256:{path.name}")
        assert hashlib.sha256(packed).hexdigest() == path.name
        plain = subprocess.run(["gzip", "-dc", path], check=True, capture_output=True).stdout
        assert diff == f"sha256:{hashlib.sha256(plain).hexdigest()}"


def blob(layout: Path, digest: str) -> Any:
    return json.loads(path_of(layout, digest).read_text())


def path_of(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")


def test_skopeo_reads_an_oci_image_as_a_directory_and_as_an_archive(
    qlumod: CommandLine, built: HeadNode
) -> None:
    directory = export(qlumod, built, "compute.oci")
    archive = export(qlumod, built, "compute.oci.tar")
    assert (
        archive.read_bytes() == export(qlumod, built, "again.tar", "--format", "oci").read_bytes()
    )
    for named in (f"oci:{directory}:compute", f"oci-archive:{archive}:compute"):
        seen = skopeo("inspect", named)
        assert (seen["Architecture"], seen["Os"], len(seen["Layers"])) == ("amd64", "linux", 3)
        assert seen["Labels"] == {
            "org.opencontainers.image.title": "compute",
            "org.opencontainers.image.version": "14.0.0",
        }
    copy = qlumod.directory / "copy"
    copying = ["skopeo", "copy", "--insecure-policy", f"oci-archive:{archive}", f"dir:{copy}"]
    subprocess.run(copying, check=True, stdout=subprocess.DEVNULL)
    assert len(list(copy.iterdir())) == 3 + 3


def skopeo(*words: str) -> Any:
    done = subprocess.run(["skopeo", *words], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def test_what_exists_is_replaced_only_by_force_and_never_a_directory_of_others(
    qlumod: CommandLine, built: HeadNode
) -> None:
    def refusal(target: Path, *words: str) -> list[str]:
        answer = qlumod("image", "export", "compute", target, *words, "--root", built.root)
        assert answer.status in (1, 2)
        return answer.err.splitlines()

    there = qlumod.directory / "there.tar"
    there.write_text("mine")
    assert refusal(there) == [
        f"qlumod: error: {there} exists",
        "To mend it: choose another name, or use --force to replace it",
    ]
    assert there.read_text() == "mine"
    export(qlumod, built, "there.tar", "--force")
    assert tarfile.is_tarfile(there)
    home = qlumod.directory / "home.oci"
    home.mkdir()
    assert refusal(home, "--force") == [
        f"qlumod: error: {home} is a directory that no export has made (it has no oci-layout)",
        "To mend it: choose another name, or remove it yourself",
    ]
    home.rmdir()
    export(qlumod, built, "home.oci")
    export(qlumod, built, "home.oci", "--force")
    assert refusal(qlumod.directory / "none/x.tar") == [
        f"qlumod: error: there is no directory {qlumod.directory}/none",
        f"To mend it: mkdir {qlumod.directory}/none",
    ]
    assert refusal(qlumod.directory / "x.img")[-1] == (
        "Error: the name x.img does not say the format: use --format"
    )
    assert sorted(path.name for path in qlumod.directory.iterdir()) == ["home.oci", "there.tar"]


def test_a_dry_run_writes_nothing_and_a_damaged_generation_is_refused(
    qlumod: CommandLine, built: HeadNode
) -> None:
    words = ("image", "export", "compute", "x.tar", "--root", built.root)
    assert qlumod.must(*words, "--dry-run").out == (
        "image compute, generation 1: would be exported to x.tar (tar)\n"
    )
    shutil.rmtree(built.places.layers)
    answer = qlumod(*words)
    directory = built.places.built / "compute/1"
    assert (answer.status, answer.err) == (
        1,
        f"qlumod: error: generation 1 of image compute has lost files ({directory})\n"
        "To mend it: build the image again: qlumod image build compute\n",
    )
    assert list(qlumod.directory.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_export_leaves_no_file_no_process_and_no_mount(
    qlumod: CommandLine, built: HeadNode, number: signal.Signals
) -> None:
    debris.adopt_orphans()
    ours = {process.pid for process in debris.descendants()}
    words = ("image", "export", "compute", "x.oci", "--root", built.root)
    process = qlumod.start(*words)
    assert process.stdout is not None
    while "writing layer" not in process.stdout.readline():
        assert process.poll() is None
    os.killpg(process.pid, number)
    process.communicate()
    deadline = time.monotonic() + 5
    while debris.left_running(ours, [built.root]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert debris.left_running(ours, [built.root]) == []
    assert str(qlumod.directory) not in Path("/proc/self/mountinfo").read_text()
    assert process.returncode in (130, -9)
    # The next export removes what a killed one has left.
    qlumod.must(*words, "--force")
    assert [path.name for path in qlumod.directory.iterdir()] == ["x.oci"]
