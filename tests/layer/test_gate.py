"""Nothing secret gets into a layer: what no package shipped is looked into."""

import gzip
import hashlib
import re
import tracemalloc
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Caution, Event
from qlumod.layer.gate import Gate, declared_secrets
from qlumod.layer.select import BOOT, Selection
from qlumod.layer.shipped import Shipped
from qlumod.model.contents import parse_contents
from qlumod.packaging.debian.initramfs_tools import INITRAMFS_TOOLS
from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.packaging.debian.state.state_table import STATE_TABLE
from qlumod.stack.looking import LOOKED_INTO
from qlumod.state.delta import Action, Plan, Step
from qlumod.system.disk.tree_scan import scan
from qlumod.system.disk.within import Root
from tests.layer.careless import TOKEN
from tests.layer.small_release import SmallRelease
from tests.secrets.planted import PEM, cpio


@pytest.fixture(scope="module")
def refusal(release: SmallRelease) -> dict[str, str]:
    """What a build of the careless package says, by the path that it is about."""
    with pytest.raises(QlumodError) as caught:
        release.build("careless")
    faults = re.split(r"\n(?=/)", str(caught.value))
    return {path: why for path, _, why in (fault.partition(": ") for fault in faults)}


def test_each_thing_is_told_once_and_nothing_else(refusal: dict[str, str]) -> None:
    assert sorted(refusal) == [
        "/etc/careless/closed/open",
        "/etc/careless/key",
        "/etc/hostid",
        "/etc/sudoers.d/careless",
        "/usr/share/careless/backup.gz",
        "/usr/share/careless/token-link",
        "/usr/share/careless/token.conf",
        "/var/cache/debconf/config.dat",
        "/var/lib/careless/",
        "/var/mail",
    ]


def test_a_key_is_told_with_the_configuration_file_that_it_was_put_into(
    refusal: dict[str, str],
) -> None:
    assert refusal["/etc/careless/key"] == (
        "this looks like a secret: it holds a PEM private key (line 1)\n"
        "  with it goes /etc/careless/filled: it holds a PEM private key (line 1)\n"
        "  with it goes /etc/careless/key.crt: it is the other half of /etc/careless/filled, and "
        "as random\n"
        "To mend it: add all these paths to the field Secrets, as '/etc/careless/key site' if "
        "many nodes share it, or as '/etc/careless/key node' if each node has its own"
    )


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (
            "/etc/careless/closed/open",
            "no package brings these bytes, and the mode 0700 of /etc/careless/closed hides them "
            "from users",
        ),
        (
            "/etc/sudoers.d/careless",
            "no package brings these bytes, and its mode 0440 hides them from users",
        ),
        ("/etc/hostid", "it is a host id: programs and ZFS tell machines apart by it"),
        (
            "/usr/share/careless/backup.gz",
            "it holds the bytes of /etc/careless/declared (unpacked (gzip), line 1)",
        ),
        (
            "/usr/share/careless/token.conf",
            "it holds a GitHub Personal Access Token (line 1), a token in a setting (line 1)",
        ),
        (
            "/usr/share/careless/token-link",
            "its name, target or attributes hold a GitHub Personal Access Token (line 2)",
        ),
        (
            "/var/cache/debconf/config.dat",
            "the answer to careless/admin-password: its name asks for a secret",
        ),
    ],
)
def test_a_secret_is_told_with_its_reason(refusal: dict[str, str], path: str, why: str) -> None:
    assert refusal[path].startswith(f"this looks like a secret: {why}\nTo mend it: ")


def test_a_tree_is_told_by_its_directory(refusal: dict[str, str]) -> None:
    assert refusal["/var/lib/careless/"].startswith(
        "30 files below look like secrets: no package brings these bytes, and its mode 0600 hides "
        "them from users\n  /var/lib/careless/db/10: "
    )


def test_what_changed_below_is_told_in_the_same_round(refusal: dict[str, str]) -> None:
    assert refusal["/var/mail"].startswith("the build changed this path of a module below\n")


