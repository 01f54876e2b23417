"""A machine boots the image of core and slurm over HTTP, without any disk (QEMU, no KVM needed).

Three nodes are sent the same, but for one file: they share the boot up to where they ask for it.
"""

import os
import queue
import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from tests.integration.conftest import MainJob
from tests.integration.test_image import build
from tests.node.root import member, packed
from tests.support.emulated import ARGUMENTS, PATIENCE, Emulated, emulated
from tests.support.web_server import Quiet, serving

QEMU = shutil.which("qemu-system-x86_64")
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
GENERATOR = """\
#!/bin/sh
# A node with its secrets starts the probe only; one without them is to start everything.
tar -tf /run/qlumod/secrets.tar | grep -q shadow ||
    ln -s /etc/systemd/system/probe.target "$2/default.target"
"""
FILES = {
    "usr/local/lib/systemd/system-generators/probe": GENERATOR,
    "etc/systemd/system/probe.target": TARGET,
    "etc/systemd/system/probe.service": SERVICE,
    "usr/local/lib/probe": PROBE,
    "etc/systemd/system/emergency.service.d/probe.conf": EMERGENCY,
    "usr/local/lib/stopped": STOPPED,
}


class Gate(Quiet):
    """A web server that refuses some files at first: a node asks for them again and again."""

    def __init__(self, *given: object, shut: set[str], asked: "queue.Queue[str]", **named: object):
        self.shut, self.asked = shut, asked
        super().__init__(*given, **named)  # type: ignore[arg-type]

    def do_GET(self) -> None:  # noqa: N802
        name = self.path.rpartition("/")[2]
        if name in self.shut:
            self.send_error(503)
            self.asked.put(name)
        else:
            super().do_GET()


@dataclass(frozen=True)
class Site:
    """An image with a probe, its server, and the options of a machine that boots it."""

    current: Path
    address: str
    asked: "queue.Queue[str]"
    shut: set[str]
    digest: str

    @classmethod
    @contextmanager
    def of(cls, current: Path, served: Path) -> Iterator["Site"]:
        """Serve an image until the end of the block."""
        asked, shut = queue.Queue[str](), {"stack", "secrets.tar"}
        with serving(served, partial(Gate, shut=shut, asked=asked)) as server:
            address = f"http://10.0.2.2:{server.server_port}/images/compute/deployed"
            digest = sha256((current / "stack").read_bytes()).hexdigest()
            yield cls(current, address, asked, shut, digest)

    def machine(self, place: Path, saved: Path | None = None) -> AbstractContextManager[Emulated]:
        """A machine that boots the image, or goes on with that from a file."""
        words = (
            f"boot=qlumod qlumod.stack={self.address}/stack qlumod.digest={self.digest} "
            f"qlumod.secrets={self.address}/secrets.tar systemd.show_status=0"
        )
        files = ("-kernel", self.current / "vmlinuz", "-initrd", self.current / "initrd.img")
        options = (*files, "-append", f"{ARGUMENTS} {words}")
        return emulated(str(QEMU), place, options, saved=saved)

    def open(self, name: str, machine: Emulated, state: Path) -> None:
        """Write down a machine that asks for a file, and let it have that from now on."""
        while self.asked.get(timeout=PATIENCE) != name:
            pass
        machine.save(state)
        self.shut.remove(name)
        machine.go_on()

    def continued(self, place: Path, saved: Path, name: str, data: bytes) -> str:
        """What a node's console says that asked for a file and gets these bytes."""
        file = self.current / name
        before = file.read_bytes()
        file.write_bytes(data)
        try:
            with self.machine(place, saved) as machine:
                return ESCAPES.sub("", machine.console())
        finally:
            file.write_bytes(before)


@dataclass(frozen=True)
class Boot:
    """What a node's console said, and the node when it asked for two files, as these hold it."""

    site: Site
    console: str
    at_stack: Path
    at_secrets: Path


@pytest.fixture(scope="module")
def booted(main_job: MainJob, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boot]:
    """A node that has booted an image with a probe and munge's key."""
    top = tmp_path_factory.mktemp("boot")
    with Site.of(image(main_job, top / "head"), top / "head/var/lib/qlumod") as site:
        found = boot(site, top)
        yield found
    for state in (found.at_stack, found.at_secrets):
        state.unlink()


def image(main_job: MainJob, head: Path) -> Path:
    """The deployed generation of the image."""
    site = head / "etc/qlumod/images/compute"
    for path, text in FILES.items():
        file = site / "copy" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755 if text.startswith("#!") else 0o644)
    # Making host keys takes a minute where every instruction is emulated: the site supplies one.
    for path in ("munge/munge.key", "ssh/ssh_host_test_key", "ssh/ssh_host_test_key.pub"):
        key = site / "secrets/etc" / path
        key.parent.mkdir(parents=True, exist_ok=True)
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
    return build(main_job, head)


def boot(site: Site, top: Path) -> Boot:
    """Boot, and keep the machine as it is at either file."""
    at_stack, at_secrets = top / "at-stack", top / "at-secrets"
    with site.machine(top / "machine") as machine:
        site.open("stack", machine, at_stack)
        site.open("secrets.tar", machine, at_secrets)
        return Boot(site, ESCAPES.sub("", machine.console()), at_stack, at_secrets)


def after(console: str, mark: str) -> list[str]:
    """The lines that the probe printed behind a mark."""
    lines = console.partition(f"== {mark}\n")[2].partition("== ")[0].splitlines()
    return [line for line in lines if line and not line.startswith("[ ")]


def test_a_node_boots_the_stack_with_its_secrets_and_its_network(booted: Boot) -> None:
    console = booted.console
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


def test_a_node_that_cannot_boot_says_why(booted: Boot, tmp_path: Path) -> None:
    site = booted.site
    damaged = (site.current / "stack").read_bytes() + b"Extra: yes\n"
    console = site.continued(tmp_path / "machine", booted.at_stack, "stack", damaged)
    what = f"what came from {site.address}/stack is damaged: its SHA-256 is not {site.digest}"
    assert f"qlumod: cannot boot: {what}" in console


def test_a_node_whose_secrets_are_refused_stops_and_says_why(booted: Boot, tmp_path: Path) -> None:
    key, shadow = member("etc/munge/munge.key"), member("etc/shadow", "evil::19000::::::\n")
    hostile = packed(key, shadow)
    console = booted.site.continued(tmp_path / "machine", booted.at_secrets, "secrets.tar", hostile)
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
