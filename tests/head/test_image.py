"""An image is built whole or not at all, the same bytes for the same input."""

import gzip
import hashlib
import os
import shutil
import stat
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Caution, Notice, StepStarted
from qlumod.head.definitions import defined_images
from qlumod.head.generations import read_newest, read_stack
from qlumod.head.verbs.build_images import BuiltImage
from qlumod.head.verbs.define_images import NewImage, create_image, remove_image
from qlumod.model.contents import PathLine, contents_text, parse_contents
from qlumod.model.cpio import CpioMember, archive, unpacked_initrd
from qlumod.model.image import ImageName
from qlumod.model.names import FlavorName, ModuleName
from qlumod.model.secret import Secret, SecretKind
from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.head.small_payloads import (
    BASE,
    EPOCH,
    MUNGE,
    NO_CONTENTS,
    add_core,
    add_slurm,
    core_with_mkinitramfs,
    state,
)
from tests.head.small_payloads import layer as make_layer
from tests.support.ordinary import ID, ordinary_user

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="images are built by root")

STATUS = "var/lib/dpkg/status"
COMPUTE = ImageName("compute")
MUNGE_KEY = Secret(path="/etc/munge/munge.key", kind=SecretKind.SITE)
HOST_KEYS = Secret(path="/etc/ssh/ssh_host_*", kind=SecretKind.NODE)


@pytest.fixture
def ready(head: HeadNode, tmp_path: Path) -> HeadNode:
    """A head node with core and slurm, and an image that is defined and not built."""
    add_core(head, tmp_path)
    add_slurm(head, tmp_path, secrets=(MUNGE_KEY, HOST_KEYS))
    head.look()
    create(head)
    return head


def create(head: HeadNode, name: str = "compute", version: str | None = None) -> None:
    create_image(
        head.places,
        NewImage(name=ImageName(name), modules=[ModuleName("slurm")], version=version),
        listen=head.heard.append,
    )


def build(head: HeadNode, name: str = "compute", *, force: bool = False) -> BuiltImage:
    (built,) = head.build(name, force=force).images
    return built


