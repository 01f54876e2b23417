"""What an attacker may send to a node that boots, and what has to come of it.

The tests play each attempt; `python -m tests.node.hostile` prints them as a table.
"""

import gzip
import io
import lzma
import os
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.node.machine import CANNOT, KERNEL, ImageLayer, Machine, answer, served_image, standing
from tests.node.root import member, new_node, packed

EVIL = "$(touch /pwned)"
ESCAPE = "\x1b[2J\x1b]0;evil\x07"
CARD = "the network's answer in /run/net-eth0.conf is refused: "
STACK = "{stack}"
"""Stands for the stack file's address in what is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Something that is sent to a node, and the line by which it is refused."""

    what: str
    sent: bytes
    told: str = ""
    """How the reason begins; empty: the node goes on, and nothing came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an attempt."""

    told: str
    """The reason why the node does not go on; empty: it does."""
    harm: str = ""
    """What it did that it must not; empty: nothing."""


# --- stack files ---


def _lines(layer: ImageLayer) -> dict[str, tuple[str, str]]:
    """Lines of Layers, each with the number of the layer that is told, or what is told."""
    digest, size = layer.digest, len(layer.data)
    rest = "image.squashfs image"
    return {
        "size: a letter": (f"{digest} x {rest}", ""),
        "size: a command in an index": (f"{digest} a[{EVIL}] {rest}", ""),
        "size: a command without blanks": (f"{digest} a[$(reboot)] {rest}", ""),
        "size: an assignment": (f"{digest} PATH=1 {rest}", ""),
        "size: a name of a variable": (f"{digest} total {rest}", ""),
        "size: negative": (f"{digest} -1 {rest}", ""),
        "size: nothing": (f"{digest} 0 {rest}", ""),
        "size: octal": (f"{digest} 010 {rest}", ""),
        "size: octal that is none": (f"{digest} 089 {rest}", ""),
        "size: hexadecimal": (f"{digest} 0x10 {rest}", ""),
        "size: a power": (f"{digest} 1e9 {rest}", ""),
        "size: a base": (f"{digest} 36#zz {rest}", ""),
        "size: beyond 64 bits": (f"{digest} {1 << 64} {rest}", ""),
        "size: 5,000 digits": (f"{digest} {'9' * 5000} {rest}", ""),
        "size: missing": (f"{digest} {rest}", ""),
        "digest: short": (f"{digest[:63]} {size} {rest}", ""),
        "digest: long": (f"{digest}0 {size} {rest}", ""),
        "digest: capitals": (f"{digest.upper()} {size} {rest}", ""),
        "digest: a path": (f"{'../' * 20}etc {size} {rest}", ""),
        "digest: an option": (f"{'-' * 64} {size} {rest}", ""),
        "digest: a command": (f"{'$(reboot)' + '0' * 55} {size} {rest}", ""),
        "path: absolute": (f"{digest} {size} /etc/passwd image", ""),
        "path: an address": (f"{digest} {size} http://evil/x image", ""),
        "path: up in its middle": (f"{digest} {size} a/../../x image", ""),
        "path: up at its end": (f"{digest} {size} ../.. image", ""),
        "path: hidden": (f"{digest} {size} .git/config image", ""),
        "path: a query": (f"{digest} {size} x?y=z image", ""),
        "path: a fragment": (f"{digest} {size} x#y image", ""),
        "path: percents": (f"{digest} {size} %2e%2e%0d%0aHost: image", ""),
        "path: a command": (f"{digest} {size} `reboot` image", ""),
        "path: a backslash": (f"{digest} {size} a\\033[2J image", ""),
        "path: a carriage return": (f"{digest} {size} image.squashfs\rX image", ""),
        "path: 2,000 letters": (f"{digest} {size} {'a' * 2000} image", ""),
        "path: 100,000 times up": (f"{digest} {size} {'../' * 100_000}x image", ""),
        "path: two slashes": (f"{digest} {size} a//b image", ""),
        "name: escapes": (f"{digest} {size} image.squashfs {ESCAPE}", ""),
        "name: a command": (f"{digest} {size} image.squashfs {EVIL}", ""),
        "name: missing": (f"{digest} {size} image.squashfs", ""),
        "name: an option": (f"{digest} {size} image.squashfs -e", ""),
        "a line of five words": (f"{digest} {size} {rest} more", ""),
        "line ends of other systems": (f"{digest} {size} {rest}\r", ""),
        "path: above the server's top": (
            f"{digest} {size} ../../../../x image",
            f"{STACK}: the path ../../../../x leads out of the server",
        ),
        "more than there is memory": (
            f"{digest} {10**15 - 1} {rest}",
            "the layers need 953674316 MiB of memory, and ",
        ),
        "longer than it says": (
            f"{digest} 512 {rest}",
            "what comes from {base}/image.squashfs is longer than 512 bytes",
        ),
        "another digest": (
            f"{'0' * 64} {size} {rest}",
            f"what came from {{base}}/image.squashfs is damaged: its SHA-256 is not {'0' * 64}",
        ),
        "no squashfs": (
            f"{sha256(b'rubbish').hexdigest()} 7 rubbish image",
            "cannot mount layer image",
        ),
        "not there": (f"{digest} {size} none image", "cannot fetch {base}/none (tried 5 times)"),
    }


