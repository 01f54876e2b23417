"""boot=qlumod: the initrd's script fetches, verifies and mounts a stack, or says why it cannot."""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from qlumod.head.generations import read_stack
from qlumod.model.image import ImageName
from qlumod.model.names import ModuleName
from qlumod.workflows.image import build_images, create_image
from tests.head.head_node import HeadNode
from tests.head.small_payloads import add_core, add_slurm, busybox_root

SCRIPT = Path(__file__).resolve().parents[2] / "node/usr/share/initramfs-tools/scripts/qlumod"
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts are made by root")

# What initramfs-tools' init and functions do around the script, as far as it can tell.
SURROUNDINGS = r"""
rootmnt=/root
cleanup() {
    umount /root /run/qlumod/written /run/qlumod/lower/* 2>/dev/null
    for device in /dev/loop[0-9]*; do
        # The initrd's loop devices are let go of by the reboot; these must be let go of here.
        grep -qs "^/run/qlumod/" "/sys/block/${device#/dev/}/loop/backing_file" &&
            losetup -d "$device"
    done
}
panic() { echo "panic: $*"; cleanup; kill -9 $$; }
modprobe() { :; }
wait_for_udev() { :; }
run_scripts() { :; }
sleep() { :; }
configure_networking() { . /network; }
. /scripts/qlumod
mount_top
mount_premount
mountroot
mount_bottom
. /look
cleanup
"""
NETWORK = """
cat > /run/net-eth0.conf <<END
DEVICE='lo'
PROTO='{proto}'
IPV4ADDR='10.1.2.3'
IPV4NETMASK='255.255.240.0'
IPV4GATEWAY='10.1.0.1'
IPV4DNS0='10.1.0.2'
IPV4DNS1='0.0.0.0'
HOSTNAME='node7'
END
"""


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
        head.places, ImageName("compute"), modules=[ModuleName("slurm")], version=None, flavor=None,
        architecture=None, description="", listen=head.heard.append,
    )  # fmt: skip
    build_images(head.places, [], force=False, dry_run=False, listen=head.heard.append)
    return head


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Machine:
    """A machine that boots: an initramfs directory, and a server with a copy of the images."""

    initramfs: Path
    served: Path
    address: str
    network: str = NETWORK.format(proto="dhcp")
    arguments: list[str] = field(default_factory=list)

    @property
    def generation(self) -> Path:
        return self.served / "images/compute/1"

    def boot(self, look: str = "", *arguments: str) -> list[str]:
        """What the console says; `look` is run in the initramfs when the root is mounted."""
        stack = f"qlumod.stack={self.address}/images/compute/current/stack"
        words = ["boot=qlumod", stack, *arguments] if not self.arguments else self.arguments
        for name, text in (
            ("look", look),
            ("network", self.network),
            ("cmdline", " ".join(words)),
            ("init", SURROUNDINGS),
        ):
            (self.initramfs / name).write_text(text)
        return self._chrooted()

    def _chrooted(self) -> list[str]:
        mounts = (
            f"mount -t proc proc {self.initramfs}/proc; "
            f"mount --bind {self.initramfs}/cmdline {self.initramfs}/proc/cmdline; "
            f"mount --rbind /sys {self.initramfs}/sys; mount --rbind /dev {self.initramfs}/dev; "
            f"mount -t tmpfs tmpfs {self.initramfs}/run; "
        )
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "--pid", "--fork",
             "sh", "-ec", f"{mounts} chroot {self.initramfs} /bin/busybox sh /init"],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False,
        )  # fmt: skip
        return done.stdout.splitlines()

    def panic(self, *arguments: str) -> str:
        """The reason why it does not boot."""
        reasons = [line for line in self.boot("", *arguments) if line.startswith("panic: ")]
        assert reasons, "it booted"
        return reasons[0].removeprefix("panic: qlumod: cannot boot: ")


@pytest.fixture
def machine(head: HeadNode, tmp_path: Path) -> Iterator[Machine]:
    served = tmp_path / "served"
    shutil.copytree(head.places.state, served, symlinks=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Machine(initramfs(tmp_path), served, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


def initramfs(tmp_path: Path) -> Path:
    """A root with busybox and nothing else, as the initrd is one for the script."""
    root = busybox_root(tmp_path)
    for directory in ("proc", "sys", "dev", "run", "etc", "root", "scripts"):
        (root / directory).mkdir(exist_ok=True)
    shutil.copy(SCRIPT, root / "scripts/qlumod")
    return root


def test_a_stack_is_mounted_with_the_last_layer_on_top(machine: Machine) -> None:
    lines = machine.boot(
        "echo == look; cat /root/usr/lib/core /root/usr/sbin/slurmd\n"
        "grep munge /root/etc/passwd\n"
        "echo written > /root/etc/motd; cat /root/etc/motd\n"
        "stat -c %a /root /run/qlumod/secrets.tar\n"
        "cat /root/etc/hostname /etc/resolv.conf\n"
        "cat /root/etc/machine-id | tr '0-9a-f' x\n",
        f"qlumod.secrets={machine.address}/images/compute/current/secrets.tar",
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
    machine.network = NETWORK.format(proto="none")
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
        f"what came from {machine.address}/images/compute/current/stack is damaged: "
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
        f"cannot fetch {machine.address}/images/compute/current/image.squashfs (tried 5 times)"
    )


def test_a_stack_for_another_kernel_stops_the_boot(machine: Machine) -> None:
    stack = machine.generation / "stack"
    stack.write_text(stack.read_text().replace(f": {os.uname().release}\n", ": 5.10.0-1-amd64\n"))
    assert machine.panic() == (
        f"the running kernel is {os.uname().release}, but {machine.address}/images/compute/current"
        "/stack is made for 5.10.0-1-amd64: boot the kernel and initrd that lie beside the stack "
        "file"
    )


def test_a_newer_stack_file_is_refused(machine: Machine) -> None:
    stack = machine.generation / "stack"
    stack.write_text(stack.read_text().replace("Format: 1\n", "Format: 2\n"))
    assert machine.panic().endswith("/images/compute/current/stack is no stack file of format 1")


def test_layers_that_do_not_fit_into_memory_stop_the_boot(machine: Machine) -> None:
    stack = machine.generation / "stack"
    layer = read_stack(machine.generation).layers[0].file
    stack.write_text(
        stack.read_text().replace(f"{layer.sha256} {layer.size} ", f"{layer.sha256} {1 << 50} ")
    )
    assert re.fullmatch(
        r"the layers need 1073741824 MiB of memory, and \d+ MiB are free", machine.panic()
    )


def test_without_a_stack_argument_it_says_which_one_is_missing(machine: Machine) -> None:
    machine.arguments = ["boot=qlumod"]
    assert machine.panic() == "the kernel argument qlumod.stack=URL is missing"


def test_without_an_address_it_says_so(machine: Machine) -> None:
    machine.network = ". /run/net-*.conf\n"
    assert machine.panic() == "no network card got an address (ip=dhcp)"
