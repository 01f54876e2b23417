"""Nothing secret gets into a layer: what no package shipped is looked into."""

import gzip
import re
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Caution, Event
from qlumod.layer.gate import Gate
from qlumod.layer.select import Selection
from qlumod.layer.shipped import Shipped, md5
from qlumod.model.contents import parse_contents
from qlumod.state.delta import Plan
from qlumod.system.within import Root
from tests.layer.site import Site
from tests.secrets.planted import PEM, cpio


@pytest.fixture(scope="module")
def refusal(site: Site) -> dict[str, str]:
    """What a build of the careless package says, by the path that it is about."""
    with pytest.raises(QlumodError) as caught:
        site.build("careless")
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


def test_a_spec_that_says_what_everything_is_is_built(site: Site) -> None:
    said: list[Event] = []
    payload = site.build("honest", said.append)
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
    }
    assert (
        "Public:\n /etc/careless/closed/ nobody needs to know\n"
        in (payload / "manifest").read_text()
    )


def test_an_initrd_is_looked_through_but_for_what_the_layer_has() -> None:
    said: list[Event] = []
    gate = Gate(
        tree=Root(Path("/nonexistent")),
        chosen=Selection({}, Plan(steps=())),
        shipped=Shipped({}, frozenset([md5(PEM)])),
        declared={"/etc/munge/munge.key": b"the key of all nodes\n"},
        owners={},
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