def stacks(layer: ImageLayer) -> Iterator[Attempt]:
    """Hostile stack files; nothing makes sure of them where no digest was given."""
    text = layer.stack
    kernel = f"Kernel-Release: {KERNEL}"
    no_format = f"{STACK} is no stack file of format 1"
    yield Attempt(what="stack: as it should be", sent=text.encode())
    yield Attempt(what="stack: without its last line end", sent=text[:-1].encode())
    for what, sent, told in (
        ("empty", "", no_format),
        ("a newer format", text.replace("Format: 1", "Format: 2"), no_format),
        ("two formats", f"Format: 1\n{text}", no_format),
        ("a format with a command", text.replace("Format: 1", f"Format: 1 {EVIL}"), no_format),
        ("escapes in place of a format", text.replace("Format: 1", ESCAPE), no_format),
        ("longer than 1 MiB", text + "#" * (1 << 20), f"what comes from {STACK} is longer than"),
        (
            "image: a command",
            text.replace(": compute", f": {EVIL}"),
            f"{STACK}: '{EVIL}' is no name of an image",
        ),
        (
            "image: escapes",
            text.replace(": compute", f": {ESCAPE}"),
            f"{STACK}: '?[2J?]0;evil?' is no name of an image",
        ),
        (
            "image: a path",
            text.replace(": compute", ": ../../x"),
            f"{STACK}: '../../x' is no name of an image",
        ),
        (
            "image: 10,000 letters",
            text.replace(": compute", f": {'a' * 10000}"),
            f"{STACK}: '{'a' * 80}' is no name of an image",
        ),
        (
            "image: missing",
            text.replace("Image: compute\n", ""),
            f"{STACK}: '' is no name of an image",
        ),
        (
            "kernel: a command",
            text.replace(kernel, f"Kernel-Release: {EVIL}"),
            f"the running kernel is {KERNEL}, but {STACK} is made for {EVIL}: boot the kernel",
        ),
        (
            "kernel: escapes",
            text.replace(kernel, f"Kernel-Release: {ESCAPE}"),
            f"the running kernel is {KERNEL}, but {STACK} is made for ?[2J?]0;evil?: boot",
        ),
        (
            "kernel: missing",
            text.replace(f"{kernel}\n", ""),
            f"the running kernel is {KERNEL}, but {STACK} is made for : boot the kernel",
        ),
        ("no layers", text.replace(f" {layer.line}\n", ""), f"{STACK} names no layers"),
        (
            "layers: an empty line",
            text.replace(f" {layer.line}\n", " \n"),
            f"{STACK}: layer 1 is no 'digest size path name': ",
        ),
        (
            "501 layers",
            text.replace(f" {layer.line}\n", f" {layer.line}\n" * 501),
            f"{STACK} names more than 500 layers",
        ),
        (
            "500 layers of 1 PB",
            text.replace(layer.line, f"{layer.digest} {10**15 - 1} x y").replace(
                " x y\n", f" x y\n {layer.digest} {10**15 - 1} x y\n" * 1
            ),
            "the layers need 1907348632 MiB of memory, and ",
        ),
    ):
        yield Attempt(what=f"stack: {what}", sent=sent.encode(), told=told)
    for what, (line, told) in _lines(layer).items():
        yield Attempt(
            what=f"layer: {what}",
            sent=text.replace(layer.line, line).encode(),
            told=told or f"{STACK}: layer 1 is no 'digest size path name': ",
        )


