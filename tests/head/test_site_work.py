"""Units that an image switches, and scripts of the site: in the image's own layer, or refused."""

import gzip
import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.head.generations import generations, read_stack
from qlumod.head.verbs.build_images import BuiltImage
from qlumod.head.verbs.define_images import NewImage, create_image
from qlumod.model.contents import PathLine, contents_text, parse_contents
from qlumod.model.image import ImageName
from qlumod.model.names import ModuleName
from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.head.small_payloads import (
    BASE,
    MKINITRAMFS,
    NO_CONTENTS,
    busybox_root,
    squashed,
    state,
)
from tests.head.small_payloads import layer as small_layer
from tests.secrets.planted import PEM

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="images are built by root")

COMPUTE = ImageName("compute")
SYSTEMCTL = """\
#!/bin/busybox sh
wants=/etc/systemd/system/multi-user.target.wants
verb=$1; shift
for unit; do
	[ -e /usr/lib/systemd/system/$unit ] || { echo "Unit $unit is not there" >&2; exit 1; }
	case $verb in
	enable) mkdir -p $wants; ln -s /usr/lib/systemd/system/$unit $wants/$unit ;;
	disable) rm -f $wants/$unit ;;
	esac
done
"""
UNITS = ("slurmd.service", "slurmctld.service", "munge.service", "getty@.service")
IN_CORE = {
    "usr/sbin/mkinitramfs": MKINITRAMFS,
    "usr/bin/systemctl": SYSTEMCTL,
    "etc/modprobe.d/core.conf": "of core\n",
    "srv/old/one": "1\n",
    "srv/old/two": "2\n",
    **{f"usr/lib/systemd/system/{unit}": "[Unit]\n" for unit in UNITS},
}


def add_modules(head: HeadNode, scratch: Path) -> None:
    """A core with a shell, a systemctl and units, of which one is enabled; and slurm."""
    root = busybox_root(scratch)
    for directory in ("proc", "sys", "dev", "run", "tmp", "etc"):
        (root / directory).mkdir(exist_ok=True)
    for path, text in IN_CORE.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
        (root / path).chmod(0o755 if text.startswith("#!") else 0o644)
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "munge.service").symlink_to("/usr/lib/systemd/system/munge.service")
    lines = tuple(
        PathLine(
            type="f", mode=0o644, owner="root:root", size=7, digest="1", origin="slurm",
            path=f"/usr/lib/systemd/system/{unit}",
        )
        for unit in UNITS
    )  # fmt: skip
    contents = contents_text(ModuleName("core"), lines)
    files = {
        "layer.squashfs": squashed(root, scratch / "core.squashfs"),
        "core.contents.gz": gzip.compress(contents.encode()),
    }
    head.add("core", files={**files, **state(scratch / "state", {}, BASE)})
    files = {
        "layer.squashfs": small_layer(scratch / "slurm", {"usr/sbin/slurmd": "slurmd\n"}),
        "slurm.contents.gz": NO_CONTENTS,
    }
    head.add("slurm", files=files)
    head.look()


@pytest.fixture
def ready(head: HeadNode, tmp_path: Path) -> HeadNode:
    """A head node whose modules have programs, and no image."""
    add_modules(head, tmp_path)
    return head


def create(head: HeadNode, **options: object) -> None:
    new = NewImage(name=COMPUTE, modules=[ModuleName("slurm")], **options)  # type: ignore[arg-type]
    create_image(head.places, new, listen=head.heard.append)


def build(head: HeadNode) -> BuiltImage:
    return head.build("compute").images[0]


def script(head: HeadNode, text: str, owner: str = "compute", mode: int = 0o755) -> Path:
    path = head.places.images / owner / "postinst"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh -e\n{text}\n")
    path.chmod(mode)
    return path


