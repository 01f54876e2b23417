"""A small root with one of everything that the proof looks at."""

import os
import stat
import struct
from pathlib import Path

PING_CAPABILITY = struct.pack("<IIIII", 0x02000001, 0x2000, 0, 0, 0)[:20]

PASSWD = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
sshd:x:{sshd}:65534::/run/sshd:/usr/sbin/nologin
munge:x:{munge}:{munge_group}::/nonexistent:/usr/sbin/nologin
slurm:x:64030:64030::/nonexistent:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = """\
root:x:0:
daemon:x:1:
adm:x:4:
shadow:x:42:
_ssh:x:{ssh_group}:
munge:x:{munge_group}:
slurm:x:64030:
nogroup:x:65534:
"""
SHADOW = """\
root:*:19000:0:99999:7:::
daemon:*:19000:0:99999:7:::
sshd:!:19675::::::
munge:!:19675::::::
slurm:!:19675::::::
nobody:*:19000:0:99999:7:::
"""
GSHADOW = "root:*::\ndaemon:*::\nadm:*::\nshadow:*::\n_ssh:!::\nmunge:!::\nslurm:!::\nnogroup:*::\n"
STATUS = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9

Package: munge
Status: install ok installed
Architecture: amd64
Version: 0.5.15-2
Conffiles:
 /etc/default/munge 5f3a0b1c2d3e4f5061728394a5b6c7d8

Package: slurmd
Status: install ok installed
Architecture: amd64
Version: 22.05.8-4

"""
NSSWITCH = (
    "passwd:         files systemd\ngroup:          files systemd\nhosts:          files dns\n"
)
DEBCONF = """\
Name: libc6/upgrade
Template: libc6/upgrade
Value: true
Owners: libc6

Name: libpam-runtime/profiles
Template: libpam-runtime/profiles
Value: unix
Owners: libpam-runtime

"""
TEMPLATES = """\
Name: libc6/upgrade
Default: true
Description: Upgrade?
Type: boolean
Owners: libc6/upgrade

Name: libpam-runtime/profiles
Default: false
Description: Setuid?
Type: boolean
Owners: libpam-runtime/profiles

"""
AWK = """\
auto
/usr/bin/awk
awk.1.gz
/usr/share/man/man1/awk.1.gz

/usr/bin/mawk
5
/usr/share/man/man1/mawk.1.gz
/usr/bin/gawk
4


