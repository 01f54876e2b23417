"""Differences between an installation by mmdebstrap and apt and a stack of Debian's packages."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import md5
from posixpath import join, normpath

from qlumod.model.difference import Aspect
from qlumod.packaging.debian.checksums import CHECKSUMS, shipped_paths
from qlumod.packaging.debian.left_out_records import Alternated, Diverted, Unlisted
from qlumod.packaging.debian.state.ucf import HASHFILE
from qlumod.packaging.debian.tex_lists import TexLists, Unfiled
from qlumod.packaging.permits import (
    ACCOUNT_BACKUPS,
    InstalledTree,
    ListedTree,
    NamedRule,
    Permission,
)

_BOOKKEEPING = (
    *ACCOUNT_BACKUPS,
    "/etc/sgml/catalog.old",
    "/etc/xml/catalog.old",
    "/var/cache/apt/archives/lock",
    "/var/cache/debconf/config.dat-old",
    "/var/cache/debconf/templates.dat-old",
    "/var/cache/debconf/tmp.ci",
    "/var/lib/apt/lists/lock",
    "/var/lib/dpkg/diversions-old",
    "/var/lib/dpkg/lock",
    "/var/lib/dpkg/lock-frontend",
    "/var/lib/dpkg/status-old",
    "/var/lib/dpkg/statoverride-old",
    "/var/lib/dpkg/triggers/Lock",
    "/var/lib/sgml-base/supercatalog.old",
    "/var/lib/ucf/hashfile.*",
    "/var/lib/ucf/registry.*",
    "/var/lib/xml-core/catalog.old",
)
_OF_THE_BUILD = (
    "/etc/.resolv.conf.systemd-resolved.bak",
    "/etc/apt/apt.conf.d/99mmdebstrap",
    "/etc/apt/sources.list",
    "/etc/hostname",
)
_MAN, _SECTION = "/usr/share/man/", "man"
_MAN_CACHE = "/var/cache/man/"
_FONTS = ("/usr/share/fonts/", "/usr/local/share/fonts/")
_DEVICES = (
    "/dev/console",
    "/dev/fd",
    "/dev/full",
    "/dev/mapper",
    "/dev/mapper/control",
    "/dev/null",
    "/dev/ptmx",
    "/dev/pts",
    "/dev/random",
    "/dev/shm",
    "/dev/stderr",
    "/dev/stdin",
    "/dev/stdout",
    "/dev/tty",
    "/dev/urandom",
    "/dev/zero",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DebianPermits:
    """The permissions of Debian's packages; see `qlumod.packaging.permits.PackagingPermits`."""

    lists: Sequence[ListedTree] = (CHECKSUMS, TexLists())
    for_boot_loaders: Sequence[str] = ("/boot/System.map-*", "/initrd.img", "/initrd.img.old")
    digests: Sequence[str] = (HASHFILE.path,)

    def without(
        self, left_out: frozenset[str], restored: frozenset[str], installed: InstalledTree
    ) -> Sequence[Permission]:
        """Records of paths that were left out, as alternatives, diversions and checksums."""
        return (
            Alternated.of(left_out, installed),
            Diverted(left_out=left_out),
            Unlisted(left_out=left_out | restored),
            Unfiled(left_out=left_out | restored),
        )

    def shipped(self, installed: InstalledTree) -> frozenset[str]:
        """The paths in the packages' lists of checksums."""
        return shipped_paths(installed.data)

    def traces(self, installed: InstalledTree) -> Sequence[Permission]:
        """Files of mmdebstrap, apt, dpkg and debconf, and of scripts that log their actions."""
        return (
            NamedRule(
                name="bookkeeping",
                why="locks and backups of passwd, dpkg, apt, debconf, ucf and catalogues",
                paths=_BOOKKEEPING,
                fixed=True,
            ),
            NamedRule(
                name="log",
                why="what fontconfig's script said while it was installed",
                paths=("/var/log/fontconfig.log",),
                fixed=True,
            ),
            NamedRule(
                name="man index",
                why="it contains the time of its making; man-db's timer makes it on a node",
                paths=(f"{_MAN_CACHE}index.db", *_man_caches(installed)),
            ),
            NamedRule(
                name="font cache",
                why="with SOURCE_DATE_EPOCH fontconfig keeps none of younger directories",
                aspects=(Aspect.EXTRA,),
                paths=_font_caches(installed),
            ),
            NamedRule(
                name="of the build",
                why="mmdebstrap's settings, and its copies of host name and resolver",
                paths=_OF_THE_BUILD,
                fixed=True,
            ),
            NamedRule(
                name="device",
                why="mmdebstrap and scripts make them; a node has devtmpfs",
                paths=_DEVICES,
                fixed=True,
            ),
        )


DEBIAN_PERMITS = DebianPermits()


def _man_caches(installed: InstalledTree) -> Iterator[str]:
    """The caches of man-db for each section and each language that has manual pages."""
    tops = {path.removeprefix(_MAN).partition("/")[0] for path in installed.entries}
    for name in sorted(top for top in tops if f"{_MAN}{top}" in installed.entries):
        if name.startswith(_SECTION):
            yield f"{_MAN_CACHE}cat{name.removeprefix(_SECTION)}"
        else:
            yield from (f"{_MAN_CACHE}{name}{below}" for below in ("", "/index.db", "/cat*"))


def _font_caches(installed: InstalledTree) -> tuple[str, ...]:
    """A cache of fontconfig is named after its directory: the MD5 of the directory's path."""
    return tuple(
        f"/var/cache/fontconfig/{md5(os.fsencode(path), usedforsecurity=False).hexdigest()}-*"
        for path in _font_directories(installed)
    )


def _font_directories(installed: InstalledTree) -> Iterator[str]:
    """The directories of fonts, and those that links among them lead to, by the links' paths."""
    directories = [path for path, entry in installed.entries.items() if entry.type == "d"]
    yield from (path for path in directories if f"{path}/".startswith(_FONTS))
    for path, entry in installed.entries.items():
        if entry.type == "l" and path.startswith(_FONTS):
            target = normpath(join(path, "..", entry.target))
            below = (one for one in directories if f"{one}/".startswith(f"{target}/"))
            yield from (f"{path}{one.removeprefix(target)}" for one in below)
