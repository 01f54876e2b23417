"""boot=qlumod: the initrd's script fetches, verifies and mounts a stack, or says why it cannot."""

import os
import re
import shutil
import stat
import struct
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from qlumod.head.generations import read_stack
from qlumod.head.verbs.define_images import NewImage, create_image
from qlumod.model.image import ImageName
from qlumod.model.names import ModuleName
from tests.head.head_node import HeadNode
from tests.head.small_payloads import add_core, add_slurm, copy_libraries
from tests.node.machine import Machine, answer, served_image, standing
from tests.support.web_server import Quiet, serving

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts are made by root")


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> HeadNode:
    """A head node with an image for the kernel that runs here."""
    scratch = tmp_path_factory.mktemp("boot")
    head = HeadNode(scratch / "head", [])
    add_core(head, scratch, kernel=os.uname().release)
    add_slurm(head, scratch)
    secrets = head.places.images / "common/secrets/etc/munge"
    secrets.mkdir(parents=True)
    (secrets / "munge.key").write_text("key")
    head.look()
    create_image(
        head.places,
        NewImage(name=ImageName("compute"), modules=[ModuleName("slurm")]),
        listen=head.heard.append,
    )
    head.build("compute")
    head.deploy()
    return head


@pytest.fixture
def machine(head: HeadNode, tmp_path: Path) -> Iterator[Machine]:
    served = tmp_path / "served"
    shutil.copytree(head.places.state, served, symlinks=True)
    with standing(tmp_path, served) as machine:
        yield machine


def test_a_stack_is_mounted_with_the_last_layer_on_top(machine: Machine) -> None:
    lines = machine.boot(
        "echo == look; cat /root/usr/lib/core /root/usr/sbin/slurmd\n"
        "grep munge /root/etc/passwd\n"
        "echo written > /root/etc/motd; cat /root/etc/motd\n"
        "stat -c %a /root /run/qlumod/secrets.tar\n"
        "cat /root/etc/hostname /etc/resolv.conf\n"
        "cat /root/etc/machine-id | tr '0-9a-f' x\n",
        f"qlumod.secrets={machine.address}/images/compute/deployed/secrets.tar",
    )
    assert lines[lines.index("qlumod: compute: 3 layers") :] == [
        "qlumod: compute: 3 layers",
        "== look",
        "core",
        "slurmd",
        "munge:x:400:400::/nonexistent:/usr/sbin/nologin",
        "written",
        "755",
        "600",
        "node7",
        "nameserver 10.1.0.2",
        "x" * 32,
    ]
    assert "qlumod: fetching layer slurm (0 MiB)" in lines


def test_a_machine_has_the_same_machine_id_at_every_boot(machine: Machine) -> None:
    first, second = (machine.boot("cat /root/etc/machine-id")[-1] for _ in range(2))
    assert first == second
    assert re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}8[0-9a-f]{15}", first)


def test_the_lease_is_handed_to_the_running_system(machine: Machine) -> None:
    lines = machine.boot("echo ==; cat /run/systemd/network/*; ls /run/systemd/system/*")
    assert lines[lines.index("==") + 1 :] == [
        "# Written by the initrd: the network card that this node was booted over.",
        "[Match]",
        "MACAddress=00:00:00:00:00:00",
        "Type=ether",
        "",
        "[Network]",
        "DHCP=ipv4",
        "",
        "[DHCPv4]",
        "ClientIdentifier=mac",
        "/run/systemd/system/multi-user.target.wants:",
        "systemd-networkd.service",
        "",
        "/run/systemd/system/network-online.target.wants:",
        "systemd-networkd-wait-online.service",
    ]


def test_a_fixed_address_is_handed_over_too(machine: Machine) -> None:
    machine.network = answer(PROTO="none")
    lines = machine.boot("cat /run/systemd/network/*")
    assert lines[-4:] == ["[Network]", "Address=10.1.2.3/20", "Gateway=10.1.0.1", "DNS=10.1.0.2"]


def test_the_network_card_can_be_left_to_the_image(machine: Machine) -> None:
    lines = machine.boot("echo ==; ls /run/systemd", "qlumod.network=none")
    assert lines[-1].endswith("/run/systemd: No such file or directory")


