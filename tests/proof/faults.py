"""Faults that a stack might have, each done to a mounted root by real file operations."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Deed = Callable[[Path], None]


@dataclass(frozen=True)
class Fault:
    """A fault, the root it is done to, and a path that the report must name.

    `unmounted`: it is done to an empty directory that then becomes the uppermost layer.
    """

    name: str
    names: str
    deed: Deed
    unmounted: bool = False


def faults() -> tuple[Fault, ...]:
    """All of them."""
    return tuple(_faults())


def _edit(path: str, old: str, new: str) -> Deed:
    """Replace a part of a file, which must be there; mode and owner stay."""

    def deed(root: Path) -> None:
        place = root / path
        text = place.read_bytes()
        assert old.encode() in text, f"{path} has no {old!r}"
        place.write_bytes(text.replace(old.encode(), new.encode(), 1))

    return deed


def _edit_line(path: str, beginning: str, change: Callable[[str], str]) -> Deed:
    """Change the first line that begins so; an empty result removes it."""

    def deed(root: Path) -> None:
        place = root / path
        lines = place.read_text().splitlines(keepends=True)
        number = next(n for n, line in enumerate(lines) if line.startswith(beginning))
        lines[number] = change(lines[number])
        place.write_text("".join(lines))

    return deed


def _append(path: str, text: str) -> Deed:
    def deed(root: Path) -> None:
        with (root / path).open("a") as place:
            place.write(text)

    return deed


def _field(number: int, value: str) -> Callable[[str], str]:
    def change(line: str) -> str:
        fields = line.rstrip("\n").split(":")
        fields[number] = value
        return ":".join(fields) + "\n"

    return change


def _stanza(path: str, beginning: str, change: Callable[[str], str]) -> Deed:
    def deed(root: Path) -> None:
        stanzas = (root / path).read_text().strip("\n").split("\n\n")
        number = next(n for n, s in enumerate(stanzas) if s.startswith(beginning + "\n"))
        stanzas[number] = change(stanzas[number])
        (root / path).write_text("".join(f"{s}\n\n" for s in stanzas if s))

    return deed


def _chmod(path: str, mode: int) -> Deed:
    return lambda root: (root / path).chmod(mode)


def _chown(path: str, uid: int, gid: int) -> Deed:
    def deed(root: Path) -> None:
        mode = (root / path).stat().st_mode & 0o7777
        os.chown(root / path, uid, gid)
        (root / path).chmod(mode)

    return deed


def _link(path: str, target: str) -> Deed:
    def deed(root: Path) -> None:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(target)

    return deed


def _write(path: str, text: str = "surprise\n") -> Deed:
    def deed(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    return deed


def _remove(path: str) -> Deed:
    def deed(root: Path) -> None:
        place = root / path
        shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink()

    return deed


def _break_hard_link(root: Path) -> None:
    place = root / "usr/bin/perl"
    copy = place.with_name("perl.copy")
    shutil.copy2(place, copy)
    copy.rename(place)


def _choose_another_awk(root: Path) -> None:
    place = root / "etc/alternatives/awk"
    others = {"/usr/bin/mawk", "/usr/bin/gawk"} - {str(place.readlink())}
    place.unlink()
    place.symlink_to(min(others))


def _swap_type(root: Path) -> None:
    (root / "usr/sbin/munged").unlink()
    (root / "usr/sbin/munged").mkdir()


def _whiteout(path: str) -> Deed:
    def deed(layer: Path) -> None:
        _parents(layer, path)
        os.mknod(layer / path, 0o20000, 0)

    return deed


def _opaque(path: str) -> Deed:
    def deed(layer: Path) -> None:
        _parents(layer, path)
        (layer / path).mkdir()
        os.setxattr(layer / path, "trusted.overlay.opaque", b"y")

    return deed


def _parents(layer: Path, path: str) -> None:
    (layer / path).parent.mkdir(parents=True, exist_ok=True)


STATUS = "var/lib/dpkg/status"
MULTI_USER = "etc/systemd/system/multi-user.target.wants"
TREE = "usr/share/initramfs-tools"
LIBMUNGE = "usr/lib/x86_64-linux-gnu/libmunge.so.2"


def _faults() -> Iterator[Fault]:
    yield from _contents()
    yield from _rights()
    yield from _links()
    yield from _missing()
    yield from _extra()
    yield from _other_types()
    yield from _against_the_spec()
    yield from _dpkg_status()
    yield from _dpkg_database()
    yield from _alternatives()
    yield from _answers()
    yield from _conffiles()
    yield from _auto_marks()
    yield from _accounts()
    yield from _settings()
    yield from _layers()


def _contents() -> Iterator[Fault]:
    yield Fault("content", "/usr/bin/munge", _append("usr/bin/munge", "x"))
    yield Fault(
        "content of the same length",
        "/etc/default/munge",
        lambda root: _flip(root / "etc/default/munge"),
    )
    yield Fault("emptied file", "/usr/bin/unmunge", _write("usr/bin/unmunge", ""))


def _rights() -> Iterator[Fault]:
    yield Fault("mode", "/usr/bin/munge", _chmod("usr/bin/munge", 0o775))
    yield Fault("set-user-id lost", "/usr/bin/su", _chmod("usr/bin/su", 0o755))
    yield Fault("set-user-id gained", "/usr/bin/unmunge", _chmod("usr/bin/unmunge", 0o4755))
    yield Fault("sticky bit lost", "/tmp", _chmod("tmp", 0o777))
    yield Fault("readable shadow", "/etc/shadow", _chmod("etc/shadow", 0o644))
    yield Fault("owner", "/var/lib/munge", _chown("var/lib/munge", 0, -1))
    yield Fault("group", "/usr/bin/ssh-agent", _chown("usr/bin/ssh-agent", -1, 0))
    yield Fault("owner without a name", "/usr/bin/munge", _chown("usr/bin/munge", 55555, 0))
    yield Fault(
        "capability lost",
        "/usr/bin/ping",
        lambda root: os.removexattr(root / "usr/bin/ping", "security.capability"),
    )
    yield Fault(
        "capability gained",
        "/usr/bin/munge",
        lambda root: os.setxattr(
            root / "usr/bin/munge",
            "security.capability",
            os.getxattr(root / "usr/bin/ping", "security.capability"),
        ),
    )


def _links() -> Iterator[Fault]:
    yield Fault("link target", f"/{LIBMUNGE}", _link(LIBMUNGE, "libmunge.so.1"))
    yield Fault("hard link broken", "/usr/bin/perl", _break_hard_link)
    yield Fault(
        "hard link gained",
        "/usr/bin/surprise",
        lambda root: os.link(root / "usr/bin/munge", root / "usr/bin/surprise"),
    )
    yield Fault("files that became one", "/usr/bin/unmunge", _merge_into_one)


def _missing() -> Iterator[Fault]:
    yield Fault("missing file", "/usr/bin/unmunge", _remove("usr/bin/unmunge"))
    yield Fault(
        "missing empty directory", "/var/lib/munge", lambda root: (root / "var/lib/munge").rmdir()
    )
    yield Fault("missing tree", f"/{TREE}", _remove(TREE))
    yield Fault("missing link", f"/{LIBMUNGE}", _remove(LIBMUNGE))


def _extra() -> Iterator[Fault]:
    yield Fault("extra file", "/usr/bin/surprise", _write("usr/bin/surprise"))
    yield Fault(
        "extra file in an odd name",
        "/usr/bin/\udcff",
        lambda root: (root / "usr/bin/\udcff").touch(),
    )
    yield Fault(
        "extra directory", "/usr/lib/surprise", lambda root: (root / "usr/lib/surprise").mkdir()
    )
    yield Fault(
        "device node",
        "/dev/surprise",
        lambda root: (
            os.mknod(root / "dev/surprise", 0o60600, os.makedev(7, 0))
            if (root / "dev").mkdir(exist_ok=True) is None
            else None
        ),
    )


def _other_types() -> Iterator[Fault]:
    yield Fault("fifo in place of a file", "/usr/bin/unmunge", _fifo)
    yield Fault("directory in place of a file", "/usr/sbin/munged", _swap_type)
    yield Fault("link in place of a directory", "/var/lib/munge", _link_for_directory)


def _against_the_spec() -> Iterator[Fault]:
    yield Fault(
        "excluded page that is there",
        "/usr/share/man/man1/mawk.1.gz",
        _write("usr/share/man/man1/mawk.1.gz"),
    )
    yield Fault(
        "other secret in the stack",
        "/etc/munge/munge.key",
        _write("etc/munge/munge.key", "another"),
    )
    yield Fault("kernel in the stack", "/boot/vmlinuz-", _other_kernel)
    yield Fault("backup of the accounts", "/etc/passwd-.bak", _write("etc/passwd-.bak"))


def _dpkg_status() -> Iterator[Fault]:
    yield Fault(
        "status: version",
        f"/{STATUS}",
        _stanza(STATUS, "Package: munge", lambda s: s.replace("Version: ", "Version: 9")),
    )
    yield Fault(
        "status: half-installed",
        f"/{STATUS}",
        _stanza(
            STATUS,
            "Package: munge",
            lambda s: s.replace("install ok installed", "install ok half-configured"),
        ),
    )
    yield Fault(
        "status: package missing", f"/{STATUS}", _stanza(STATUS, "Package: munge", lambda _: "")
    )
    yield Fault(
        "status: package extra",
        f"/{STATUS}",
        _append(STATUS, "Package: surprise\nStatus: install ok installed\nVersion: 1\n\n"),
    )
    yield Fault(
        "status: package twice",
        f"/{STATUS}",
        _stanza(STATUS, "Package: munge", lambda s: f"{s}\n\n{s}"),
    )
    yield Fault(
        "status: hash of a conffile",
        f"/{STATUS}",
        _stanza(
            STATUS,
            "Package: munge",
            lambda s: s.replace(" /etc/default/munge ", " /etc/default/munge 0"),
        ),
    )


def _dpkg_database() -> Iterator[Fault]:
    yield Fault(
        "list of files",
        "/var/lib/dpkg/info/munge.list",
        _edit("var/lib/dpkg/info/munge.list", "/usr/bin/munge\n", ""),
    )
    yield Fault(
        "checksum of a file",
        "/var/lib/dpkg/info/munge.md5sums",
        _edit("var/lib/dpkg/info/munge.md5sums", "  usr/bin/munge\n", "0  usr/bin/munge\n"),
    )
    yield Fault(
        "trigger missing",
        "/var/lib/dpkg/triggers/File",
        _edit_line("var/lib/dpkg/triggers/File", "/", lambda _: ""),
    )
    yield Fault(
        "diversion extra",
        "/var/lib/dpkg/diversions",
        _append("var/lib/dpkg/diversions", "/usr/bin/x\n/usr/bin/x.real\nmunge\n"),
    )
    yield Fault(
        "statoverride extra",
        "/var/lib/dpkg/statoverride",
        _append("var/lib/dpkg/statoverride", "root root 4755 /usr/bin/munge\n"),
    )


def _alternatives() -> Iterator[Fault]:
    yield Fault(
        "alternatives: other choice",
        "/etc/alternatives/awk",
        _choose_another_awk,
    )
    yield Fault(
        "alternatives: priority",
        "/var/lib/dpkg/alternatives/awk",
        _edit("var/lib/dpkg/alternatives/awk", "/usr/bin/mawk\n5\n", "/usr/bin/mawk\n6\n"),
    )
    yield Fault("alternatives: link lost", "/usr/bin/awk", _remove("usr/bin/awk"))


def _answers() -> Iterator[Fault]:
    yield Fault(
        "debconf: other answer",
        "/var/cache/debconf/config.dat",
        _stanza(
            "var/cache/debconf/config.dat",
            "Name: libpam-runtime/profiles",
            lambda s: s.replace("Value: unix", "Value: none"),
        ),
    )
    yield Fault(
        "debconf: question missing",
        "/var/cache/debconf/templates.dat",
        _stanza("var/cache/debconf/templates.dat", "Name: libpam-runtime/profiles", lambda _: ""),
    )


def _conffiles() -> Iterator[Fault]:
    yield Fault(
        "ucf: hash",
        "/var/lib/ucf/hashfile",
        _edit_line(
            "var/lib/ucf/hashfile",
            "",
            lambda line: line[1:32] + "0" + line[32:] if line[0] != "0" else "1" + line[1:],
        ),
    )
    yield Fault(
        "ucf: file missing",
        "/var/lib/ucf/registry",
        _edit_line("var/lib/ucf/registry", "", lambda _: ""),
    )


def _auto_marks() -> Iterator[Fault]:
    yield Fault(
        "auto mark",
        "/var/lib/apt/extended_states",
        _append(
            "var/lib/apt/extended_states",
            "Package: munge\nArchitecture: amd64\nAuto-Installed: 1\n\n",
        ),
    )


def _accounts() -> Iterator[Fault]:
    passwd, shadow, group = "etc/passwd", "etc/shadow", "etc/group"
    for what, number, value in (
        ("password", 1, ""),
        ("uid", 2, "0"),
        ("primary group", 3, "0"),
        ("gecos", 4, "Munge"),
        ("home", 5, "/root"),
        ("shell", 6, "/bin/bash"),
    ):
        yield Fault(
            f"passwd: {what}", "/etc/passwd", _edit_line(passwd, "munge:", _field(number, value))
        )
    yield Fault("passwd: user missing", "/etc/passwd", _edit_line(passwd, "munge:", lambda _: ""))
    yield Fault(
        "passwd: user extra", "/etc/passwd", _append(passwd, "toor:x:0:0::/root:/bin/bash\n")
    )
    yield Fault(
        "passwd: user twice", "/etc/passwd", _edit_line(passwd, "munge:", lambda line: line * 2)
    )
    yield Fault("group: id", "/etc/group", _edit_line(group, "munge:", _field(2, "27")))
    yield Fault("group: member", "/etc/group", _edit_line(group, "adm:", _field(3, "munge")))
    yield Fault("shadow: entry missing", "/etc/shadow", _edit_line(shadow, "munge:", lambda _: ""))
    yield Fault("shadow: no password", "/etc/shadow", _edit_line(shadow, "munge:", _field(1, "")))
    yield Fault("shadow: expiry", "/etc/shadow", _edit_line(shadow, "munge:", _field(7, "1")))
    yield Fault(
        "gshadow: administrator",
        "/etc/gshadow",
        _edit_line("etc/gshadow", "adm:", _field(2, "munge")),
    )


def _settings() -> Iterator[Fault]:
    yield Fault(
        "order of nsswitch",
        "/etc/nsswitch.conf",
        _edit_line(
            "etc/nsswitch.conf",
            "passwd:",
            lambda line: line.replace("files systemd", "systemd files"),
        ),
    )
    yield Fault("shell missing", "/etc/shells", _edit_line("etc/shells", "/bin/bash", lambda _: ""))
    yield Fault(
        "PAM", "/etc/pam.d/common-auth", _edit("etc/pam.d/common-auth", "requisite", "optional")
    )
    yield Fault(
        "unit not enabled", f"/{MULTI_USER}/munge.service", _remove(f"{MULTI_USER}/munge.service")
    )
    yield Fault(
        "unit enabled",
        f"/{MULTI_USER}/surprise.service",
        _link(f"{MULTI_USER}/surprise.service", "/lib/systemd/system/munge.service"),
    )
    yield Fault(
        "memory of an enabled unit",
        "/var/lib/systemd/deb-systemd-helper-enabled/munge.service.dsh-also",
        _write("var/lib/systemd/deb-systemd-helper-enabled/munge.service.dsh-also", ""),
    )
    yield Fault("machine-id missing", "/etc/machine-id", _remove("etc/machine-id"))
    yield Fault("machine-id filled", "/etc/machine-id", _write("etc/machine-id", "0" * 32 + "\n"))
    yield Fault("stale ld.so.cache", "/etc/ld.so.cache", _append("etc/ld.so.cache", "x"))
    yield Fault("merged /usr undone", "/bin", _unmerge)


def _layers() -> Iterator[Fault]:
    yield Fault(
        "whiteout left over", "/usr/bin/unmunge", _whiteout("usr/bin/unmunge"), unmounted=True
    )
    yield Fault("whiteout of a directory", f"/{TREE}", _whiteout(TREE), unmounted=True)
    yield Fault("opaque directory", f"/{TREE}", _opaque(TREE), unmounted=True)


def _flip(place: Path) -> None:
    data = bytearray(place.read_bytes())
    data[len(data) // 2] ^= 1
    place.write_bytes(data)


def _merge_into_one(root: Path) -> None:
    (root / "usr/bin/unmunge").unlink()
    os.link(root / "usr/bin/munge", root / "usr/bin/unmunge")


def _fifo(root: Path) -> None:
    (root / "usr/bin/unmunge").unlink()
    os.mkfifo(root / "usr/bin/unmunge", 0o755)


def _link_for_directory(root: Path) -> None:
    (root / "var/lib/munge").rmdir()
    (root / "var/lib/munge").symlink_to("/tmp")


def _other_kernel(root: Path) -> None:
    kernel = next((root / "usr/lib/modules").iterdir()).name
    (root / f"boot/vmlinuz-{kernel}").write_text("another")


def _unmerge(root: Path) -> None:
    (root / "bin").unlink()
    (root / "bin").mkdir(mode=0o755)
