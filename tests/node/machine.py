"""A machine that boots: the initrd's script under busybox, and a web server of images."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

from tests.head.small_payloads import busybox_root, squashed
from tests.support.web_server import Quiet, address_of, serving

SCRIPT = Path(__file__).resolve().parents[2] / "node/usr/share/initramfs-tools/scripts/qlumod"
CARD = "lo"
"""The network card that answers: there is one in any network namespace."""
KERNEL = os.uname().release
CANNOT = "qlumod: cannot boot: "
"""How the one line begins that says why a node does not boot."""

# What initramfs-tools' init and functions do around the script, as far as it can tell: first those
# of Debian 12, then the second call that Debian 13's init makes where there is ip= (0.148).
SURROUNDINGS = r"""
rootmnt=/root
cleanup() {
    umount /root /run/qlumod/written /run/qlumod/lower/* 2>/dev/null
    # The initrd's loop devices are let go of by the reboot; these must be let go of here.
    for backing in /sys/block/loop*/loop/backing_file; do
        read -r file <"$backing" || continue
        device=${backing#/sys/block/}
        case $file in /run/qlumod/*) losetup -d "/dev/${device%%/*}" ;; esac
    done 2>/dev/null
}
panic() { echo "panic: $*"; cleanup; kill -9 $$; }
modprobe() { :; }
wait_for_udev() { :; }
run_scripts() { :; }
sleep() { :; }
configure_networking() {
    [ -e /run/net-eth0.conf ] || ipconfig -t 2 -c dhcp -d
    . /run/net-*.conf
    for domain in ${DOMAINSEARCH}; do echo "$domain" >>/etc/resolv.conf; done
    echo "${HOSTNAME}" >/etc/hostname
}
. /scripts/qlumod
mount_top
mount_premount
mountroot
mount_bottom
configure_networking
. /look
cleanup
"""
# Stands for klibc's program: it writes what the DHCP server chose, and shows it.
IPCONFIG = """\
#!/bin/busybox sh
[ -e /answer ] || exit 1
cat /answer >/run/net-eth0.conf
cat /answer
echo
"""


def quoted(value: bytes) -> bytes:
    """A value as ipconfig writes it (klibc's write_option, 2.0.12 and 2.0.14)."""
    return b"'" + value.replace(b"'", b"'\\''").replace(b"!", b"'\\!'") + b"'"


def answer(*, lines: bytes = b"", **values: bytes | str) -> bytes:
    """What ipconfig writes of a DHCP server's answer: given values take the place of plain ones."""
    plain: dict[str, bytes | str] = {
        "DEVICE": CARD,
        "PROTO": "dhcp",
        "IPV4ADDR": "10.1.2.3",
        "IPV4BROADCAST": "10.1.15.255",
        "IPV4NETMASK": "255.255.240.0",
        "IPV4GATEWAY": "10.1.0.1",
        "IPV4DNS0": "10.1.0.2",
        "IPV4DNS1": "0.0.0.0",
        "HOSTNAME": "node7",
        "DNSDOMAIN": "example.org",
        "NISDOMAIN": "",
        "ROOTSERVER": "10.1.0.1",
        "ROOTPATH": "",
        "filename": "",
        "UPTIME": "12",
        "DHCPLEASETIME": "3600",
        "DOMAINSEARCH": "",
    }
    return (
        b"".join(
            name.encode() + b"=" + quoted(value if isinstance(value, bytes) else value.encode())
            + b"\n"
            for name, value in {**plain, **values}.items()
        )
        + lines
    )  # fmt: skip


@dataclass
class Machine:
    """An initramfs directory, and the address of a web server with images."""

    initramfs: Path
    served: Path
    address: str
    network: bytes | None = field(default_factory=answer)
    """What ipconfig writes; None: no card got an address."""
    arguments: list[str] | None = None
    """The kernel arguments; None: the usual ones."""

    @property
    def generation(self) -> Path:
        return self.served / "images/compute/1"

    def boot(self, look: str = "", *arguments: str) -> list[str]:
        """What the console says; `look` is run in the initramfs when the root is mounted."""
        return self.console(look, *arguments).decode(errors="replace").splitlines()

    def console(self, look: str = "", *arguments: str) -> bytes:
        """The same, byte for byte."""
        stack = f"qlumod.stack={self.address}/images/compute/deployed/stack"
        words = ["boot=qlumod", stack, *arguments] if self.arguments is None else self.arguments
        for name, text in (
            ("look", look),
            ("cmdline", " ".join(words)),
            ("init", SURROUNDINGS),
        ):
            (self.initramfs / name).write_text(text)
        if self.network is None:
            (self.initramfs / "answer").unlink(missing_ok=True)
        else:
            (self.initramfs / "answer").write_bytes(self.network)
        return self._chrooted()

    def _chrooted(self) -> bytes:
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
            check=False,
        )  # fmt: skip
        return done.stdout

    def panic(self, *arguments: str) -> str:
        """The reason why it does not boot."""
        reasons = [line for line in self.boot("", *arguments) if line.startswith("panic: ")]
        assert reasons, "it booted"
        return reasons[0].removeprefix(f"panic: {CANNOT}")


@dataclass(frozen=True, slots=True)
class ImageLayer:
    """The one layer of an image."""

    data: bytes

    @property
    def digest(self) -> str:
        return sha256(self.data).hexdigest()

    @property
    def line(self) -> str:
        """Its line of the stack file."""
        return f"{self.digest} {len(self.data)} image.squashfs image"

    @property
    def stack(self) -> str:
        """A stack file by which a node boots."""
        return (
            f"Format: 1\nImage: compute\nKernel-Release: {KERNEL}\n"
            "Modules:\n core 14.0.0 14.0.0-1\n"
            f"Layers:\n {self.line}\nSecrets:\n /etc/munge/munge.key site\n"
        )


def served_image(served: Path, tree: Path) -> ImageLayer:
    """An image of one layer, as `served` shows it to nodes."""
    generation = served / "images/compute/1"
    generation.mkdir(parents=True)
    (generation.parent / "deployed").symlink_to("1")
    layer = ImageLayer(squashed(tree, generation / "image.squashfs"))
    (generation / "stack").write_text(layer.stack)
    return layer


def initramfs(scratch: Path) -> Path:
    """A root with busybox and nothing else, as the initrd is one for the script."""
    root = busybox_root(scratch)
    for directory in ("proc", "sys", "dev", "run", "etc", "root", "scripts"):
        (root / directory).mkdir(exist_ok=True)
    shutil.copy(SCRIPT, root / "scripts/qlumod")
    (root / "bin/ipconfig").write_text(IPCONFIG)
    (root / "bin/ipconfig").chmod(0o755)
    return root


@contextmanager
def standing(
    scratch: Path, served: Path, handler: type[SimpleHTTPRequestHandler] = Quiet
) -> Iterator[Machine]:
    """A machine that is switched on by `Machine.boot`."""
    with serving(served, handler) as server:
        yield Machine(initramfs(scratch), served, address_of(server))