def unpacked(head: HeadNode, tmp_path: Path) -> Path:
    """The image's own layer, unpacked."""
    target = tmp_path / "unpacked"
    image = head.newest() / "image.squashfs"
    words = ["unsquashfs", "-quiet", "-no-progress", "-force", "-d", target, image]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return target


def origins(head: HeadNode) -> Mapping[str, tuple[str, str]]:
    """Type and origin of each path of the image's own layer."""
    file = head.newest() / "image.contents.gz"
    lines = parse_contents(gzip.decompress(file.read_bytes()).decode(), "image.contents")
    return {line.path: (line.type, line.origin) for line in lines}


def is_whiteout(path: Path) -> bool:
    found = path.lstat()
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == 0


def test_an_image_switches_units_of_its_modules_and_of_the_site(
    ready: HeadNode, tmp_path: Path
) -> None:
    unit = ready.places.images / "common/copy/usr/lib/systemd/system/site.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Unit]\n")
    create(ready, enable=["slurmd.service", "site.service"], disable=["munge.service"])
    build(ready)
    wants = unpacked(ready, tmp_path) / "etc/systemd/system/multi-user.target.wants"
    assert (wants / "slurmd.service").readlink() == Path("/usr/lib/systemd/system/slurmd.service")
    assert (wants / "site.service").is_symlink()
    assert is_whiteout(wants / "munge.service")
    found = origins(ready)
    assert found["/etc/systemd/system/multi-user.target.wants/munge.service"] == ("w", "<site>")
    assert not build(ready).outdated


def test_a_unit_that_no_module_has_is_refused_with_what_is_close(ready: HeadNode) -> None:
    with pytest.raises(QlumodError) as raised:
        create(ready, enable=["slurm.service", "getty@tty2.service"], disable=["x.timer"])
    where = (
        "a unit is one of the image's modules, or a file of the site below copy/etc/systemd/system/"
    )
    assert str(raised.value) == (
        "image compute: Enable: no module of the image has the unit slurm.service\n"
        f"To mend it: did you mean slurmd.service or slurmctld.service? {where}\n"
        "image compute: Disable: no module of the image has the unit x.timer\n"
        f"To mend it: {where}"
    )


def test_a_unit_that_systemctl_refuses_stops_the_build(ready: HeadNode) -> None:
    create(ready, enable=["getty@tty2.service"])
    with pytest.raises(QlumodError) as raised:
        build(ready)
    assert str(raised.value) == (
        "Enable: systemctl failed for getty@tty2.service: exit status 1\n"
        "  Unit getty@tty2.service is not there\n"
        "To mend it: take the unit that it names out of the field Enable of the image"
    )
    assert generations(ready.places, COMPUTE) == ()


def test_kernel_arguments_stand_in_the_stack_and_are_an_input(
    qlumod: CommandLine, ready: HeadNode
) -> None:
    create(ready)
    build(ready)
    assert "Kernel-Arguments" not in (ready.newest() / "stack").read_text()
    at = ("--root", ready.root)
    words = ("--kernel-arguments", "console=ttyS0  quiet", "--disable", "munge.service")
    done = qlumod.must("image", "edit", "compute", *words, "--json", *at).document
    assert (done["kernel_arguments"], done["disable"]) == ("console=ttyS0 quiet", ["munge.service"])
    assert build(ready).outdated
    assert read_stack(ready.newest()).kernel_arguments == ("console=ttyS0 quiet")
    shown = qlumod.must("image", "show", "compute", *at).out.splitlines()
    assert shown[2:4] == [
        "  disables munge.service",
        "  kernel arguments: console=ttyS0 quiet",
    ]
    words = ("--kernel-arguments", "", "--leave-unit", "munge.service")
    qlumod.must("image", "edit", "compute", *words, *at)
    text = (ready.places.images / "compute.image").read_text()
    assert "Kernel-Arguments" not in text
    assert "Disable" not in text


