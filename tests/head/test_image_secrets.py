"""Nothing secret gets into an image, whatever runs while it is put together."""

import gzip
import hashlib
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Caution
from qlumod.head.generations import read_newest
from qlumod.head.verbs.define_images import NewImage, create_image
from qlumod.model.contents import PathLine, contents_text
from qlumod.model.image import ImageName
from qlumod.model.names import ModuleName
from qlumod.model.public import Public, parse_public
from qlumod.model.secret import Secret, parse_secret
from tests.head.head_node import HeadNode
from tests.head.small_payloads import (
    BASE,
    NO_CONTENTS,
    add_core,
    add_slurm,
    busybox_root,
    squashed,
    state,
)
from tests.head.small_payloads import layer as make_layer
from tests.secrets.planted import PEM, cpio

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="images are built by root")

COMPUTE = ImageName("compute")
KEY = PEM.decode()
TOKEN = "ghp_" + "0123456789abcdefghijABCDEFGHIJ456789"
TOLD = (
    "\n  made while the image was put together, by watchd's trigger /usr/share/watched, since "
    "giver brings something there (module watch)\n"
    "To mend it: have the maintainer of module watch change its spec: "
)
FIELDS = (
    "add it to the field Secrets, as '{0} site' if many nodes share it, or as '{0} node' if each "
    "node has its own"
)
PUBLISH = "; if everybody may read it, add '{0} REASON' to the field Public"
PROGRAMS = {
    # What dpkg would do: it runs the script of watchd's trigger.
    "usr/bin/dpkg": "#!/bin/busybox sh\n. /usr/share/watchd\n",
    "usr/bin/dpkg-trigger": "#!/bin/busybox sh\n",
    "usr/sbin/ldconfig": "#!/bin/busybox sh\necho names >/etc/ld.so.cache\n",
    "usr/sbin/mkinitramfs": '#!/bin/busybox sh\ncat /usr/share/initrd >"$2"\n'
    'cat /etc/watchd/*.key >>"$2" 2>/dev/null || :\n',
    "etc/example.pem": KEY,
    "etc/watchd/shipped": f"# {KEY}",
    "usr/share/watched/.keep": "",
}


