"""A node's secrets are in their places before any service asks for them, or it is said why not."""

import io
import os
import stat
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "node/usr/libexec/qlumod/place-secrets"
MUNGE = "/etc/munge/munge.key site\n"
HOST_KEYS = "/etc/ssh/ssh_host_*_key node\n/etc/ssh/ssh_host_*_key.pub node\n"
GENERATOR = """\
#!/bin/sh
echo new > "$QLUMOD_ROOT/etc/ssh/ssh_host_rsa_key"
echo new > "$QLUMOD_ROOT/etc/ssh/ssh_host_rsa_key.pub"
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="secrets are given to their owners")


@dataclass(frozen=True)
class Node:
    """A node's root directory."""

    root: Path

    def file(self, path: str, text: str = "", mode: int = 0o644) -> Path:
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    def hand(self, **files: str) -> None:
        """The site's secrets.tar, as the initrd leaves it."""
        place = self.root / "run/qlumod"
        place.mkdir(parents=True)
        with tarfile.open(place / "secrets.tar", "w", format=tarfile.PAX_FORMAT) as tar:
            for path, text in files.items():
                member = tarfile.TarInfo(path)
                member.mode, member.uname, member.gname = 0o400, "root", "root"
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text.encode()))

    def start(self, *, persistent: bool = False) -> tuple[int, list[str]]:
        """Run the unit's program; `persistent` mounts something at the persistent place."""
        place = self.root / "var/lib/qlumod/persistent"
        mount = f"mount --bind '{place}' '{place}'; " if persistent else ""
        done = subprocess.run(
            [
                "unshare",
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                f"{mount}exec {PROGRAM}",
            ],
            env={"PATH": os.environ["PATH"], "QLUMOD_ROOT": str(self.root)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout.splitlines()


@pytest.fixture
def node(tmp_path: Path) -> Node:
    node = Node(tmp_path / "node")
    node.file("/usr/lib/qlumod/secrets", MUNGE + HOST_KEYS)
    node.file("/usr/libexec/qlumod/generate.d/keys", GENERATOR, 0o755)
    for directory in ("etc/munge", "etc/ssh", "var/lib/qlumod/persistent"):
        (node.root / directory).mkdir(parents=True)
    os.chown(node.root / "etc/munge", 400, 401)
    return node


NOTICE = (
    "qlumod: no one supplied /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub - making new "
    "ones, for this boot"
)


def test_the_sites_secret_belongs_to_whom_its_directory_belongs(node: Node) -> None:
    node.hand(**{"etc/munge/munge.key": "key"})
    assert node.start() == (0, [f"{NOTICE} only"])
    status = (node.root / "etc/munge/munge.key").stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (400, 401, 0o400)
    assert not (node.root / "run/qlumod/secrets.tar").exists()
    assert (node.root / "etc/munge").stat().st_mode & 0o777 == 0o755


def test_a_missing_secret_of_the_site_fails_and_is_named(node: Node) -> None:
    assert node.start() == (
        1,
        [
            f"{NOTICE} only",
            "qlumod: the site's secret /etc/munge/munge.key is missing: put it below secrets/ of "
            "the image on the head node, build the image again, and hand its secrets.tar to this "
            "node",
        ],
    )
    assert (node.root / "etc/ssh/ssh_host_rsa_key").exists()


def test_host_keys_that_the_site_supplied_are_not_made_again(node: Node) -> None:
    node.hand(
        **{
            "etc/munge/munge.key": "key",
            "etc/ssh/ssh_host_rsa_key": "theirs",
            "etc/ssh/ssh_host_rsa_key.pub": "theirs",
        }
    )
    assert node.start() == (0, [])
    assert (node.root / "etc/ssh/ssh_host_rsa_key").read_text() == "theirs"


def test_host_keys_are_kept_in_the_persistent_place_and_come_back(node: Node) -> None:
    node.file("/etc/munge/munge.key")
    assert node.start(persistent=True) == (
        0,
        [f"{NOTICE}, and kept in {node.root}/var/lib/qlumod/persistent"],
    )
    made = node.root / "etc/ssh/ssh_host_rsa_key"
    for key in (made, made.with_suffix(".pub")):
        key.unlink()
    node.file("/usr/libexec/qlumod/generate.d/keys", "#!/bin/sh\nexit 1\n", 0o755)
    assert node.start(persistent=True) == (0, [])
    assert made.read_text() == "new\n"
    assert made.stat().st_mode & 0o777 == 0o600


def test_without_a_mount_nothing_is_kept(node: Node) -> None:
    node.file("/etc/munge/munge.key")
    node.start()
    assert list((node.root / "var/lib/qlumod/persistent").iterdir()) == []


def test_a_secret_that_no_program_makes_is_named(node: Node) -> None:
    node.file("/usr/lib/qlumod/secrets", "/etc/other.key node\n")
    assert node.start() == (
        1,
        [
            "qlumod: no one supplied /etc/other.key - making new ones, for this boot only",
            "qlumod: no program in /usr/libexec/qlumod/generate.d made /etc/other.key",
        ],
    )


def test_an_image_without_secrets_has_nothing_to_do(node: Node) -> None:
    node.file("/usr/lib/qlumod/secrets", "")
    assert node.start() == (0, [])
