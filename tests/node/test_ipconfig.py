"""klibc's own ipconfig: what it writes of a DHCP server's answer, and what is left of that."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.node.machine import answer, initramfs

KLIBC = Path("/usr/lib/klibc/bin/ipconfig")
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces are made by root"),
    pytest.mark.skipif(not KLIBC.exists(), reason="klibc-utils is not installed"),
]
MASK, HOST, DOMAIN, ROOT_PATH, ROUTES = 1, 12, 15, 17, 121
NETMASK = (MASK, bytes([255, 255, 240, 0]))
EVIL = b"a'$(reboot)!`\nDEVICE='x'\x1b[2J\\"
ASK = """\
. /scripts/qlumod
mkdir -p /run/qlumod
{ipconfig} -t 10 -c dhcp -d veth0
echo ==
cat /run/net-veth0.conf
echo ==
cat /run/qlumod/refused
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An initrd's root with the real program."""
    root = initramfs(tmp_path)
    shutil.copy(KLIBC, root / "bin/ipconfig")
    # Its library is asked for at the one or at the other, as there is a merged /usr.
    for place in (root / "lib", root / "usr/lib"):
        place.mkdir(parents=True, exist_ok=True)
        for library in Path("/usr/lib").glob("klibc-*.so"):
            shutil.copy(library, place)
    return root


def ask(root: Path, *options: tuple[int, bytes], ipconfig: str = "ipconfig") -> list[bytes]:
    """What was printed, the file, and why it is refused."""
    (root / "ask").write_text(ASK.format(ipconfig=ipconfig))
    done = subprocess.run(
        ["unshare", "--net", "--uts", "--mount", "--propagation", "private", sys.executable,
         "-m", "tests.node.dhcp", root, *(f"{code}={value.hex()}" for code, value in options)],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stdout.split(b"==\n")


def without_uptime(text: bytes) -> bytes:
    return b"".join(line for line in text.splitlines(True) if not line.startswith(b"UPTIME="))


@pytest.mark.parametrize("host", [b"node7", EVIL, b"\xc3\xb6\x9b\xff"])
def test_the_file_is_what_the_other_tests_take_it_for(root: Path, host: bytes) -> None:
    _, text, _ = ask(root, NETMASK, (HOST, host), ipconfig="command ipconfig")
    same = answer(
        DEVICE="veth0", IPV4GATEWAY="0.0.0.0", IPV4DNS0="0.0.0.0", HOSTNAME=host, DNSDOMAIN=""
    )
    assert without_uptime(text) == without_uptime(same)


def test_what_is_left_is_checked_and_may_be_sourced(root: Path) -> None:
    _, text, refused = ask(root, NETMASK, (HOST, b"node7"), (DOMAIN, b"a.org"), (ROOT_PATH, EVIL))
    assert text.decode().splitlines() == [
        "DEVICE='veth0'",
        "PROTO='dhcp'",
        "IPV4ADDR='10.1.2.3'",
        "IPV4BROADCAST='10.1.15.255'",
        "IPV4NETMASK='255.255.240.0'",
        "IPV4GATEWAY='0.0.0.0'",
        "IPV4DNS0='0.0.0.0'",
        "IPV4DNS1='0.0.0.0'",
        "HOSTNAME='node7'",
        "DNSDOMAIN='a.org'",
    ]
    assert refused == b""


def test_routes_take_the_place_of_a_gateway(root: Path) -> None:
    _, text, _ = ask(root, NETMASK, (ROUTES, bytes([0, 10, 1, 0, 9])))
    assert "IPV4ROUTE0SUBNET='0.0.0.0/0'\nIPV4ROUTE0GATEWAY='10.1.0.9'\n" in text.decode()


def test_a_hostile_name_is_refused_and_nothing_of_it_is_shown_raw(root: Path) -> None:
    console, text, refused = ask(root, NETMASK, (HOST, EVIL), (DOMAIN, b"a.org"))
    assert refused == (
        b"the network's answer in /run/net-veth0.conf is refused: HOSTNAME='a'?''$(reboot)'?!'`\n"
    )
    assert b"HOSTNAME" not in text
    assert all(byte == 0x0A or 0x20 <= byte < 0x7F for byte in console + text + refused)
