"""Unpacking a distribution's essential packages into a new root with mmdebstrap(1).

No program of the root runs meanwhile, nor does mmdebstrap see more of the host than its programs:
what it reads and writes comes out of packages.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from qlumod.events import Listener
from qlumod.packaging.debian.roots.apt_order import AptOrder
from qlumod.system.enclosure.bubblewrap import Shown
from qlumod.system.enclosure.enclosure import beside
from qlumod.system.processes.namespace import HOST_NAME

IS_MERGED = "usr-is-merged="
MERGED = "/usr/share/mmdebstrap/hooks/merged-usr"
"""mmdebstrap's own hooks, which merge /usr before the first package is unpacked."""
_SETTINGS = {
    # It copies both into the root.
    "hostname": f"{HOST_NAME}\n",
    "resolv.conf": "",
    "passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "group": "root:x:0:\n",
    "apt/apt.conf.d/empty": "",
    "apt/trusted.gpg.d/empty": "",
}
"""Its /etc."""


def unpack_essential(root: Path, order: AptOrder, *, listen: Listener) -> None:
    """Unpack the essential packages of an archive, apt, and netbase, into a new root directory.

    Their .debs are left in the root's /var/cache/apt/archives. The order's packages are those that
    the whole root will have; its options for dpkg hold in the root from now on.
    """
    archive, architecture = order.archive, order.architecture
    root.mkdir()
    hooks = []
    if any(package.startswith(IS_MERGED) for package in order.packages):
        # That package wants to find /usr merged; usrmerge would merge it (and needs Perl for that).
        hooks.append(f"--hook-dir={MERGED}")
    shown = (
        Shown(source=archive.directory, name=str(archive.directory)),
        Shown(source=root, name=str(root), writable=True),
    )
    with beside(root.parent, *shown, settings=_SETTINGS) as host:
        host.run(
            "mmdebstrap",
            "--mode=root",
            "--variant=extract",
            # There is nothing to mount for, and the .debs are still to be installed.
            "--skip=chroot/mount,cleanup/apt/cache",
            "--format=directory",
            f"--architectures={architecture}",
            '--aptopt=Apt::Install-Recommends "false"',
            # The archive's date is the epoch, and it is signed for this build only.
            '--aptopt=Acquire::Check-Valid-Until "false"',
            '--aptopt=APT::Sandbox::User "root"',
            *(f"--dpkgopt={option}" for option in order.dpkg_options),
            *hooks,
            # As its variants `essential` and `apt` choose them.
            f"--include=?narrow(?or(?archive(^{archive.suite}$),?codename(^{archive.suite}$)),"
            f"?architecture({architecture}),?essential)",
            f"--include={','.join(['apt', *_first(order.packages)])}",
            archive.suite,
            str(root),
            archive.source_line,
            epoch=order.epoch,
            listen=listen,
        )


def _first(packages: Iterable[str]) -> Iterator[str]:
    """netbase makes /etc/hosts, where scripts of all others look for the root's own name."""
    return (package for package in packages if package.startswith("netbase="))
