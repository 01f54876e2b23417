"""Installed programs, and the Debian packages of those that are missing."""

import shutil

from qlumod.errors import QlumodError, raise_faults

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The PATH of every program: tools such as mksquashfs are in sbin on some machines."""

PACKAGES = {
    "apt-get": "apt",
    "apt-config": "apt",
    "bwrap": "bubblewrap",
    "dpkg": "dpkg",
    "dpkg-buildpackage": "dpkg-dev",
    "dpkg-deb": "dpkg",
    "dpkg-genchanges": "dpkg-dev",
    "dpkg-source": "dpkg-dev",
    "dh": "debhelper",
    "dh_qlumod": "dh-qlumod",
    "gpg": "gnupg",
    "gpg-connect-agent": "gpgconf",
    "gpgconf": "gpgconf",
    "gpgv": "gpgv",
    "hostname": "hostname",
    "lintian": "lintian",
    "mksquashfs": "squashfs-tools",
    "unsquashfs": "squashfs-tools",
    "mmdebstrap": "mmdebstrap",
    "mount": "mount",
    "prlimit": "util-linux",
    "setpriv": "util-linux",
    "unshare": "util-linux",
    "umount": "mount",
}
"""The Debian package of each program, for the error when it is missing."""


class ProgramMissing(QlumodError):
    """A program is not installed; the error names its Debian package."""

    def __init__(self, program: str) -> None:
        package = PACKAGES.get(program, program)
        super().__init__(
            f"cannot run {program}: it is not installed", remedy=f"apt install {package}"
        )
        self.program = program


def missing_programs(*programs: str) -> tuple[str, ...]:
    """Those of the programs that are not installed."""
    return tuple(program for program in programs if not program_path(program))


def require_programs(*programs: str) -> None:
    """Raise an error for each program that is not installed, all at once."""
    raise_faults(map(ProgramMissing, missing_programs(*programs)))


def program_path(name: str) -> str | None:
    """The path of a program; None: it is not installed."""
    return shutil.which(name, path=SEARCH_PATH)
