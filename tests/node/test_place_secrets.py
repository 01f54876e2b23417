"""A node's secrets are in their places before any service asks for them, or it is said why not."""

import os
import stat
from pathlib import Path

import pytest

from tests.node.root import OWNER, NodeRoot, member, new_node, packed

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="secrets are given to their owners")

KEY = "etc/munge/munge.key"
HOST_KEY = "etc/ssh/ssh_host_rsa_key"
NOTICE = (
    "qlumod: no one supplied /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub - making new "
    "ones, for this boot"
)
STOPS = (
    "qlumod: this node does not go on without its secrets: mend them on the head node, build the "
    "image again, and boot"
)
REFUSED = "qlumod: secrets.tar is refused, nothing of it was taken: "


@pytest.fixture
def node(tmp_path: Path) -> NodeRoot:
    return new_node(tmp_path / "node")


def test_the_sites_secret_belongs_to_whom_its_directory_belongs(node: NodeRoot) -> None:
    node.hand(packed(member(KEY)))
    assert node.start() == (0, [f"{NOTICE} only"])
    status = (node.root / KEY).stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (*OWNER, 0o400)
    assert not (node.root / "run/qlumod/secrets.tar").exists()
    assert (node.root / "etc/munge").stat().st_mode & 0o777 == 0o755


def test_a_missing_secret_of_the_site_fails_and_is_named(node: NodeRoot) -> None:
    assert node.start() == (
        1,
        [
            f"{NOTICE} only",
            "qlumod: the site's secret /etc/munge/munge.key is missing: put it below secrets/ of "
            "the image on the head node, build the image again, and hand its secrets.tar to this "
            "node",
            STOPS,
        ],
    )
    assert (node.root / "etc/ssh/ssh_host_rsa_key").exists()


def test_host_keys_that_the_site_supplied_are_not_made_again(node: NodeRoot) -> None:
    node.hand(packed(member(KEY), member(HOST_KEY, "theirs"), member(f"{HOST_KEY}.pub", "theirs")))
    assert node.start() == (0, [])
    assert (node.root / "etc/ssh/ssh_host_rsa_key").read_text() == "theirs"


def test_host_keys_are_kept_in_the_persistent_place_and_come_back(node: NodeRoot) -> None:
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


def test_without_a_mount_nothing_is_kept(node: NodeRoot) -> None:
    node.file("/etc/munge/munge.key")
    node.start()
    assert list((node.root / "var/lib/qlumod/persistent").iterdir()) == []


def test_a_secret_that_no_program_makes_is_named(node: NodeRoot) -> None:
    node.file("/usr/lib/qlumod/secrets", "/etc/other.key node\n")
    assert node.start() == (
        1,
        [
            "qlumod: no one supplied /etc/other.key - making new ones, for this boot only",
            "qlumod: no program in /usr/libexec/qlumod/generate.d made /etc/other.key",
            STOPS,
        ],
    )


def test_an_image_without_secrets_has_nothing_to_do(node: NodeRoot) -> None:
    node.file("/usr/lib/qlumod/secrets", "")
    assert node.start() == (0, [])


def test_a_known_owner_and_the_mode_are_kept_but_for_setuid_and_setgid(node: NodeRoot) -> None:
    node.hand(packed(member(KEY, mode=0o6640, uname="daemon", gname="mail")))
    assert node.start()[0] == 0
    status = (node.root / KEY).stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1, 8, 0o640)


PASSWORD = "/etc/qlumod/root-password root\n"
HASH = "$y$j9T$oQ5/NxsGTk.f$Z6/nG0mY1a$=,+-"


def test_the_hash_of_roots_password_goes_into_shadow_and_nowhere_else(node: NodeRoot) -> None:
    node.file("/usr/lib/qlumod/secrets", PASSWORD)
    shadow = node.file("/etc/shadow", "daemon:*:1::::::\nroot:*:20000:0:99999:7:::\n", 0o640)
    os.chown(shadow, 0, 42)
    node.hand(packed(member("etc/qlumod/root-password", f"{HASH}\n")))
    assert node.start() == (0, [])
    assert shadow.read_text() == f"daemon:*:1::::::\nroot:{HASH}:20000:0:99999:7:::\n"
    status = shadow.stat()
    assert (status.st_gid, stat.S_IMODE(status.st_mode)) == (42, 0o640)
    assert not (node.root / "etc/qlumod").exists()


@pytest.mark.parametrize(
    "text", ["", "secret\n", f"{HASH}\nroot::", f"{HASH}:0\n", "$6$a|b$c\n", "$6$" + "a" * 600]
)
def test_what_is_no_hash_is_refused(node: NodeRoot, text: str) -> None:
    node.file("/usr/lib/qlumod/secrets", PASSWORD)
    node.file("/etc/shadow", "root:*:20000:0:99999:7:::\n", 0o640)
    node.hand(packed(member("etc/qlumod/root-password", text)))
    before = node.looks()
    assert node.start() == (
        1, [f"{REFUSED}etc/qlumod/root-password is no hash of a password (crypt(5))", STOPS]
    )  # fmt: skip
    assert node.looks() == before