def test_a_spec_that_says_what_everything_is_is_built(release: SmallRelease) -> None:
    said: list[Event] = []
    payload = release.build("honest", said.append)
    assert [event.text for event in said if isinstance(event, Caution)] == [
        "honest: Public: /usr/share/nothing/: nothing there looks like a secret"
    ]
    contents = gzip.decompress((payload / "honest.contents.gz").read_bytes()).decode()
    paths = {line.path for line in parse_contents(contents, "honest.contents")}
    assert {path for path in paths if path.startswith("/etc/careless/")} == {
        "/etc/careless/asked",
        "/etc/careless/closed",
        "/etc/careless/closed/open",
        "/etc/careless/comments",
        "/etc/careless/copy.pem",
        "/etc/careless/example.pem",
        "/etc/careless/said",
    }
    assert (
        "Public:\n /etc/careless/closed/ nobody needs to know\n"
        in (payload / "manifest").read_text()
    )


@pytest.mark.parametrize(
    ("module", "fault"),
    [
        (
            "naming",
            f"/usr/share/{TOKEN}: this looks like a secret: its name, target or attributes hold a "
            "GitHub Personal Access Token",
        ),
        (
            "renaming",
            f"/usr/share/man/{TOKEN}: this name looks like a secret: it holds a GitHub Personal "
            "Access Token",
        ),
    ],
)
def test_a_name_that_no_package_brings_is_looked_at(
    release: SmallRelease, module: str, fault: str
) -> None:
    """Whatever a script has written into dpkg's list of the package's files."""
    with pytest.raises(QlumodError) as caught:
        release.build(module)
    assert str(caught.value).startswith(fault)


def gate_of(
    tree: Root, *, said: list[Event], beside: bool = False, declared: Mapping[str, bytes] = {}
) -> Gate:
    """A gate before all that lies in a tree, of which no package has brought anything."""
    entries = scan(tree.place)
    action, rule = (Action.DROP, BOOT) if beside else (Action.KEEP, "")
    steps = tuple(
        Step(path=path, action=action, reason="", rule=rule, entry=entry)
        for path, entry in entries.items()
    )
    return Gate(
        tree=tree,
        chosen=Selection(entries, Plan(steps=steps), STATE_TABLE),
        shipped=Shipped({}, frozenset(), "md5"),
        database=DEBIAN.database,
        declared=declared,
        owners={},
        initrd=INITRAMFS_TOOLS,
        answers=DEBIAN.answers,
        processors=1,
        listen=said.append,
    )


def test_of_a_large_file_the_top_is_looked_into(tmp_path: Path) -> None:
    tree, said = Root(tmp_path), list[Event]()
    for name, size in (("/sparse", 9 * LOOKED_INTO), ("/closed", LOOKED_INTO + 1)):
        tree.write(name, TOKEN.encode() if name == "/sparse" else b"")
        with (tmp_path / name[1:]).open("r+b") as file:
            file.truncate(size)
    (tmp_path / "closed").chmod(0o600)
    tracemalloc.start()
    try:
        gate = gate_of(tree, said=said)
        found = {suspect.path: suspect.why for suspect in gate.suspects({})}
        assert declared_secrets(tree, gate.chosen, gate.shipped) == {}
        assert tracemalloc.get_traced_memory()[1] < 5 * LOOKED_INTO
    finally:
        tracemalloc.stop()
    assert found == {
        "/closed": "no package brings these bytes, and its mode 0600 hides them from users",
        "/sparse": "it holds a GitHub Personal Access Token",
    }
    assert [event.text for event in said if isinstance(event, Caution)] == [
        f"{path}: not looked into for secrets: it has more than 64 MiB"
        for path in ("/closed", "/sparse")
    ]


STATUS = f"Format: 1\n\nPackage: tool\nDescription: tool\n use {TOKEN}\n".encode()
USER = "Format: 1\n\nName: tool\nPasswd: tool:x:450:450:{}:/:/bin/sh\n"


