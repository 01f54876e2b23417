"""A machine boots the image of core and slurm over HTTP, without any disk (QEMU, no KVM needed)."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import MainJob
from tests.integration.test_image import build
from tests.node.root import member, packed
from tests.support.web_server import serving

QEMU = shutil.which("qemu-system-x86_64")
PATIENCE = 600
"""Seconds: a minute or two on an idle machine, since every instruction is emulated."""
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x1b]*\x1b\\\\|\r")
"""What a console is told about colours and cursors."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="images are built by root"),
    pytest.mark.skipif(QEMU is None, reason="qemu-system-x86 is not installed"),
]

# Only what the probe asks for is started: emulated, all of a node's services take minutes.
TARGET = """\
[Unit]
Requires=basic.target probe.service
After=basic.target
"""
SERVICE = """\
[Unit]
Wants=munge.service systemd-networkd.service
After=basic.target munge.service systemd-networkd.service qlumod-secrets.service
[Service]
Type=simple
ExecStart=/bin/sh /usr/local/lib/probe
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
"""
PROBE = """\
exec 2>&1
export TERM=dumb SYSTEMD_PAGER=cat SYSTEMD_COLORS=0
echo "== failed"; systemctl --failed --no-legend --plain
echo "== secrets"; systemctl is-active qlumod-secrets.service
stat -c '%U:%G %a' /etc/munge/munge.key; ls -1 /etc/ssh/ssh_host_*
echo "== munge"; munge -n | unmunge | sed -n 's/^STATUS: *//p'
echo "== slurm"; slurmd -V
echo "== rights"; nobody="setpriv --reuid nobody --regid nogroup --clear-groups"
# By itself it reads shadow, where the day of the last change stands.
$nobody passwd -S | cut -d ' ' -f 1,3 | tr 0-9 9
$nobody ls /run/qlumod/fetched /run/qlumod/lower /run/qlumod/written
chmod 0755 /run/qlumod/lower; $nobody /run/qlumod/lower/0/usr/bin/passwd -S | cut -d ' ' -f 1,3
echo "== root"; findmnt -n -o FSTYPE /; tr '0-9a-f' x < /etc/machine-id
echo "== network"; for n in 1 2 3 4 5 6 7 8 9; do
    networkctl list ens3 --no-legend --no-pager | grep -q configured && break; sleep 2
done
networkctl list ens3 --no-legend --no-pager | awk '{ print $4, $5 }'
echo "== end"
systemctl poweroff --force --force
"""
# In place of the shell that emergency mode asks the root password for.
EMERGENCY = """\
[Service]
ExecStart=
ExecStart=/bin/sh /usr/local/lib/stopped
"""
STOPPED = """\
exec >/dev/ttyS0 2>&1
echo "== units"
systemctl is-active qlumod-secrets.service sysinit.target multi-user.target ssh.service
echo "== placed"; grep -c '^evil' /etc/shadow; ls /etc/munge /etc/ssh/ssh_host_*
echo "== end"
systemctl poweroff --force --force
"""
FILES = {
    "etc/systemd/system/probe.target": TARGET,
    "etc/systemd/system/probe.service": SERVICE,
    "usr/local/lib/probe": PROBE,
    "etc/systemd/system/emergency.service.d/probe.conf": EMERGENCY,
    "usr/local/lib/stopped": STOPPED,
}