def test_an_image_without_a_password_takes_none(node: NodeRoot) -> None:
    node.file("/usr/lib/qlumod/secrets", "")
    node.hand(packed(member("etc/qlumod/root-password", f"{HASH}\n")))
    refused = f"{REFUSED}etc/qlumod/root-password is no secret of this image"
    assert node.start() == (1, [refused, STOPS])


def test_a_refused_archive_names_what_is_wrong_with_it_and_stays(node: NodeRoot) -> None:
    shadow = member("etc/shadow", "root::")
    node.hand(packed(member(KEY), shadow, member("etc/cron.d", type=b"5"), member(KEY)))
    before = node.looks()
    assert node.start() == (
        1,
        [
            f"{REFUSED}etc/cron.d/ is no regular file; etc/shadow is no secret of this image; "
            "etc/cron.d/ is no secret of this image; etc/munge/munge.key is there twice",
            STOPS,
        ],
    )
    assert node.looks() == before
    assert [path.name for path in (node.root / "run/qlumod").iterdir()] == ["secrets.tar"]


def test_a_thousand_faults_are_not_all_told(node: NodeRoot) -> None:
    node.hand(packed(*(member(f"etc/cron.d/{number}") for number in range(1000))))
    status, (line, _) = node.start()
    assert status == 1
    assert line.count("is no secret of this image") == 5


def test_without_tar_the_node_stops(node: NodeRoot, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for directory in ("/usr/sbin", "/usr/bin"):
        for program in Path(directory).iterdir():
            if program.name != "tar" and not (programs / program.name).exists():
                (programs / program.name).symlink_to(program)
    node.hand(packed(member(KEY)))
    status, lines = node.start(path=str(programs))
    assert status == 1
    assert lines[0].startswith(f"{REFUSED}tar cannot read it: ")
    assert lines[0].endswith("tar: not found")


@pytest.mark.parametrize("linked", ["etc", "etc/munge"])
def test_nothing_is_written_through_a_link_that_stands_for_a_directory(
    node: NodeRoot, tmp_path: Path, linked: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (node.root / linked).rename(elsewhere)
    (node.root / linked).symlink_to(elsewhere)
    node.hand(packed(member(KEY)))
    before = sorted(elsewhere.rglob("*"))
    name = Path(linked).name
    assert node.start() == (
        1,
        [f"qlumod: cannot place /{KEY}: its directory '{name}' is a link", STOPS],
    )
    assert sorted(elsewhere.rglob("*")) == before


def test_a_link_in_a_secrets_own_place_is_replaced(node: NodeRoot, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("its own")
    (node.root / KEY).symlink_to(tmp_path / "elsewhere")
    node.hand(packed(member(KEY)))
    assert node.start()[0] == 0
    assert (tmp_path / "elsewhere").read_text() == "its own"
    assert not (node.root / KEY).is_symlink()


def test_a_directory_in_a_secrets_place_stops_the_node(node: NodeRoot) -> None:
    (node.root / KEY / "x").mkdir(parents=True)
    node.hand(packed(member(KEY)))
    status, lines = node.start()
    assert (status, lines[-1]) == (1, STOPS)
    assert (node.root / KEY / "x").exists()


def test_a_directory_that_the_image_lacks_is_made(node: NodeRoot) -> None:
    node.file("/usr/lib/qlumod/secrets", "/etc/new/deeper/x.key site\n")
    node.hand(packed(member("etc/new/deeper/x.key")))
    assert node.start() == (0, [])
    assert (node.root / "etc/new").stat().st_mode & 0o7777 == 0o755


def test_a_star_in_a_directorys_name_is_taken(node: NodeRoot) -> None:
    node.file("/usr/lib/qlumod/secrets", "/etc/*/keys/*.key site\n")
    node.hand(packed(member("etc/a.b/keys/c-d.key")))
    assert node.start() == (0, [])


def test_the_persistent_place_brings_regular_files_only(node: NodeRoot, tmp_path: Path) -> None:
    node.file("/etc/munge/munge.key")
    kept = node.root / "var/lib/qlumod/persistent"
    node.file("/etc/shadow", "root:*:", 0o640)
    (kept / "etc/ssh").mkdir(parents=True)
    (kept / HOST_KEY).symlink_to("/etc/shadow")
    os.mkfifo(kept / f"{HOST_KEY}.pub")
    node.file("/var/lib/qlumod/persistent/etc/ssh/ssh_host_x_key", "kept", 0o4755)
    node.file("/usr/libexec/qlumod/generate.d/keys", "#!/bin/sh\nexit 1\n", 0o755)
    assert node.start(persistent=True)[0] == 1
    assert not os.path.lexists(node.root / HOST_KEY)
    assert not os.path.lexists(node.root / f"{HOST_KEY}.pub")
    assert (node.root / "etc/ssh/ssh_host_x_key").stat().st_mode & 0o7777 == 0o755


def test_what_is_kept_is_not_written_through_links_of_the_persistent_place(
    node: NodeRoot, tmp_path: Path
) -> None:
    node.file("/etc/munge/munge.key")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (node.root / "var/lib/qlumod/persistent/etc").symlink_to(elsewhere)
    status, lines = node.start(persistent=True)
    assert status == 0
    assert f"qlumod: cannot place /{HOST_KEY}: its directory 'etc' is a link" in lines
    assert list(elsewhere.iterdir()) == []