# --- answers of a DHCP server ---


TEXTS = ("DNSDOMAIN", "NISDOMAIN", "ROOTPATH", "filename", "DOMAINSEARCH")
"""What a DHCP server chooses freely, and no node needs."""


def answers() -> Iterator[Attempt]:
    """What a hostile DHCP server may have ipconfig write, or a faulty ipconfig writes."""
    evil = {
        "a command": EVIL,
        "a command in backquotes": "`reboot`",
        "a quote and a command": "a'; touch /pwned; '",
        "a second assignment": "a\nIPV4DNS0='6.6.6.6'",
        "a line of its own": "a\nreboot",
        "escapes": ESCAPE,
        "a path": "../../etc/passwd",
        "an exclamation mark": "a!b",
        "an underscore": "node_7",
        "a blank": "a b",
        "a hyphen at its end": "node-",
        "an empty label": "a..b",
        "64 letters, where ipconfig cuts": "a" * 64,
        "8-bit letters": "knöt",
    }
    yield Attempt(what="answer: as it should be", sent=answer())
    yield Attempt(what="answer: no host name", sent=answer(HOSTNAME="", DNSDOMAIN=""))
    yield Attempt(what="answer: a full name", sent=answer(HOSTNAME="N7.cluster-1.example.org"))
    for what, name in evil.items():
        yield Attempt(what=f"host name: {what}", sent=answer(HOSTNAME=name), told=f"{CARD}HOSTNAME")
    for what, text in evil.items():
        yield Attempt(what=f"domain and paths: {what}", sent=answer(**dict.fromkeys(TEXTS, text)))
    for field, text in (
        ("DEVICE", "../../../etc"),
        ("DEVICE", EVIL),
        ("PROTO", EVIL),
        ("IPV4ADDR", EVIL),
        ("IPV4ADDR", "1.2.3"),
        ("IPV4NETMASK", "255.255.255.256"),
        ("IPV4GATEWAY", "1.2.3.4.5"),
        ("IPV4DNS0", "8.8.8.8\nnameserver 6.6.6.6"),
        ("IPV4DNS1", ""),
    ):
        yield Attempt(
            what=f"{field}: {text!r}", sent=answer(**{field: text}), told=f"{CARD}{field}"
        )
    whole = answer()
    for what, sent, told in (
        ("cut off", whole[:60], f"{CARD}IPV4BROADCAST"),
        ("empty", b"", "no network card got an address"),
        ("a command in its first line", b"touch /pwned\n" + whole, f"{CARD}touch /pwned"),
        ("a command behind a value", whole.replace(b"'lo'", b"'lo';reboot"), f"{CARD}DEVICE"),
        ("no quotes", whole.replace(b"'lo'", b"$(reboot)"), f"{CARD}DEVICE"),
        ("another variable", b"PATH='/evil'\n" + whole, f"{CARD}PATH"),
        (
            "a route with a command for a name",
            whole.replace(b"IPV4GATEWAY", b"IPV4ROUTE$(reboot)GATEWAY"),
            f"{CARD}IPV4ROUTE",
        ),
    ):
        yield Attempt(what=f"answer: {what}", sent=sent, told=told)
    routes = b"IPV4ROUTE0SUBNET='0.0.0.0/0'\nIPV4ROUTE0GATEWAY='10.1.0.1'\n"
    yield Attempt(
        what="answer: routes in place of a gateway",
        sent=whole.replace(b"IPV4GATEWAY='10.1.0.1'\n", routes),
    )