@pytest.mark.parametrize(
    ("fragment", "text", "path"),
    [
        ("dpkg-status", STATUS, "/var/lib/dpkg/status"),
        ("accounts", USER.format(TOKEN).encode(), "/etc/passwd"),
        ("accounts", USER.format("a tool").encode(), None),
        ("shells", f"Format: 1\n\n/bin/{TOKEN}\n".encode(), "/etc/shells"),
        ("nsswitch", b"Format: 1\n\n# the key of all nodes\n", "/etc/nsswitch.conf"),
        ("caches", f"python\t/usr/{TOKEN}.pyc\n".encode(), "/state/caches"),
    ],
)
def test_shared_state_is_looked_at_whatever_it_is(
    tmp_path: Path, fragment: str, text: bytes, path: str | None
) -> None:
    declared = {"/etc/munge/munge.key": b"the key of all nodes\n"}
    gate = gate_of(Root(tmp_path), said=[], declared=declared)
    assert [suspect.path for suspect in gate.suspects({fragment: text})] == ([path] if path else [])


def test_what_is_to_be_the_kernel_is_looked_at(tmp_path: Path) -> None:
    tree = Root(tmp_path)
    tree.write("/boot/vmlinuz-6.1", b"\x7fkernel" + TOKEN.encode())
    tree.write("/boot/config-6.1", TOKEN.encode())
    tree.link("/boot/vmlinuz-6.2", "/var/log/sysstat/sa9")
    gate = gate_of(tree, said=[], beside=True)
    assert {suspect.path: suspect.why for suspect in gate.suspects({})} == {
        "/boot/vmlinuz-6.1": "it holds a GitHub Personal Access Token (line 1)",
        "/boot/vmlinuz-6.2": "it is to be the kernel, and is no file of its own",
    }


def test_an_initrd_is_looked_through_but_for_what_the_layer_has() -> None:
    said: list[Event] = []
    gate = Gate(
        tree=Root(Path("/nonexistent")),
        chosen=Selection({}, Plan(steps=()), STATE_TABLE),
        shipped=Shipped({}, frozenset([hashlib.md5(PEM).digest()]), "md5"),
        database=DEBIAN.database,
        declared={"/etc/munge/munge.key": b"the key of all nodes\n"},
        owners={},
        initrd=INITRAMFS_TOOLS,
        answers=DEBIAN.answers,
        listen=said.append,
    )
    harmless = cpio("etc/example", PEM) + cpio("etc/hosts", b"127.0.0.1 localhost\n")
    assert list(gate.faults_of_initrd(harmless)) == []
    copied = gzip.compress(cpio("etc/copied", b"the key of all nodes\n"))
    (fault,) = gate.faults_of_initrd(harmless + copied)
    assert str(fault) == (
        "boot/initrd.img: this looks like a secret: it holds the bytes of /etc/munge/munge.key "
        "(behind the first archives, unpacked (gzip), etc/copied in the archive, line 1)\n"
        "To mend it: see which hook in /usr/share/initramfs-tools/hooks or /etc/initramfs-tools "
        "puts it there; an initrd is for everybody who can reach the boot server"
    )
    assert list(gate.faults_of_initrd(harmless + b"\x04\x22\x4d\x18" + bytes(8))) == []
    assert said == [
        Caution(
            text="boot/initrd.img: not looked into for secrets: behind the first archives: it is "
            "compressed by lz4"
        )
    ]


def test_an_initrd_may_have_what_a_module_below_has(tmp_path: Path) -> None:
    below = Root(tmp_path / "below")
    below.place.mkdir()
    below.write("/scripts/boot", PEM)
    above = Root(tmp_path / "above")
    above.place.mkdir()
    gate = gate_of(above, said=[])
    known = replace(
        gate,
        chosen=Selection({}, Plan(steps=()), STATE_TABLE, below=scan(below.place)),
        view=below,
    )
    image = cpio("scripts/boot", PEM)
    assert [fault.brief for fault in gate.faults_of_initrd(image)] == [
        "boot/initrd.img: this looks like a secret: it holds a PEM private key "
        "(scripts/boot in the archive, line 1)"
    ]
    assert list(known.faults_of_initrd(image)) == []