def test_a_pinned_stack_file_is_verified(machine: Machine) -> None:
    digest = subprocess.run(
        ["sha256sum", machine.generation / "stack"], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    assert "qlumod: compute: 3 layers" in machine.boot("", f"qlumod.digest={digest}")
    (machine.generation / "stack").open("a").write("Extra: yes\n")
    assert machine.panic(f"qlumod.digest={digest}") == (
        f"what came from {machine.address}/images/compute/deployed/stack is damaged: "
        f"its SHA-256 is not {digest}"
    )


def test_a_damaged_layer_stops_the_boot(machine: Machine) -> None:
    layer = read_stack(machine.generation).layers[1]
    path = machine.generation / layer.file.path
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert machine.panic() == (
        f"what came from {machine.address}/layers/{layer.file.sha256}.squashfs is damaged: "
        f"its SHA-256 is not {layer.file.sha256}"
    )


def test_a_layer_that_the_server_lacks_stops_the_boot(machine: Machine) -> None:
    (machine.generation / "image.squashfs").unlink()
    assert machine.panic() == (
        f"cannot fetch {machine.address}/images/compute/deployed/image.squashfs (tried 5 times): "
        "wget: server returned error: HTTP/1.0 404 File not found"
    )


def test_a_stack_for_another_kernel_stops_the_boot(machine: Machine) -> None:
    stack = machine.generation / "stack"
    stack.write_text(stack.read_text().replace(f": {os.uname().release}\n", ": 5.10.0-1-amd64\n"))
    assert machine.panic() == (
        f"the running kernel is {os.uname().release}, but {machine.address}/images/compute/deployed"
        "/stack is made for 5.10.0-1-amd64: boot the kernel and initrd that lie beside the stack "
        "file"
    )


def test_a_newer_stack_file_is_refused(machine: Machine) -> None:
    stack = machine.generation / "stack"
    stack.write_text(stack.read_text().replace("Format: 1\n", "Format: 2\n"))
    assert machine.panic().endswith("/images/compute/deployed/stack is no stack file of format 1")


def test_layers_that_do_not_fit_into_memory_stop_the_boot(machine: Machine) -> None:
    stack = machine.generation / "stack"
    layer = read_stack(machine.generation).layers[0].file
    stack.write_text(
        stack.read_text().replace(f"{layer.sha256} {layer.size} ", f"{layer.sha256} {1 << 40} ")
    )
    assert re.fullmatch(
        r"the layers need 1048576 MiB of memory, and \d+ MiB are free", machine.panic()
    )


def test_without_a_stack_argument_it_says_which_one_is_missing(machine: Machine) -> None:
    machine.arguments = ["boot=qlumod"]
    assert machine.panic() == "the kernel argument qlumod.stack=URL is missing"


def test_without_an_address_it_says_so(machine: Machine) -> None:
    machine.network = None
    assert machine.panic() == "no network card got an address (ip=dhcp)"


class Elsewhere(Quiet):
    """A server that sends its clients to another place, and says unprintable things."""

    def do_GET(self) -> None:  # noqa: N802
        if self.path.startswith("/here/"):
            super().do_GET()
        elif self.path.endswith("/stack"):
            self.send_response(302)
            self.send_header("Location", "/here" + self.path)
            self.end_headers()
        elif self.path.endswith("/secrets.tar"):
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                while True:
                    self.wfile.write(bytes(1 << 16))
        else:
            self.wfile.write(b"HTTP/1.1 404 gone\x9b\x7f\x1b[2J\r\n\r\n")

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix("/here"))


def test_a_redirection_gives_no_more_than_an_answer(head: HeadNode, tmp_path: Path) -> None:
    with standing(tmp_path, head.places.state, Elsewhere) as machine:
        console = machine.console()
    lines = console.decode().splitlines()
    layer = read_stack(head.places.built / "compute/deployed").layers[0].file.sha256
    assert lines[-2] == (
        f"panic: qlumod: cannot boot: cannot fetch {machine.address}/layers/{layer}.squashfs "
        "(tried 5 times): wget: server returned error: HTTP/1.1 404 gone??"
    )


def test_an_answer_without_end_is_cut_off(machine: Machine, tmp_path: Path) -> None:
    with serving(tmp_path, Elsewhere) as server:
        address = f"http://127.0.0.1:{server.server_port}/secrets.tar"
        assert machine.panic(f"qlumod.secrets={address}") == (
            f"what comes from {address} is longer than 16777216 bytes"
        )