def own_layer(head: HeadNode, tmp_path: Path, name: str = "compute") -> Path:
    """The last layer's files, unpacked."""
    target = tmp_path / "unpacked"
    subprocess.run(["rm", "-rf", target], check=True)
    subprocess.run(
        [
            "unsquashfs",
            "-quiet",
            "-no-progress",
            "-d",
            target,
            head.newest(name) / "image.squashfs",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return target


def tree(top: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(top)): path.read_bytes()
        for path in sorted(top.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def site(head: HeadNode, path: str, text: str, mode: int = 0o644, owner: str = "common") -> Path:
    file = head.places.images / owner / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


def test_a_stack_lists_its_layers_lowest_first_with_their_digests(ready: HeadNode) -> None:
    assert build(ready).generation == "1"
    stack = read_stack(ready.newest())
    assert [layer.name for layer in stack.layers] == ["core", "slurm", "image"]
    for layer in stack.layers:
        file = ready.newest() / layer.file.path
        assert hashlib.sha256(file.read_bytes()).hexdigest() == layer.file.sha256
        assert file.stat().st_size == layer.file.size
        assert file.stat().st_mode & 0o777 == 0o644
    assert (ready.newest() / "vmlinuz").read_bytes() == b"kernel"
    assert (ready.newest() / "initrd.img").read_bytes() == b"initrd"
    assert stack.kernel_release == "6.1.0-1-amd64"


@pytest.mark.parametrize("bringer", ["slurm", "site", ""])
def test_the_initrd_is_made_anew_where_a_module_or_the_site_brings_something_for_it(
    head: HeadNode, tmp_path: Path, bringer: str
) -> None:
    file = PathLine(
        type="f", mode=0o644, owner="root:root", size=1, digest="1", origin="slurm",
        path="/etc/modprobe.d/slurm.conf" if bringer == "slurm" else "/etc/slurm.conf",
    )  # fmt: skip
    contents = contents_text(ModuleName("slurm"), [file])
    fragments = state(tmp_path / "state", {}, BASE)
    files = {"layer.squashfs": core_with_mkinitramfs(tmp_path), "core.contents.gz": NO_CONTENTS}
    head.add("core", files={**files, **fragments})
    files = {
        "layer.squashfs": make_layer(tmp_path / "slurm", {file.path.lstrip("/"): "of slurm\n"}),
        "slurm.contents.gz": gzip.compress(contents.encode()),
    }
    head.add("slurm", epoch=EPOCH + 86400, files=files)
    head.look()
    create(head)
    if bringer == "site":
        site(head, "copy/etc/modprobe.d/site.conf", "of the site\n")
    build(head)
    initrd = (head.newest() / "initrd.img").read_text()
    made = f"initrd of 6.1.0-1-amd64 of {EPOCH}\nof "
    assert initrd == {"slurm": f"{made}slurm\n", "site": f"{made}the site\n", "": "initrd"}[bringer]
    assert read_stack(head.newest()).initrd.sha256 == hashlib.sha256(initrd.encode()).hexdigest()
    layer = tree(own_layer(head, tmp_path))
    assert not [path for path in layer if path.startswith(("tmp/", "boot/"))]
    assert build(head).generation == ""


def test_settings_of_modprobe_are_added_behind_the_initrd_of_core(
    head: HeadNode, tmp_path: Path
) -> None:
    initrd = archive(
        [
            CpioMember(path="etc/modprobe.d", mode=0o40755, mtime=EPOCH, links=2),
            CpioMember(path="usr/lib/modules/6.1/modules.builtin", mode=0o100644, mtime=EPOCH),
        ]
    )
    files = {
        "layer.squashfs": core_with_mkinitramfs(tmp_path),
        "core.contents.gz": NO_CONTENTS,
        "boot/initrd.img": initrd,
    }
    head.add("core", files={**files, **state(tmp_path / "state", {}, BASE)})
    head.look()
    create_image(head.places, NewImage(name=COMPUTE, modules=()), listen=head.heard.append)
    site(head, "copy/etc/modprobe.d/site.conf", "options ipv6 disable=1\n")
    build(head)
    made = (head.newest() / "initrd.img").read_bytes()
    assert made.startswith(initrd)
    assert {path: one.data for path, one in unpacked_initrd(made).items()} == {
        "etc/modprobe.d": b"",
        "etc/modprobe.d/site.conf": b"options ipv6 disable=1\n",
        "usr/lib/modules/6.1/modules.builtin": b"",
    }
    assert read_stack(head.newest()).initrd.sha256 == hashlib.sha256(made).hexdigest()


def test_the_last_layer_holds_the_merged_state_and_little_else(
    ready: HeadNode, tmp_path: Path
) -> None:
    build(ready)
    files = tree(own_layer(ready, tmp_path))
    assert "munge:x:400:400" in files["etc/passwd"].decode()
    assert "root:x:0:0" in files["etc/passwd"].decode()
    assert files["var/lib/dpkg/status"].decode().count("Package: ") == 2
    assert files["etc/machine-id"] == b""
    assert files["usr/lib/qlumod/secrets"].decode() == (
        "/etc/munge/munge.key site\n/etc/ssh/ssh_host_* node\n"
    )
    assert sorted(path for path in files if path.startswith("usr/share/doc")) == [
        "usr/share/doc/qlustar-image/core.contents.gz",
        "usr/share/doc/qlustar-image/core.packages.version.gz",
        "usr/share/doc/qlustar-image/slurm.contents.gz",
    ]
    assert not {"usr/lib/core", "usr/sbin/slurmd", "etc/motd"} & set(files)


def test_every_path_of_the_last_layer_is_in_its_contents(ready: HeadNode, tmp_path: Path) -> None:
    site(ready, "copy/etc/motd", "welcome\n")
    build(ready)
    text = gzip.decompress((ready.newest() / "image.contents.gz").read_bytes()).decode()
    lines = {line.path: line for line in parse_contents(text, "image.contents")}
    unpacked = own_layer(ready, tmp_path)
    assert set(lines) == {f"/{path.relative_to(unpacked)}" for path in unpacked.rglob("*")}
    for path, origin in (
        ("/etc/passwd", "<accounts>"),
        ("/etc/machine-id", "<machine-id>"),
        ("/etc/motd", "<site>"),
        ("/usr/lib/qlumod/secrets", "<image>"),
    ):
        assert lines[path].origin == origin
        data = (unpacked / path.lstrip("/")).read_bytes()
        assert lines[path].digest == hashlib.sha256(data).hexdigest()
    assert lines["/etc/shadow"].owner == "root:shadow"


def test_layers_are_kept_once_as_hard_links_of_the_payloads(ready: HeadNode) -> None:
    build(ready)
    create(ready, "login")
    build(ready, "login")
    assert len(list(ready.places.layers.iterdir())) == 2
    payload = ready.payload("core") / "layer.squashfs"
    assert any(payload.samefile(path) for path in ready.places.layers.iterdir())


def test_the_same_input_gives_the_same_bytes_elsewhere_and_later(
    ready: HeadNode, tmp_path: Path
) -> None:
    site(ready, "copy/etc/motd", "welcome\n")
    build(ready)
    first = tree(ready.newest().resolve())
    other = HeadNode(tmp_path / "other", [])
    subprocess.run(["cp", "-r", ready.root, other.root], check=True)
    subprocess.run(["rm", "-rf", other.places.state], check=True)
    other.look()
    build(other)
    assert tree(other.newest().resolve()) == first
    assert (other.newest() / "image.squashfs").stat().st_ino != (
        ready.newest() / "image.squashfs"
    ).stat().st_ino


def test_an_image_that_is_up_to_date_is_not_built_again(ready: HeadNode) -> None:
    build(ready)
    again = build(ready)
    assert (again.generation, again.outdated) == ("", False)
    assert Notice(text="image compute: up to date", image="compute") in ready.heard
    assert build(ready, force=True).generation == "2"


def test_nothing_that_a_build_has_linked_is_read_again(ready: HeadNode) -> None:
    build(ready)
    ready.heard.clear()
    build(ready, force=True)
    ready.look()
    steps = [event.step for event in ready.heard if isinstance(event, StepStarted)]
    assert "verifying modules" not in steps


CHANGES = {
    "site's file": lambda head, _: site(head, "copy/etc/motd", "new\n"),
    "its mode": lambda head, _: site(head, "copy/etc/old", "old\n", 0o755),
    "secret": lambda head, _: site(head, "secrets/etc/munge/munge.key", "key", 0o600),
    "newer modules": lambda head, tmp: (
        add_core(head, tmp, "14.0.1"),
        add_slurm(head, tmp, "14.0.1"),
    ),
    "lost layer": lambda head, _: (head.newest() / "image.squashfs").unlink(),
}


@pytest.mark.parametrize("what", CHANGES)
def test_an_image_is_outdated_when_something_has_changed(
    ready: HeadNode, tmp_path: Path, what: str
) -> None:
    site(ready, "copy/etc/old", "old\n")
    build(ready)
    CHANGES[what](ready, tmp_path)
    assert build(ready).generation == "2"
    assert ready.newest().name == "2"
    assert not build(ready).outdated


def test_an_upgrade_keeps_the_layers_of_the_generations_before(
    ready: HeadNode, tmp_path: Path
) -> None:
    build(ready)
    add_core(ready, tmp_path, "14.0.1")
    add_slurm(ready, tmp_path, "14.0.1")
    subprocess.run(["rm", "-rf", ready.payload("core"), ready.payload("slurm")], check=True)
    build(ready)
    first = ready.places.built / "compute" / "1"
    for layer in read_stack(first).layers:
        data = (first / layer.file.path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == layer.file.sha256


def test_old_generations_and_their_layers_go(ready: HeadNode, tmp_path: Path) -> None:
    build(ready)
    for patch in range(1, 5):
        add_core(ready, tmp_path, f"14.0.{patch}")
        add_slurm(ready, tmp_path, f"14.0.{patch}")
        build(ready)
    kept = sorted(path.name for path in (ready.places.built / "compute").iterdir())
    assert kept == ["3", "4", "5", "history"]
    # Slurm's layer is the same in all versions.
    assert len(list(ready.places.layers.iterdir())) == 3 + 1


def test_removing_an_image_takes_all_that_was_built(ready: HeadNode) -> None:
    site(ready, "copy/etc/motd", "mine\n", owner="compute")
    build(ready)
    remove_image(ready.places, COMPUTE, listen=ready.heard.append)
    assert defined_images(ready.places) == ()
    assert not (ready.places.built / "compute").exists()
    assert list(ready.places.layers.iterdir()) == []
    assert (ready.places.images / "compute/copy/etc/motd").exists()


def test_a_layer_that_was_damaged_since_it_was_registered_is_not_used(ready: HeadNode) -> None:
    layer = ready.payload("slurm") / "layer.squashfs"
    layer.write_bytes(layer.read_bytes()[:-1] + b"x")
    with pytest.raises(QlumodError) as raised:
        build(ready)
    assert "slurm 14.0.0 is damaged: layer.squashfs is damaged" in str(raised.value)
    assert read_newest(ready.places, COMPUTE) is None


def test_damage_that_no_look_could_see_is_found_when_the_layer_is_taken(
    ready: HeadNode,
) -> None:
    layer = ready.payload("slurm") / "layer.squashfs"
    layer.write_bytes(layer.read_bytes()[:-1] + b"x")
    status = layer.stat()
    lines = ready.places.verified.read_text().splitlines()
    for number, line in enumerate(lines):
        if line.endswith(str(layer)):
            fields = line.split(" ", 6)
            fields[3:6] = [str(status.st_ino), str(status.st_mtime_ns), str(status.st_ctime_ns)]
            lines[number] = " ".join(fields)
    ready.places.verified.write_text("\n".join(lines) + "\n")
    with pytest.raises(QlumodError) as raised:
        build(ready)
    assert str(raised.value) == (
        f"{layer} is damaged: its SHA-256 is not the manifest's\n"
        "To mend it: run `qlumod register --thorough`, and install its package again"
    )


def test_a_build_that_fails_leaves_the_current_generation(ready: HeadNode) -> None:
    build(ready)
    before = tree(ready.places.built)
    # A directory of the image where the site has a file.
    site(ready, "copy/var/lib/real", "no\n")
    with pytest.raises(QlumodError, match="is no directory, in the image /var/lib/real is one"):
        build(ready)
    assert tree(ready.places.built) == before
    assert {path.name for path in (ready.places.built / "compute").iterdir()} == {"1", "history"}


def test_two_versions_of_one_package_are_refused(head: HeadNode, tmp_path: Path) -> None:
    add_core(head, tmp_path)
    add_slurm(head, tmp_path)
    newer = {
        **MUNGE,
        STATUS: MUNGE[STATUS].replace(
            "munge\nStatus: install ok installed\nVersion: 1",
            "munge\nStatus: install ok installed\nVersion: 2",
        ),
    }
    head.add(
        "other",
        files={
            "layer.squashfs": make_layer(tmp_path / "other", {"usr/sbin/other": "x"}),
            "other.contents.gz": NO_CONTENTS,
            **state(tmp_path / "other-state", BASE, newer),
        },
    )
    head.look()
    with pytest.raises(QlumodError) as raised:
        create_image(
            head.places,
            NewImage(name=COMPUTE, modules=[ModuleName("slurm"), ModuleName("other")]),
            listen=head.heard.append,
        )
        build(head)
    assert str(raised.value) == (
        "/var/lib/dpkg/status: package munge has version 2 in module other and 1 in module slurm\n"
        "To mend it: take both modules from the same release, or lock and build them together"
    )
    assert read_newest(head.places, COMPUTE) is None


def test_debris_of_a_killed_build_goes_with_the_next(ready: HeadNode) -> None:
    debris = ready.places.built / "compute" / ".new"
    debris.mkdir(parents=True)
    (debris / "image.squashfs").write_text("half")
    ready.places.layers.mkdir(parents=True)
    (ready.places.layers / ".abc.squashfs.new").write_text("half")
    build(ready)
    assert not debris.exists()
    assert not list(ready.places.layers.glob(".*"))


def test_the_sites_files_are_merged_in_and_one_images_win(ready: HeadNode, tmp_path: Path) -> None:
    site(ready, "copy/etc/motd", "for all\n")
    site(ready, "copy/etc/motd", "for compute\n", owner="compute")
    site(ready, "copy/usr/local/bin/tool", "#!/bin/sh\n", 0o755)
    link = ready.places.images / "common/copy/etc/link"
    link.symlink_to("/usr/local/bin/tool")
    build(ready)
    own = own_layer(ready, tmp_path)
    assert (own / "etc/motd").read_text() == "for compute\n"
    tool = (own / "usr/local/bin/tool").stat()
    assert stat.S_IMODE(tool.st_mode) == 0o755
    assert tool.st_mtime <= EPOCH
    assert (own / "etc/link").readlink() == Path("/usr/local/bin/tool")


def test_an_owner_that_the_image_does_not_know_is_an_error(ready: HeadNode) -> None:
    file = site(ready, "copy/etc/spool", "x")
    os.chown(file, 1, 1)
    with pytest.raises(QlumodError) as raised:
        build(ready)
    assert str(raised.value) == (
        f"{file} belongs to daemon, whom the image does not know\nTo mend it: chown root: {file}"
    )


def test_a_secret_among_the_sites_files_is_refused(ready: HeadNode) -> None:
    file = site(ready, "copy/etc/munge/munge.key", "key", 0o600)
    with pytest.raises(QlumodError) as raised:
        build(ready)
    assert str(raised.value) == (
        f"{file}: a secret must not be part of an image\nTo mend it: move it from copy/ to secrets/"
    )


def test_a_private_file_of_the_site_is_cautioned_about(ready: HeadNode) -> None:
    file = site(ready, "copy/etc/private", "x", 0o600)
    build(ready)
    (caution,) = (event for event in ready.heard if isinstance(event, Caution))
    assert caution.text == (
        f"{file}: its mode 0600 hides it from users, and everybody who can reach the boot server "
        "can read an image; the place of a secret is "
        f"{ready.places.images}/common/secrets/etc/private"
    )


def test_secrets_travel_in_a_file_of_their_own_that_only_root_reads(
    ready: HeadNode, tmp_path: Path
) -> None:
    site(ready, "secrets/etc/munge/munge.key", "very secret\n", 0o400, owner="compute")
    built = build(ready)
    assert built.missing == ()
    tar = ready.newest() / "secrets.tar"
    assert stat.S_IMODE(tar.stat().st_mode) == 0o600
    with tarfile.open(tar) as packed:
        (member,) = packed.getmembers()
        assert (member.name, member.mode, member.uname) == ("etc/munge/munge.key", 0o400, "root")
    assert "etc/munge/munge.key" not in tree(own_layer(ready, tmp_path))
    for path, data in tree(ready.places.state).items():
        assert b"very secret" not in data or path.endswith("/secrets.tar")


def test_only_secrets_that_the_image_lists_travel(ready: HeadNode) -> None:
    site(ready, "secrets/etc/munge/munge.key", "common", 0o400)
    site(ready, "secrets/etc/elsewhere.key", "of another image", 0o400)
    own = site(ready, "secrets/etc/shadow", "root::", 0o400, owner="compute")
    build(ready)
    with tarfile.open(ready.newest() / "secrets.tar") as packed:
        assert packed.getnames() == ["etc/munge/munge.key"]
    (caution,) = (event for event in ready.heard if isinstance(event, Caution))
    assert caution.text == (
        f"{own} stays here: no module of the image lists /etc/shadow among its secrets, and a node "
        "takes no others"
    )


def test_a_secret_that_is_a_link_is_refused(ready: HeadNode) -> None:
    link = ready.places.images / "compute/secrets/etc/munge/munge.key"
    link.parent.mkdir(parents=True)
    link.symlink_to("/etc/munge/munge.key")
    with pytest.raises(QlumodError) as refused:
        build(ready)
    assert (refused.value.brief, refused.value.remedy) == (
        f"{link} is a link: nodes take secrets that are files",
        "put a copy of what it leads to in its place",
    )


def test_a_secret_with_a_name_that_nodes_refuse_is_refused(ready: HeadNode) -> None:
    key = site(ready, "secrets/etc/ssh/ssh_host_\x1b_key", "key", 0o400)
    with pytest.raises(QlumodError) as refused:
        build(ready)
    assert refused.value.brief == (
        f"{key}: '/etc/ssh/ssh_host_\\x1b_key' is no absolute path without '.', '..' and blanks"
    )


def test_more_secrets_than_nodes_take_are_refused(ready: HeadNode) -> None:
    site(ready, "secrets/etc/munge/munge.key", "x" * (16 << 20), 0o400)
    with pytest.raises(QlumodError) as refused:
        build(ready)
    assert refused.value.brief == (
        "the secrets of the image take 16783360 bytes, and nodes take 16777216"
    )


def test_missing_secrets_of_the_site_are_told(ready: HeadNode) -> None:
    assert build(ready).missing == (MUNGE_KEY,)


@pytest.fixture
def mounts() -> Iterator[None]:
    """No mount and no loop device may be left behind."""

    def seen() -> tuple[str, ...]:
        loops = subprocess.run(["losetup", "-a"], capture_output=True, text=True, check=True)
        return (Path("/proc/mounts").read_text(), loops.stdout)

    before = seen()
    yield
    assert seen()[0] == before[0]


def test_the_verbs_define_build_show_and_remove(
    qlumod: CommandLine, head: HeadNode, tmp_path: Path, mounts: None
) -> None:
    add_core(head, tmp_path)
    add_slurm(head, tmp_path, secrets=(MUNGE_KEY,))
    at = ("--root", head.root)
    assert qlumod("register", *at).status == 0
    assert qlumod("image", "create", "compute", "--modules", "slurm", *at).out.splitlines() == [
        "image compute: core, slurm (14.0, bookworm, amd64)",
        "to build it: qlumod image build compute",
    ]
    tried = qlumod("image", "build", "compute", "--dry-run", "--json", *at)
    assert tried.document["images"][0]["outdated"] is True
    assert not head.places.built.exists()
    assert qlumod("image", "build", "compute", *at).out.splitlines() == [
        "image compute: generation 1 (14.0.0: core, slurm)",
        "  nodes get none yet; to deploy this one: qlumod image deploy compute",
        "  the site's secret /etc/munge/munge.key is missing: put it at "
        "/etc/qlumod/images/compute/secrets/etc/munge/munge.key",
    ]
    assert qlumod("image", "build", "--outdated", *at).out.splitlines()[0] == (
        "image compute: up to date (14.0.0: core, slurm)"
    )
    assert qlumod("image", "list", *at).out.splitlines() == [
        "compute  14.0  bookworm  amd64  core, slurm  generation 1 of 14.0.0  not deployed  "
        "up-to-date"
    ]
    shown = qlumod("image", "show", "compute", "--json", *at).document
    assert [layer["name"] for layer in shown["stack"]["layers"]] == ["core", "slurm", "image"]
    assert (
        qlumod("image", "remove", "compute", *at).out == "image compute removed (1 generations)\n"
    )
    assert qlumod("image", "list", *at).out.startswith("there are no images")


WRONG = {
    "unknown": (
        ("image", "build", "nothing"),
        1,
        "qlumod: error: there is no image nothing (/etc/qlumod/images/nothing.image)",
    ),
    "name": (
        ("image", "create", "../x"),
        2,
        "Error: Invalid value for 'IMAGE': '../x' is no image name: it holds lower-case letters, "
        "digits, '-', '+', '_' and '.', and begins with a letter or a digit",
    ),
    "again": (
        ("image", "create", "compute", "--modules", "slurm"),
        1,
        "qlumod: error: there is an image compute already (/etc/qlumod/images/compute.image)",
    ),
    "which": (
        ("image", "build"),
        2,
        "Error: name the images, or say --all or --outdated",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_typed_wrong_is_said(qlumod: CommandLine, ready: HeadNode, kind: str) -> None:
    words, status, error = WRONG[kind]
    answer = qlumod(*words, "--root", ready.root)
    assert answer.status == status
    assert error in answer.err.splitlines()


def test_a_choice_of_flavors_must_be_made(ready: HeadNode, tmp_path: Path) -> None:
    ready.add("core", flavor="trixie")
    ready.look()
    with pytest.raises(QlumodError) as raised:
        create(ready, "login")
    assert str(raised.value) == (
        "this head node's modules leave a choice: bookworm, trixie\nTo mend it: say --flavor"
    )
    assert FlavorName("bookworm") in str(raised.value)


def test_one_image_that_cannot_be_built_keeps_no_other(ready: HeadNode) -> None:
    create(ready, "broken")
    path = ready.places.images / "broken.image"
    path.write_text(path.read_text().replace("Version: 14.0", "Version: 15"))
    with pytest.raises(QlumodError, match="image broken: no version 15"):
        ready.build()
    assert ready.newest().exists()


def test_a_user_builds_below_a_root_of_his_own_what_root_builds(ready: HeadNode) -> None:
    with ordinary_user() as user:
        shutil.copytree(ready.root, user.home / "head", symlinks=True)
        for path in (user.home / "head", *(user.home / "head").rglob("*")):
            os.chown(path, ID, ID)
        answer = user.qlumod("image", "build", "compute", "--root", "head")
        assert answer.status == 0, answer.out + answer.err
        build(ready)
        made = user.home / "head/var/lib/qlumod/images/compute/1"
        for name in ("image.squashfs", "stack"):
            assert (made / name).read_bytes() == (ready.newest() / name).read_bytes(), name
