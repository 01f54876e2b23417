"""An image is copied or renamed with all that belongs to it, or nothing happened."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.head.generations import generations, read_deployed, read_newest
from qlumod.head.verbs.define_images import NewImage, create_image
from qlumod.head.verbs.move_images import copy_image, rename_image
from qlumod.model.image import ImageName
from qlumod.model.names import ModuleName
from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.head.small_payloads import add_core, add_slurm

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="owners are changed by root")

COMPUTE, LOGIN = ImageName("compute"), ImageName("login")


@pytest.fixture
def defined(head: HeadNode) -> HeadNode:
    """A head node with an image that was never built, and files of the site for it."""
    head.add("core")
    head.add("slurm")
    head.look()
    create(head)
    return head


def create(head: HeadNode) -> None:
    """Define an image with a comment, a file of another owner, a link and a secret."""
    new = NewImage(name=COMPUTE, modules=[ModuleName("slurm")])
    create_image(head.places, new, listen=head.heard.append)
    definition = head.places.images / "compute.image"
    definition.write_text(definition.read_text().replace("Version", "# Eva's\nVersion"))
    tool = head.places.images / "compute/copy/usr/bin/tool"
    key = head.places.images / "compute/secrets/etc/key"
    for path, mode, owner in ((tool, 0o4755, 4711), (key, 0o400, 0)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
        os.chown(path, owner, owner)
        path.chmod(mode)
    (tool.parent / "link").symlink_to("tool")


def below(top: Path) -> dict[str, object]:
    """Every path below a directory, with what a copy must have."""
    return {
        str(path.relative_to(top)): (
            stat.filemode(path.lstat().st_mode),
            path.lstat().st_uid,
            str(path.readlink()) if path.is_symlink() else path.is_file() and path.read_bytes(),
        )
        for path in sorted(top.rglob("*"))
    }


def copy(head: HeadNode) -> None:
    copy_image(head.places, COMPUTE, LOGIN, listen=head.heard.append)


def rename(head: HeadNode) -> None:
    rename_image(head.places, COMPUTE, LOGIN, listen=head.heard.append)


def names(head: HeadNode) -> set[str]:
    return {path.name for path in head.places.images.iterdir()}


def test_a_copy_has_the_definition_and_all_files_of_the_site(
    qlumod: CommandLine, defined: HeadNode
) -> None:
    site = below(defined.places.images / "compute")
    assert qlumod.must("image", "copy", "compute", "login", "--root", defined.root).out == (
        "image login: a copy of compute (core, slurm; 14.0)\n"
        "to build it: qlumod image build login\n"
    )
    assert below(defined.places.images / "login") == site
    assert below(defined.places.images / "compute") == site
    texts = [(defined.places.images / f"{name}.image").read_text() for name in (COMPUTE, LOGIN)]
    assert texts[1] == texts[0].replace("Image: compute", "Image: login")
    assert names(defined) == {"compute", "compute.image", "login", "login.image"}


def test_an_image_is_renamed_with_its_generations(
    qlumod: CommandLine, head: HeadNode, tmp_path: Path
) -> None:
    add_core(head, tmp_path)
    add_slurm(head, tmp_path)
    head.look()
    create(head)
    os.chown(head.places.images / "compute/copy/usr/bin/tool", 0, 0)
    head.build("compute")
    head.deploy()
    site, built = below(head.places.images / "compute"), below(head.places.built / "compute")
    answer = qlumod.must("image", "rename", "compute", "login", "--root", head.root)
    assert answer.out.splitlines() == [
        "image compute is renamed to login (1 generations)",
        "nodes boot by the name, and find nothing at images/compute/ any more; in their boot "
        "configuration,",
        "  change images/compute/ to images/login/ in the addresses of kernel and initrd, and in "
        "qlumod.stack=http://HOST/images/login/deployed/stack",
        "what was built still names compute; to build it with the new name: "
        "qlumod image build login",
    ]
    assert (below(head.places.images / "login"), below(head.places.built / "login")) == (
        site,
        built,
    )
    assert names(head) == {"login", "login.image"}
    assert [path.name for path in head.places.built.iterdir()] == ["login"]
    newest = read_newest(head.places, LOGIN)
    assert newest is not None
    assert newest[1].image == "compute"
    assert read_deployed(head.places, LOGIN) == "1"
    qlumod.must("image", "build", "login", "--root", head.root)
    assert generations(head.places, LOGIN) == ("1", "2")


@pytest.mark.parametrize("verb", ["copy", "rename"])
def test_a_dry_run_changes_nothing(qlumod: CommandLine, defined: HeadNode, verb: str) -> None:
    before = below(defined.places.images)
    tried = qlumod.must("image", verb, "compute", "login", "-n", "--root", defined.root).out
    assert tried.splitlines()[0] in (
        "would be image login: a copy of compute (core, slurm; 14.0)",
        "image compute would be renamed to login (0 generations)",
    )
    assert below(defined.places.images) == before


TAKEN: dict[str, Callable[[HeadNode], Path]] = {
    "there is an image login already (/etc/qlumod/images/login.image)\n"
    "To mend it: choose another name, or remove it: qlumod image remove login": (
        lambda head: head.places.images / "login.image"
    ),
    "there are files of the site of an image login, which is not defined "
    "(/etc/qlumod/images/login)\n"
    "To mend it: choose another name, or move that directory away": (
        lambda head: head.places.images / "login/copy/etc/motd"
    ),
    "there are generations of an image login, which is not defined "
    "(/var/lib/qlumod/images/login)\n"
    "To mend it: choose another name, or move that directory away": (
        lambda head: head.places.built / "login/1/stack"
    ),
}


@pytest.mark.parametrize("act", [copy, rename])
@pytest.mark.parametrize("told", TAKEN)
def test_a_name_that_is_taken_is_refused(
    defined: HeadNode, told: str, act: Callable[[HeadNode], None]
) -> None:
    path = TAKEN[told](defined)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    before = below(defined.root)
    with pytest.raises(QlumodError) as raised:
        act(defined)
    assert str(raised.value) == told
    assert below(defined.root) == before


@pytest.mark.parametrize("act", [copy, rename])
def test_empty_directories_of_an_image_that_was_removed_are_no_hindrance(
    defined: HeadNode, act: Callable[[HeadNode], None]
) -> None:
    site = below(defined.places.images / "compute")
    (defined.places.images / "login/copy/etc").mkdir(parents=True)
    act(defined)
    assert below(defined.places.images / "login") == site


ON_A_SMALL_DISK = """\
small=$1 kept=$2; shift 2
mount -t tmpfs -o size=300k,mode=755 small "$small"
cp -a "$kept/." "$small"
"$@" || true
ls -A "$small"
"""


def test_a_copy_on_a_full_disk_leaves_nothing(
    qlumod: CommandLine, defined: HeadNode, tmp_path: Path
) -> None:
    images, kept = defined.places.images, tmp_path / "kept"
    (images / "compute/copy/large").write_bytes(b"x" * 200_000)
    subprocess.run(["cp", "-a", "-T", images, kept], check=True)
    before = ("unshare", "--mount", "sh", "-ec", ON_A_SMALL_DISK, "sh", str(images), str(kept))
    answer = replace(qlumod, before=before)(
        "image", "copy", "compute", "login", "--root", defined.root
    )
    assert answer.out.splitlines() == ["compute", "compute.image"]
    first, *said, last = answer.err.splitlines()
    # What cp says differs between its versions.
    assert all(line.endswith(": No space left on device") for line in said)
    assert said
    assert [first, last] == [
        f"qlumod: error: cannot copy {images}/compute: nothing was changed",
        "To mend it: make room on that file system, or mend what cp names, and copy it again",
    ]


CHANGES = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "subprocess.Popen"})


def killed_before(change: int, act: Callable[[HeadNode], None], head: HeadNode) -> bool:
    """Let a process be killed before that change of the disk; whether it came so far."""
    child = os.fork()
    if child == 0:
        left = [change]

        def count(event: str, _: object) -> None:
            if event in CHANGES:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        act(head)
        os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


@pytest.mark.parametrize("act", [copy, rename])
@pytest.mark.parametrize("verb_follows", [True, False])
def test_killed_before_any_change_it_is_complete_or_did_not_begin(
    defined: HeadNode, tmp_path: Path, act: Callable[[HeadNode], None], verb_follows: bool
) -> None:
    (defined.places.built / "compute/1").mkdir(parents=True)
    (defined.places.built / "compute/1/image.squashfs").write_text("layer")
    before = state_of(defined)
    fresh = twin(defined, tmp_path / "fresh")
    act(fresh)
    after = state_of(fresh)
    for change in range(100):
        head = twin(defined, tmp_path / f"killed-{change}")
        if not killed_before(change, act, head):
            break
        if not verb_follows:
            head.look()
            assert state_of(head) in (before, after)
        # Where nothing was left to be done but to say so, it is refused.
        with suppress(QlumodError):
            act(head)
        assert state_of(head) == after
    assert 5 < change < 99


def twin(head: HeadNode, root: Path) -> HeadNode:
    """The same head node once more."""
    subprocess.run(["cp", "-a", "-T", head.root, root], check=True)
    return HeadNode(root, [])


def state_of(head: HeadNode) -> dict[str, object]:
    """All of images on a head node."""
    return {**below(head.places.settings), **below(head.places.built)}