# --- archives of secrets ---

KEY = "etc/munge/munge.key"
NO_SECRET = "is no secret of this image"


def _raw(name: bytes, kind: bytes = b"0") -> bytes:
    """An archive whose header no library would write."""
    header = bytearray(512)
    header[: len(name)] = name
    header[100:108], header[124:136], header[136:148] = b"0000400\0", b"0" * 11 + b"\0", b"0" * 12
    header[108:116] = header[116:124] = b"0000000\0"
    header[156:157], header[257:265] = kind, b"ustar\x0000"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + b"\0" * 1024


def archives() -> Iterator[Attempt]:
    """Hostile secrets.tar: nothing makes sure of it."""
    key = member(KEY)
    for what, sent in (
        ("munge's key", packed(key)),
        ("and host keys", packed(key, member("etc/ssh/ssh_host_x_key"))),
        ("setuid and setgid", packed(member(KEY, mode=0o6755))),
        ("sticky", packed(member(KEY, mode=0o1777))),
        ("GNU's format", packed(key, form=tarfile.GNU_FORMAT)),
        ("old format", packed(key, form=tarfile.USTAR_FORMAT)),
        ("an owner that no one knows", packed(member(KEY, uname="nosuch", uid=0))),
        ("file capabilities", packed(member(KEY, pax_headers={"SCHILY.xattr.user.x": "y"}))),
    ):
        yield Attempt(what=f"secrets: {what}", sent=sent)
    for what, name, fields in (
        ("shadow", "etc/shadow", {}),
        ("cron", "etc/cron.d/evil", {}),
        ("keys of root", "root/.ssh/authorized_keys", {}),
        ("a program", "usr/bin/su", {"mode": 0o4755}),
        ("a name that begins like a secret", KEY + "x", {}),
        ("a name that ends like a secret", "x" + KEY, {}),
        ("a star that takes a slash", "etc/ssh/ssh_host_a/b_key", {}),
        ("the star itself in another place", "etc/munge/*", {}),
        ("an absolute name", "/" + KEY, {}),
        ("a dot in front", "./" + KEY, {}),
        ("two slashes", "etc//munge/munge.key", {}),
        ("up and down again", "etc/ssh/../munge/munge.key", {}),
        ("up in a star", "etc/ssh/ssh_host_/../../shadow_key", {}),
        ("above the top", "../../../../../../../../pwned", {}),
        ("a line end", "etc/munge/munge.key\netc/shadow", {}),
        ("a line end in a star", "etc/ssh/ssh_host_\n_key", {}),
        ("escapes", f"etc/ssh/ssh_host_{ESCAPE}_key", {}),
        ("an option", "--checkpoint-action=exec=touch pwned", {}),
        ("a command", f"etc/ssh/ssh_host_{EVIL}", {}),
        ("8-bit letters", "etc/ssh/ssh_höst", {}),
        ("2,000 letters", "etc/ssh/" + "a" * 2000, {}),
    ):
        sent = packed(key, member(name, **fields))
        yield Attempt(what=f"secrets: {what}", sent=sent, told=NO_SECRET)
    for what, kind, target in (
        ("a symbolic link", tarfile.SYMTYPE, "/etc/shadow"),
        ("a hard link", tarfile.LNKTYPE, "etc/shadow"),
        ("a hard link out", tarfile.LNKTYPE, "/../../../../etc/shadow"),
        ("a character device", tarfile.CHRTYPE, ""),
        ("a block device", tarfile.BLKTYPE, ""),
        ("a FIFO", tarfile.FIFOTYPE, ""),
        ("a directory", tarfile.DIRTYPE, ""),
        ("a contiguous file", tarfile.CONTTYPE, ""),
    ):
        name = f"{KEY}/" if kind == tarfile.DIRTYPE else KEY
        sent = packed(member(KEY, type=kind, linkname=target))
        yield Attempt(what=f"secrets: {what}", sent=sent, told=f"{name} is no regular file")
    yield Attempt(
        what="secrets: a link for a directory, and a file behind it",
        sent=packed(member("etc/ssh", type=tarfile.SYMTYPE, linkname="/etc/cron.d"), key),
        told="etc/ssh is no regular file",
    )
    yield Attempt(
        what="secrets: the mode of a directory",
        sent=packed(key, member("etc/munge", type=tarfile.DIRTYPE, mode=0o777)),
        told="etc/munge/ is no regular file",
    )
    yield Attempt(
        what="secrets: twice", sent=packed(key, member(KEY, "other")), told=f"{KEY} is there twice"
    )
    for letter in "ADMNV7\x80":
        sent = _raw(KEY.encode(), letter.encode("latin-1"))
        yield Attempt(
            what=f"secrets: a member of type {letter!r}",
            sent=sent,
            told=f"{KEY} is no regular file",
        )
    for letter in "KLxg":
        sent = _raw(KEY.encode(), letter.encode())
        yield Attempt(
            what=f"secrets: nothing but a header of type {letter!r}",
            sent=sent,
            told=f"the site's secret /{KEY} is missing",
        )
    whole = packed(key, member("etc/ssh/ssh_host_x_key", "k" * 2000))
    for what, sent in (
        ("empty", b""),
        ("text", b"hello\n" * 100),
        ("zeros but for one", b"x" + b"\0" * 10239),
        ("cut off in a header", whole[:700]),
        ("cut off in a file", whole[:2000]),
        ("cut off between two files", whole[:1024]),
        ("cut off at its end", whole[: len(whole) // 512 * 512 - 10240 + 3584]),
        ("compressed by gzip", gzip.compress(whole)),
        ("compressed by xz", lzma.compress(whole)),
        ("a program", Path("/bin/busybox").read_bytes()[:20480]),
        ("rubbish behind its end", whole + b"x" * 512),
        ("a sum that is wrong", whole[:150] + b"7" + whole[151:]),
        ("a sparse file of 8 TiB", _sparse()),
    ):
        yield Attempt(what=f"secrets: {what}", sent=sent, told="secrets.tar is refused")


def _sparse() -> bytes:
    """A listed file that takes a few bytes here and terabytes where it is unpacked."""
    info, _ = member(KEY)
    info.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": KEY,
        "GNU.sparse.realsize": str(1 << 43),
    }
    data = f"2\n0\n1\n{1 << 43}\n0\n".encode().ljust(512, b"\0") + b"x"
    info.size = len(data)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


# --- playing them ---


@contextmanager
def booting(scratch: Path) -> Iterator[Callable[[Attempt], Outcome]]:
    """A machine that boots by whatever stack file and DHCP answer it is sent."""
    served = scratch / "served"
    (scratch / "tree/etc").mkdir(parents=True)
    layer = served_image(served, scratch / "tree")
    (served / "images/compute/1/rubbish").write_bytes(b"rubbish")
    with standing(scratch, served) as machine:
        yield lambda attempt: _boot(machine, layer.stack.encode(), attempt)


def layer_of(scratch: Path) -> ImageLayer:
    """The layer that is served by `booting`."""
    return ImageLayer((scratch / "served/images/compute/1/image.squashfs").read_bytes())


WRITTEN = ("answer", "cmdline", "init", "look", "etc/hostname", "etc/resolv.conf")
"""What a boot writes into the initrd's root, on purpose."""


def _boot(machine: Machine, stack: bytes, attempt: Attempt) -> Outcome:
    is_answer = attempt.what.split(":")[0] not in ("stack", "layer")
    machine.network = attempt.sent if is_answer else answer()
    (machine.generation / "stack").write_bytes(stack if is_answer else attempt.sent)
    before = _paths(machine.initramfs)
    console = machine.console("echo booted; cat /root/etc/hostname /etc/hostname")
    lines = console.decode(errors="replace").splitlines()
    reasons = [line for line in lines if line.startswith("panic: ")]
    harm = [f"wrote {path}" for path in sorted(_paths(machine.initramfs) ^ before)]
    harm += ["control characters on the console"] * any(
        byte > 0x7E or (byte < 0x20 and byte != 0x0A) for byte in console
    )
    if not reasons:
        harm += ["neither booted nor said why not"] * ("booted" not in lines)
        return Outcome(told="", harm="; ".join(harm))
    harm += [f"no promised line: {reasons[0]}"] * (CANNOT not in reasons[0])
    base = f"{machine.address}/images/compute/deployed"
    told = reasons[0].partition(CANNOT)[2].replace(f"{base}/stack", STACK).replace(base, "{base}")
    return Outcome(told=told, harm="; ".join(harm))


def _paths(top: Path) -> set[str]:
    found = {os.fspath(path.relative_to(top)) for path in top.rglob("*")}
    return found - set(WRITTEN)


def place(scratch: Path, attempt: Attempt) -> Outcome:
    """Hand an archive to a node."""
    node = new_node(scratch / "node")
    node.file("/etc/shadow", "root:*:\n", 0o640)
    for path in ("etc/ssh/ssh_host_rsa_key", "etc/ssh/ssh_host_rsa_key.pub"):
        node.file(path, "its own", 0o600)
    before = node.looks()
    node.hand(attempt.sent)
    status, lines = node.start()
    after = node.looks()
    harm = [f"touched {path}" for path in before if after.get(path) != before[path]]
    new = sorted(set(after) - set(before))
    if status == 0:
        harm += [f"made {path}" for path in new if path not in PLACED or not _is_right(after[path])]
        harm += [f"said {line}" for line in lines]
    else:
        harm += [f"made {path}" for path in new]
    harm += ["something outside"] * os.path.lexists("/pwned")
    harm += ["control characters"] * any(not line.isprintable() for line in lines)
    return Outcome(
        told="" if status == 0 else lines[0].removeprefix("qlumod: "), harm="; ".join(harm)
    )


PLACED = (KEY, "etc/ssh/ssh_host_x_key")


def _is_right(looks: tuple[object, ...]) -> bool:
    """Whether a secret is a file with one name, without setuid, setgid and sticky bits."""
    mode, _, _, names, _ = looks
    return int(str(mode), 8) & ~0o777 == 0o100000 and names == 1


def played(scratch: Path) -> Iterator[tuple[Attempt, Outcome]]:
    """All attempts, each with what came of it; root only."""
    with booting(scratch) as boot:
        for attempt in (*stacks(layer_of(scratch)), *answers()):
            yield attempt, boot(attempt)
    for number, attempt in enumerate(archives()):
        with tempfile.TemporaryDirectory(dir=scratch, prefix=f"{number}-") as directory:
            yield attempt, place(Path(directory), attempt)


def main() -> int:
    """Print all attempts and what came of them; 1: something came through."""
    total = found = 0
    with tempfile.TemporaryDirectory() as directory:
        for attempt, outcome in played(Path(directory)):
            wrong = verdict(attempt, outcome)
            total, found = total + 1, found + bool(wrong)
            came = outcome.told or "goes on, unharmed"
            print(f"{'OPEN' if wrong else 'closed':6}  {attempt.what!r:50}  {wrong or came[:120]}")
    print(f"{total} attempts, {found} of them open")
    return 1 if found else 0


def verdict(attempt: Attempt, outcome: Outcome) -> str:
    """What is wrong with what came of an attempt; empty: nothing."""
    if outcome.harm:
        return outcome.harm
    if bool(attempt.told) != bool(outcome.told) or attempt.told not in outcome.told:
        return f"expected {attempt.told or 'that the node goes on'!r}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