@pytest.mark.parametrize(
    "argument",
    [
        "qlumod.digest=",
        "qlumod.digest=0123",
        "qlumod.stack=https://host/stack",
        "qlumod.stack=file:///etc/passwd",
        "qlumod.stack=http://host",
        "qlumod.secrets=http:///secrets.tar",
        "qlumod.network=no",
        "qlumod.tmpfs=50%,suid",
        "qlumod.tmpfs=",
    ],
)
def test_a_misspelt_argument_is_told(machine: Machine, argument: str) -> None:
    assert machine.panic(argument) == f"the kernel argument '{argument}' has no such value"


NET_RAW = struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0)
"""cap_net_raw+ep as the attribute security.capability has it (capabilities(7))."""
AS_A_USER = "start-stop-daemon -S -c user -x"


def tree_with_rights(scratch: Path) -> Path:
    """A tree with a setuid program, one with a capability, and a device."""
    programs = scratch / "tree/usr/bin"
    programs.mkdir(parents=True)
    (scratch / "tree/etc").mkdir()
    shutil.copy("/usr/bin/id", programs / "setuid")
    (programs / "setuid").chmod(0o4755)
    shutil.copy("/usr/bin/cat", programs / "capable")
    os.setxattr(programs / "capable", "security.capability", NET_RAW)
    os.mknod(programs / "zero", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    return scratch / "tree"


@pytest.fixture
def rights(tmp_path: Path) -> Iterator[Machine]:
    """A machine whose image has such a tree; the initrd has what its programs need."""
    served_image(tmp_path / "served", tree_with_rights(tmp_path))
    with standing(tmp_path, tmp_path / "served") as machine:
        for program in ("/usr/bin/id", "/usr/bin/cat"):
            copy_libraries(machine.initramfs, Path(program))
        (machine.initramfs / "etc/passwd").write_text("user:x:1000:1000::/:/bin/sh\n")
        yield machine


def test_rights_of_programs_hold_in_the_root_and_not_in_its_layers(rights: Machine) -> None:
    below = "/run/qlumod/lower/0/usr/bin"
    lines = rights.boot(
        f"{AS_A_USER} /root/usr/bin/setuid -- -u\n"
        f"{AS_A_USER} /root/usr/bin/capable -- /proc/self/status | grep CapEff\n"
        "head -c 1 /root/usr/bin/zero | wc -c\n"
        f"{AS_A_USER} {below}/setuid -- -u\n"
        f"head -c 1 {below}/zero | wc -c\n"
        # Were the directory open, as root may leave it: the mount itself grants nothing.
        "chmod 0755 /run/qlumod/lower\n"
        f"{AS_A_USER} {below}/setuid -- -u\n"
        f"{AS_A_USER} {below}/capable -- /proc/self/status | grep CapEff\n"
    )
    assert lines[lines.index("qlumod: compute: 1 layers") + 1 :] == [
        "0",
        "CapEff:\t0000000000002000",
        "1",
        f"start-stop-daemon: can't execute '{below}/setuid': Permission denied",
        f"head: {below}/zero: Permission denied",
        "0",
        "1000",
        "CapEff:\t0000000000000000",
    ]


def test_what_the_root_is_made_of_is_closed_to_users(rights: Machine) -> None:
    lines = rights.boot(
        "cd /run/qlumod; stat -c '%a %n' . stack fetched lower written written/upper\n"
        "grep '^[^ ]* [^ ]*qlumod\\|^qlumod ' /proc/mounts"
    )
    shown = lines[lines.index("qlumod: compute: 1 layers") + 1 :]
    assert shown[:6] == [
        "755 .", "644 stack", "700 fetched", "700 lower", "700 written", "755 written/upper",
    ]  # fmt: skip
    mounts = [line.split() for line in shown[6:]]
    assert {words[1]: words[3].split(",")[:3] for words in mounts} == {
        "/run/qlumod": ["rw", "nosuid", "nodev"],
        "/run/qlumod/lower/0": ["ro", "nosuid", "nodev"],
        "/run/qlumod/written": ["rw", "nosuid", "nodev"],
        "/root": ["rw", "relatime", "lowerdir=0"],
    }