@pytest.fixture(scope="module")
def served(
    main_job: MainJob, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    """An image with a probe and munge's key, and the address that it is served at."""
    head = tmp_path_factory.mktemp("boot") / "head"
    site = head / "etc/qlumod/images/compute"
    for path, text in FILES.items():
        (site / "copy" / path).parent.mkdir(parents=True, exist_ok=True)
        (site / "copy" / path).write_text(text)
    # Making host keys takes a minute where every instruction is emulated: the site supplies one.
    for path in ("munge/munge.key", "ssh/ssh_host_test_key", "ssh/ssh_host_test_key.pub"):
        key = site / "secrets/etc" / path
        key.parent.mkdir(parents=True, exist_ok=True)
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
    current = build(main_job, head)
    with serving(head / "var/lib/qlumod") as server:
        yield current, f"http://10.0.2.2:{server.server_port}/images/compute/current"


def boot(current: Path, arguments: str, log: Path) -> str:
    """What the console says until the machine is off."""
    done = subprocess.run(
        [
            str(QEMU), "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1536",
            "-display", "none", "-nodefaults", "-no-reboot", "-serial", f"file:{log}",
            "-device", "virtio-rng-pci",
            "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net",
            "-kernel", current / "vmlinuz", "-initrd", current / "initrd.img",
            "-append", f"console=ttyS0 quiet nokaslr cryptomgr.notests panic=1 {arguments}",
        ],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return ESCAPES.sub("", log.read_text(errors="replace"))


def after(console: str, mark: str) -> list[str]:
    """The lines that the probe printed behind a mark."""
    lines = console.partition(f"== {mark}\n")[2].partition("== ")[0].splitlines()
    return [line for line in lines if line and not line.startswith("[ ")]


def test_a_node_boots_the_stack_with_its_secrets_and_its_network(
    served: tuple[Path, str], tmp_path: Path
) -> None:
    current, address = served
    console = boot(
        current,
        f"boot=qlumod qlumod.stack={address}/stack qlumod.secrets={address}/secrets.tar "
        "systemd.unit=probe.target systemd.show_status=0",
        tmp_path / "console",
    )
    assert "== end\n" in console, console[-3000:]
    assert "qlumod: no one supplied" not in console
    assert after(console, "failed") == []
    assert after(console, "secrets") == [
        "active",
        "munge:munge 400",
        "/etc/ssh/ssh_host_test_key",
        "/etc/ssh/ssh_host_test_key.pub",
    ]
    assert after(console, "munge") == ["Success (0)"]
    assert after(console, "slurm")[0].startswith("slurm-wlm")
    closed = [
        f"ls: cannot open directory '/run/qlumod/{name}': Permission denied"
        for name in ("fetched", "lower", "written")
    ]
    assert after(console, "rights") == ["nobody 9999-99-99", *closed, "nobody never"]
    assert after(console, "root") == ["overlay", "x" * 32]
    assert after(console, "network") == ["routable configured"]


def test_a_node_that_cannot_boot_says_why(served: tuple[Path, str], tmp_path: Path) -> None:
    current, address = served
    digest = "0" * 64
    console = boot(
        current,
        f"boot=qlumod qlumod.stack={address}/stack qlumod.digest={digest}",
        tmp_path / "console",
    )
    what = f"what came from {address}/stack is damaged: its SHA-256 is not {digest}"
    assert f"qlumod: cannot boot: {what}" in console


def test_a_node_whose_secrets_are_refused_stops_and_says_why(
    served: tuple[Path, str], tmp_path: Path
) -> None:
    current, address = served
    key, shadow = member("etc/munge/munge.key"), member("etc/shadow", "evil::19000::::::\n")
    (current / "hostile.tar").write_bytes(packed(key, shadow))
    console = boot(
        current,
        f"boot=qlumod qlumod.stack={address}/stack qlumod.secrets={address}/hostile.tar "
        "systemd.show_status=0",
        tmp_path / "console",
    )
    assert "== end\n" in console, console[-3000:]
    for line in (
        "secrets.tar is refused, nothing of it was taken: etc/shadow is no secret of this image",
        "this node does not go on without its secrets: mend them on the head node, build the image "
        "again, and boot",
    ):
        assert f": qlumod: {line}\n" in console
    assert after(console, "units") == ["failed", "inactive", "inactive", "inactive"]
    assert after(console, "placed") == [
        "0",
        "ls: cannot access '/etc/ssh/ssh_host_*': No such file or directory",
        "/etc/munge:",
    ]