def test_scripts_of_the_site_run_last_and_fill_the_images_own_layer(
    ready: HeadNode, tmp_path: Path
) -> None:
    copied = ready.places.images / "common/copy/etc/motd"
    copied.parent.mkdir(parents=True)
    copied.write_text("welcome\n")
    script(ready, 'echo "$QLUMOD_IMAGE $0 $(cat /etc/motd)" >>/srv/ran', owner="common")
    script(
        ready,
        "echo second >>/srv/ran; rm -r /srv/old; mkdir /srv/old; echo new >/srv/old/three\n"
        "echo of the site >/etc/modprobe.d/site.conf; [ ! -e /etc/qlumod ]\n"
        "echo more >>/etc/motd",
    )
    create(ready)
    build(ready)
    layer = unpacked(ready, tmp_path)
    assert (layer / "srv/ran").read_text() == "compute /tmp/postinst welcome\nsecond\n"
    assert (layer / "etc/motd").read_text() == "welcome\nmore\n"
    assert (layer / "srv/old/three").read_text() == "new\n"
    assert is_whiteout(layer / "srv/old/one")
    assert is_whiteout(layer / "srv/old/two")
    assert not list(layer.glob("tmp/*"))
    found = origins(ready)
    assert found["/srv/old/one"] == ("w", "<image>")
    assert found["/srv/ran"] == ("f", "<site>")
    assert (ready.newest() / "initrd.img").read_text().endswith("of core\nof the site\n")
    assert not build(ready).outdated
    script(ready, "echo other >>/srv/ran")
    assert build(ready).outdated


def test_a_script_that_fails_stops_the_build_with_its_last_lines(ready: HeadNode) -> None:
    path = script(ready, "echo looking; cat /nowhere; exit 3")
    create(ready)
    with pytest.raises(QlumodError) as raised:
        build(ready)
    assert str(raised.value) == (
        f"{path} failed: exit status 1\n"
        "  looking\n"
        "  cat: can't open '/nowhere': No such file or directory\n"
        "To mend it: correct it, and build the image again; it runs in the image, where it sees "
        "neither the network nor files of the head node"
    )
    assert generations(ready.places, COMPUTE) == ()


def test_a_script_that_cannot_run_or_that_others_may_change_is_refused(ready: HeadNode) -> None:
    path = script(ready, "true", mode=0o644)
    with pytest.raises(QlumodError) as raised:
        create(ready)
    assert str(raised.value) == (
        f"{path} is not executable\n"
        f"To mend it: chmod +x {path}; or move it away, if it is not to run when the image is built"
    )
    path.chmod(0o757)
    with pytest.raises(QlumodError) as raised:
        create(ready)
    assert str(raised.value) == (
        f"everybody may write to {path} (mode 0757), and so decide what qlumod does there\n"
        f"To mend it: see what others have put there (ls -la {path}), then: chmod go-w {path}"
    )


SECRETS = {
    "a new file": ("/srv/key", ""),
    "a file of the site": ("/etc/motd", "welcome\n"),
    "a file of a module": ("/srv/old/one", ""),
}


@pytest.mark.parametrize("where", SECRETS)
def test_a_secret_that_a_script_leaves_is_refused(ready: HeadNode, where: str) -> None:
    path, copied = SECRETS[where]
    if copied:
        file = ready.places.images / f"common/copy{path}"
        file.parent.mkdir(parents=True)
        file.write_text(copied)
    ran = script(ready, f"cat >>{path} <<'END'\n{PEM.decode()}END")
    create(ready)
    line = {"a new file": 1}.get(where, 2)
    with pytest.raises(QlumodError) as raised:
        build(ready)
    assert str(raised.value) == (
        f"{path}: this looks like a secret: it holds a PEM private key (line {line})\n"
        f"  made while the image was put together, by {ran}\n"
        "To mend it: have it leave no secret in the image, which everybody who can reach the boot "
        "server can read; the place of a secret is below secrets/ beside the script, and that of "
        "what only looks like one below copy/"
    )
    assert generations(ready.places, COMPUTE) == ()
