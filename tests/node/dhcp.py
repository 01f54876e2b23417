"""A DHCP server that answers whatever it is told to, and klibc's ipconfig that asks it.

`python -m tests.node.dhcp ROOT OPTION=HEX …` makes a pair of network cards, of which the server has
one, and runs ROOT's `/ask` on the other: in network, mount and UTS namespaces of its own.
"""

import socket
import struct
import subprocess
import sys
import threading

MAGIC = b"\x63\x82\x53\x63"
SERVER, CLIENT = socket.inet_aton("10.1.0.1"), socket.inet_aton("10.1.2.3")
OFFER_TO_DISCOVER = {1: 2, 3: 5}
"""What is answered: an offer to a discover, an acknowledgement to a request (RFC 2132, 9.6)."""
Options = list[tuple[int, bytes]]


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _kind(options: bytes) -> int:
    """The type of a message: ipconfig writes it first."""
    assert options[:4] == MAGIC and options[4] == 53
    return options[6]


def reply(frame: bytes, options: Options) -> bytes:
    """The Ethernet frame that answers one (RFC 2131)."""
    bootp = frame[14 + (frame[14] & 15) * 4 + 8 :]
    asked = _kind(bootp[236:])
    head = struct.pack(
        "!BBBB4sHH4s4s4s4s16s64s128s", 2, 1, 6, 0, bootp[4:8], 0, 0, bytes(4), CLIENT, SERVER,
        bytes(4), bootp[28:44], b"", b"",
    )  # fmt: skip
    fields = [(53, bytes([OFFER_TO_DISCOVER[asked]])), (54, SERVER), (51, struct.pack("!I", 3600))]
    body = b"".join(bytes([code, len(value)]) + value for code, value in (*fields, *options))
    data = head + MAGIC + body + b"\xff"
    udp = struct.pack("!HHHH", 67, 68, 8 + len(data), 0) + data
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, SERVER, b"\xff" * 4)
    ip = ip[:10] + struct.pack("!H", _checksum(ip)) + ip[12:]
    return b"\xff" * 6 + frame[6:12] + b"\x08\x00" + ip + udp


def _serve(card: socket.socket, options: Options) -> None:
    while True:
        frame = card.recv(4096)
        if frame[12:14] == b"\x08\x00" and frame[23] == 17 and frame[36:38] == b"\x00\x43":
            card.send(reply(frame, options))


def main(root: str, *words: str) -> int:
    """Let a root ask; prints what it prints."""
    options = [
        (int(code), bytes.fromhex(value)) for code, _, value in (w.partition("=") for w in words)
    ]
    for command in (
        "ip link add veth0 type veth peer name veth1", "ip link set veth0 up",
        "ip link set veth1 up", f"mount -t sysfs sysfs {root}/sys",
    ):  # fmt: skip
        subprocess.run(command.split(), check=True)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as card:
        card.bind(("veth1", 0))
        threading.Thread(target=_serve, args=(card, options), daemon=True).start()
        ask = ["chroot", root, "/bin/busybox", "sh", "/ask"]
        path = {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}
        return subprocess.run(ask, env=path, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
