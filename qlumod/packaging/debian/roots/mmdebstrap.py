"""Unpacking a distribution's essential packages into a new root with mmdebstrap(1).

Meanwhile no program of the root runs, and mmdebstrap sees no files of the host but its programs:
all its input and output comes from packages.
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
    # mmdebstrap copies both files into the root.
    "hostname": f"{HOST_NAME}\n",
    "resolv.conf": "",
    "passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "group": "root:x:0:\n",
    "apt/apt.conf.d/empty": "",
    "apt/trusted.gpg.d/empty": "",
}
"""The files in its /etc."""


def unpack_essential(root: Path, order: AptOrder, *, listen: Listener) -> None:
    """Unpack the essential packages of an archive, apt, and netbase, into a new root directory.

    Their .debs are left in the root's /var/cache/apt/archives. The order lists the packages of the
    complete root; its options for dpkg stay in effect in the root.
    """
    archive, architecture = order.archive, order.architecture
    root.mkdir()
    hooks = []
    if any(package.startswith(IS_MERGED) for package in order.packages):
        # That package requires a merged /usr; usrmerge would merge it (and needs Perl for that).
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
            # No mounts are needed, and the .debs are still to be installed.
            "--skip=chroot/mount,cleanup/apt/cache",
            "--format=directory",
            f"--architectures={architecture}",
            '--aptopt=Apt::Install-Recommends "false"',
            # The archive's date is the epoch, and it is signed for this build only.
            '--aptopt=Acquire::Check-Valid-Until "false"',
            '--aptopt=APT::Sandbox::User "root"',
            *(f"--dpkgopt={option}" for option in order.dpkg_options),
            *hooks,
            # The same choice as that of mmdebstrap's variants `essential` and `apt`.
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
    """netbase makes /etc/hosts, in which all other scripts look up the root's own name."""
    return (package for package in packages if package.startswith("netbase="))