@dataclass(frozen=True, kw_only=True)
class Watched:
    """An image of core, watch and giver, whose trigger runs a script."""

    script: str
    secrets: tuple[Secret, ...] = ()
    public: tuple[Public, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    initrd: bytes = b"initrd"
    """The one that core brings."""

    def build(self, head: HeadNode, scratch: Path) -> str:
        """Build it; returns the paths in its last layer."""
        root = busybox_root(scratch)
        for path, text in {**PROGRAMS, **self.files}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
            (root / path).chmod(0o755)
        for directory in ("proc", "sys", "dev", "run", "tmp", "var/lib/dpkg"):
            (root / directory).mkdir(parents=True, exist_ok=True)
        (root / "usr/share/watchd").write_text(self.script)
        head.add(
            "core",
            files={
                "layer.squashfs": squashed(root, scratch / "layer.squashfs"),
                "core.contents.gz": contents(root),
                "boot/initrd.img": self.initrd,
                "state/caches": b"ld.so\t/etc/ld.so.cache\n",
                **state(scratch / "state", {}, BASE),
            },
        )
        head.add(
            "watch",
            secrets=self.secrets,
            public=self.public,
            files={
                "layer.squashfs": make_layer(scratch / "watch", {"usr/lib/watchd": "watchd\n"}),
                "watch.contents.gz": NO_CONTENTS,
                "state/dpkg-triggers": b"Format: 1\n\n/usr/share/watched watchd/noawait\n",
            },
        )
        tree = scratch / "giver"
        layer = make_layer(tree, {"usr/share/watched/x": "x\n"})
        head.add(
            "giver", files={"layer.squashfs": layer, "giver.contents.gz": contents(tree / "tree")}
        )
        head.look()
        return build(head, "watch", "giver")


def contents(tree: Path) -> bytes:
    """The contents of a module with the files of a directory."""
    lines = tuple(
        PathLine(
            type="f", mode=0o644, owner="root:root", size=path.stat().st_size,
            digest=hashlib.sha256(path.read_bytes()).hexdigest(), origin="x",
            path=f"/{path.relative_to(tree)}",
        )
        for path in sorted(tree.rglob("*")) if path.is_file() and not path.is_symlink()
    )  # fmt: skip
    return gzip.compress(contents_text(ModuleName("x"), lines).encode())


def build(head: HeadNode, *modules: str) -> str:
    create_image(
        head.places,
        NewImage(name=COMPUTE, modules=[ModuleName(module) for module in modules]),
        listen=head.heard.append,
    )
    head.build(COMPUTE)
    image = head.newest() / "image.squashfs"
    listed = subprocess.run(["unsquashfs", "-l", image], capture_output=True, text=True, check=True)
    return listed.stdout.replace("squashfs-root", "")


def cautions(head: HeadNode) -> list[str]:
    return [event.text for event in head.heard if isinstance(event, Caution)]


REFUSED = {
    "key": (
        f"echo '{KEY}' >/etc/watchd/key",
        "/etc/watchd/key: this looks like a secret: it holds a PEM private key (line 1)"
        f"{TOLD}{FIELDS.format('/etc/watchd/key')}",
    ),
    "copies": (
        f"echo 'token = {TOKEN}' >/etc/watchd/a; cp /etc/watchd/a /etc/watchd/b.gz",
        "/etc/watchd/a: this looks like a secret: it holds a GitHub Personal Access Token (line "
        "1), a token in a setting (line 1)\n"
        "  with it goes /etc/watchd/b.gz: it holds a GitHub Personal Access Token (line 1), "
        "a token in a setting (line 1)"
        f"{TOLD}{FIELDS.format('/etc/watchd/a').replace('add it', 'add all these paths')}"
        f"{PUBLISH.format('/etc/watchd/a')}",
    ),
    "hidden": (
        "echo words >/etc/watchd/words; chmod 0640 /etc/watchd/words",
        "/etc/watchd/words: this looks like a secret: no package brings these bytes, and its mode "
        "0640 hides them from users"
        f"{TOLD}{FIELDS.format('/etc/watchd/words')}{PUBLISH.format('/etc/watchd/words')}",
    ),
    "identity": (
        "echo abcd >/etc/hostid",
        "/etc/hostid: this looks like a secret: it is a host id: programs and ZFS tell machines "
        f"apart by it{TOLD}add it to the field Secrets, as '/etc/hostid node'"
        f"{PUBLISH.format('/etc/hostid')}",
    ),
    "name": (
        f"ln -s {TOKEN} /etc/watchd/link",
        "/etc/watchd/link: this looks like a secret: its name, target or attributes hold a GitHub "
        f"Personal Access Token (line 2){TOLD}{FIELDS.format('/etc/watchd/link')}"
        f"{PUBLISH.format('/etc/watchd/link')}",
    ),
    "state": (
        f"echo 'watch:x:450:450:{TOKEN}:/:/bin/sh' >>/etc/passwd",
        "/etc/passwd: this looks like a secret: there is now a GitHub Personal Access Token in it"
        f"{TOLD}{FIELDS.format('/etc/passwd')}{PUBLISH.format('/etc/passwd')}",
    ),
    "answer": (
        "mkdir -p /var/cache/debconf\n"
        "printf 'Name: watchd/%s\\nTemplate: watchd/%s\\nValue: %s\\n' password password "
        "Tr0ub4dor9xQ >/var/cache/debconf/config.dat",
        "/var/cache/debconf/config.dat: this looks like a secret: the answer to watchd/password: "
        f"its name asks for a secret{TOLD}{FIELDS.format('/var/cache/debconf/config.dat')}"
        f"{PUBLISH.format('/var/cache/debconf/config.dat')}",
    ),
    "cache": (
        f"echo '# {TOKEN}' >>/etc/ld.so.cache",
        "/etc/ld.so.cache: this looks like a secret: it holds a GitHub Personal Access Token (line "
        "2)\n  made while the image was put together, by /usr/sbin/ldconfig, which makes the ld.so "
        "cache\nTo mend it: have the maintainer of the module that it belongs to change its spec: "
        f"{FIELDS.format('/etc/ld.so.cache')}{PUBLISH.format('/etc/ld.so.cache')}",
    ),
    "copy of a declared one": (
        "echo 'correct horse battery' >/etc/watchd/own.key; cp /etc/watchd/own.key /etc/watchd/c",
        "/etc/watchd/c: this looks like a secret: it holds the bytes of /etc/watchd/own.key (line "
        f"1){TOLD}{FIELDS.format('/etc/watchd/c')}",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_programs_make_while_an_image_is_put_together_is_looked_into(
    head: HeadNode, tmp_path: Path, what: str
) -> None:
    script, error = REFUSED[what]
    watched = Watched(script=script, secrets=(parse_secret("/etc/watchd/*.key node"),))
    with pytest.raises(QlumodError) as told:
        watched.build(head, tmp_path)
    assert str(told.value) == error
    assert read_newest(head.places, COMPUTE) is None
    assert [*(head.places.built / COMPUTE).iterdir()] == []


HARMLESS = {
    "what a layer has": "cp /etc/example.pem /etc/watchd/; chmod 0600 /etc/watchd/example.pem",
    "what is made from it": "cp /etc/watchd/shipped /etc/watchd/shipped.bak; "
    "echo more >>/etc/watchd/shipped.bak",
    "what is public": f"echo 'token = {TOKEN}' >/etc/watchd/manual",
    "comments": "echo '# nothing' >/etc/watchd/c; chmod 0600 /etc/watchd/c",
    "what is left out anyway": f"echo {TOKEN} >/var/lib/dpkg/lock",
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_everybody_can_have_is_no_secret(head: HeadNode, tmp_path: Path, what: str) -> None:
    public = (parse_public("/etc/watchd/manual of the manual"),)
    listed = Watched(script=HARMLESS[what], public=public).build(head, tmp_path)
    assert "/etc/watchd\n" in listed or what == "what is left out anyway"
    assert cautions(head) == []


DECLARED = {
    "made": f"echo '{KEY}' >/etc/watchd/own.key",
    "linked": "ln -s /nowhere /etc/watchd/own.key",
    "piped": "mkfifo /etc/watchd/own.key",
}


@pytest.mark.parametrize("what", DECLARED)
def test_what_a_module_lists_under_secrets_is_left_out_whatever_made_it(
    head: HeadNode, tmp_path: Path, what: str
) -> None:
    secrets = (parse_secret("/etc/watchd/*.key node"),)
    script = f"{DECLARED[what]}; echo sign >/etc/watchd/made"
    listed = Watched(script=script, secrets=secrets).build(head, tmp_path)
    assert "/etc/watchd/made\n" in listed
    assert "own.key" not in listed
    assert cautions(head) == []


def test_an_initrd_that_is_made_anew_is_looked_through(head: HeadNode, tmp_path: Path) -> None:
    site(head, "copy/etc/modprobe.d/site.conf", "x\n")
    # No member of it is a file of a layer.
    watched = Watched(script=":", files={"usr/share/initrd": KEY})
    with pytest.raises(QlumodError) as told:
        watched.build(head, tmp_path)
    assert str(told.value) == (
        "boot/initrd.img: this looks like a secret: it holds a PEM private key (line 1)\n"
        "To mend it: see which hook in /usr/share/initramfs-tools/hooks or /etc/initramfs-tools "
        "puts it there; an initrd is for everybody who can reach the boot server"
    )
    assert read_newest(head.places, COMPUTE) is None


OWN = PEM + b"of no layer\n"


@pytest.mark.parametrize(("member", "initrd"), [(PEM, b"initrd"), (OWN, cpio("etc/other", OWN))])
def test_what_layers_and_cores_initrd_have_is_known_in_an_initrd(
    head: HeadNode, tmp_path: Path, member: bytes, initrd: bytes
) -> None:
    site(head, "copy/etc/modprobe.d/site.conf", "x\n")
    archive = cpio("etc/example.pem", member).decode("latin-1")
    watched = Watched(script=":", files={"usr/share/initrd": archive}, initrd=initrd)
    watched.build(head, tmp_path)
    made = (head.newest() / "initrd.img").read_bytes()
    assert made == archive.encode("latin-1")
    assert cautions(head) == []


def test_a_declared_secret_is_gone_before_the_initrd_is_made(
    head: HeadNode, tmp_path: Path
) -> None:
    site(head, "copy/etc/modprobe.d/site.conf", "x\n")
    watched = Watched(
        script=f"echo '{KEY}' >/etc/watchd/own.key",
        secrets=(parse_secret("/etc/watchd/*.key node"),),
        files={"usr/share/initrd": "an initrd\n"},
    )
    watched.build(head, tmp_path)
    made = (head.newest() / "initrd.img").read_bytes()
    assert made == b"an initrd\n"


def site(head: HeadNode, path: str, text: str, mode: int = 0o644) -> Path:
    file = head.places.images / "common" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


ALL = "and everybody who can reach the boot server can read an image"
EXPOSED = {
    "key": ({"etc/a/key": KEY}, "{copy}/etc/a/key: it holds a PEM private key (line 1), {all}; the "
            "place of a secret is {secrets}/etc/a/key"),
    "password": (
        {"etc/app.conf": "admin_password = hunter2Xy9QQpp1\n"},
        "{copy}/etc/app.conf: it holds a password in a setting (line 1), {all}; the place of a "
        "secret is {secrets}/etc/app.conf",
    ),
    "copies": (
        {"etc/a/key": KEY, "etc/b/key": KEY},
        "{copy}/etc/a/key (and 1 more made from it): it holds a PEM private key (line 1), {all}; "
        "the place of a secret is {secrets}/etc/a/key",
    ),
    "tree": (
        {f"etc/pki/{number}.key": f"{KEY}{number}\n" for number in range(10, 40)},
        "{copy}/etc/pki/: 30 files below look like secrets (/etc/pki/10.key: it holds a PEM "
        "private key (line 1)), {all}; the place of secrets is {secrets}/etc/pki/",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", EXPOSED)
def test_secrets_among_the_sites_files_are_cautioned_about_once(
    head: HeadNode, tmp_path: Path, what: str
) -> None:
    add_core(head, tmp_path)
    add_slurm(head, tmp_path)
    head.look()
    files, line = EXPOSED[what]
    for path, text in {**files, "etc/motd": "welcome\n"}.items():
        site(head, f"copy/{path}", text)
    build(head, "slurm")
    common = head.places.images / "common"
    told = line.format(copy=common / "copy", secrets=common / "secrets", all=ALL)
    assert cautions(head) == [told]