"""
PAM = "auth\t[success=1 default=ignore]\tpam_unix.so nullok\nauth\trequisite\tpam_deny.so\n"

CHECKSUMS = "0123456789abcdef0123456789abcdef  usr/bin/munge\n"
DIVERSIONS = "/usr/bin/pg\n/usr/bin/pg.real\nmunge\n"
OF_LEFT_OUT = "/usr/share/man/man1/mawk.1.gz\n/usr/share/man/man1/mawk.real.1.gz\nmawk\n"

FILES = {
    "/etc/passwd": PASSWD,
    "/etc/group": GROUP,
    "/etc/shadow": SHADOW,
    "/etc/gshadow": GSHADOW,
    "/etc/nsswitch.conf": NSSWITCH,
    "/etc/shells": "/bin/sh\n/bin/bash\n",
    "/etc/machine-id": "",
    "/etc/default/munge": "OPTIONS=\n",
    "/etc/ld.so.cache": "cache",
    "/etc/pam.d/common-auth": PAM,
    "/usr/bin/mawk": "mawk",
    "/usr/bin/gawk": "gawk",
    "/usr/bin/munge": "munge",
    "/usr/bin/unmunge": "unmunge",
    "/usr/bin/su": "su",
    "/usr/bin/ssh-agent": "agent",
    "/usr/bin/ping": "ping",
    "/usr/bin/perl": "perl",
    "/usr/bin/dash": "dash",
    "/usr/sbin/munged": "munged",
    "/usr/lib/x86_64-linux-gnu/libmunge.so.2.0.0": "libmunge",
    "/usr/lib/systemd/system/munge.service": "[Service]\n",
    "/usr/lib/modules/6.1.0/modules.dep": "kernel/a.ko:\n",
    "/usr/share/doc/munge/copyright": "GPL\n",
    "/usr/share/initramfs-tools/hooks/thermal": "#!/bin/sh\n",
    "/usr/share/initramfs-tools/hooks/udev": "#!/bin/sh\n",
    "/var/lib/dpkg/status": STATUS,
    "/var/lib/dpkg/diversions": DIVERSIONS,
    "/var/lib/dpkg/statoverride": "root adm 2755 /var/log/munge\n",
    "/var/lib/dpkg/info/munge.list": "/.\n/usr\n/usr/bin\n/usr/bin/munge\n",
    "/var/lib/dpkg/info/munge.md5sums": CHECKSUMS,
    "/var/lib/dpkg/triggers/File": "/usr/lib/locale libc-bin\n/usr/share/man man-db\n",
    "/var/lib/dpkg/alternatives/awk": AWK,
    "/var/lib/apt/extended_states": "Package: libc6\nArchitecture: amd64\nAuto-Installed: 1\n\n",
    "/var/lib/ucf/hashfile": "0123456789abcdef0123456789abcdef  /etc/idmapd.conf\n",
    "/var/lib/ucf/registry": "nfs-common /etc/idmapd.conf\n",
    "/var/cache/debconf/config.dat": DEBCONF,
    "/var/cache/debconf/templates.dat": TEMPLATES,
    "/var/lib/systemd/deb-systemd-helper-enabled/munge.service.dsh-also":
        "/etc/systemd/system/multi-user.target.wants/munge.service\n",
}  # fmt: skip
"""What both installations have, by path."""

REFERENCE_ONLY = {
    "/usr/share/doc/munge/README": "read me\n",
    "/usr/share/man/man1/mawk.1.gz": "page",
    "/usr/lib/modules/6.1.0/modules.dep": "kernel/snd-b.ko.xz: kernel/a.ko\nkernel/a.ko:\n",
    "/usr/lib/modules/6.1.0/kernel/snd-b.ko.xz": "module",
    "/boot/vmlinuz-6.1.0": "kernel",
    "/boot/initrd.img-6.1.0": "initrd",
    "/etc/munge/munge.key": "secret",
    "/etc/apt/sources.list": "deb\n",
    "/etc/apt/apt.conf.d/99mmdebstrap": "Apt\n",
    "/var/lib/dpkg/status-old": STATUS,
    "/var/lib/dpkg/lock": "",
    "/var/lib/dpkg/diversions": DIVERSIONS + OF_LEFT_OUT,
    "/var/lib/dpkg/info/munge.md5sums": CHECKSUMS + f"{'0' * 32}  usr/share/doc/munge/README\n",
}
"""What only the one installation has, or has otherwise."""

LEFT_OUT = (
    "/usr/lib/modules/6.1.0/kernel",
    "/usr/lib/modules/6.1.0/kernel/snd-b.ko.xz",
    "/usr/share/doc/munge/README",
    "/usr/share/man",
    "/usr/share/man/man1",
    "/usr/share/man/man1/mawk.1.gz",
)
LINKS = {
    "/bin": "usr/bin",
    "/usr/bin/awk": "/etc/alternatives/awk",
    "/usr/lib/x86_64-linux-gnu/libmunge.so.2": "libmunge.so.2.0.0",
    "/etc/alternatives/awk": "/usr/bin/mawk",
    "/etc/systemd/system/multi-user.target.wants/munge.service":
        "/lib/systemd/system/munge.service",
}  # fmt: skip
REFERENCE_LINKS = {
    "/etc/alternatives/awk.1.gz": "/usr/share/man/man1/mawk.1.gz",
    "/usr/share/man/man1/awk.1.gz": "/etc/alternatives/awk.1.gz",
}
DIRECTORIES = (
    "/dev",
    "/run",
    "/boot",
    "/etc/apt/apt.conf.d",
    "/etc/munge",
    "/tmp",
    "/var/log/apt",
    "/var/lib/munge",
)
IDS_OF_REFERENCE = {"sshd": 101, "munge": 102, "munge_group": 105, "ssh_group": 103}
IDS_OF_STACK = {"sshd": 400, "munge": 401, "munge_group": 401, "ssh_group": 402}
MODES = {
    "/usr/bin/su": 0o4755,
    "/usr/bin/ssh-agent": 0o2755,
    "/tmp": 0o1777,
    "/etc/shadow": 0o640,
    "/etc/gshadow": 0o640,
    "/etc/munge": 0o700,
    "/var/lib/munge": 0o711,
}


def make_reference(root: Path) -> Path:
    """The one installation, with dynamic ids, logs, secrets and all."""
    _make(root, {**FILES, **REFERENCE_ONLY}, {**LINKS, **REFERENCE_LINKS}, IDS_OF_REFERENCE)
    (root / "run/lock").mkdir()
    os.mknod(root / "dev/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    return root


def make_stack(root: Path) -> Path:
    """What the modules' layers and the last layer show: nothing but permitted differences."""
    status = "\n\n".join(reversed(STATUS.strip().split("\n\n"))) + "\n\n"
    _make(root, {**FILES, "/var/lib/dpkg/status": status}, LINKS, IDS_OF_STACK)
    return root


def _make(root: Path, files: dict[str, str], links: dict[str, str], ids: dict[str, int]) -> None:
    for path in DIRECTORIES:
        _below(root, path).mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        place = _below(root, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.format(**ids) if path in _TEMPLATES else text)
    for path, target in links.items():
        place = _below(root, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
    os.link(root / "usr/bin/perl", root / "usr/bin/perl5.36.0")
    _own(root, ids)


_TEMPLATES = ("/etc/passwd", "/etc/group")


def _own(root: Path, ids: dict[str, int]) -> None:
    os.chown(root / "usr/bin/ssh-agent", 0, ids["ssh_group"])
    os.chown(root / "etc/shadow", 0, 42)
    os.chown(root / "etc/gshadow", 0, 42)
    for path in ("etc/munge", "etc/munge/munge.key", "var/lib/munge"):
        if (root / path).exists():
            os.chown(root / path, ids["munge"], ids["munge_group"])
    for path, mode in MODES.items():
        _below(root, path).chmod(mode)
    os.setxattr(root / "usr/bin/ping", "security.capability", PING_CAPABILITY)


def _below(root: Path, path: str) -> Path:
    return root / path.lstrip("/")
