"""dpkg's database in a root: the installed packages, their paths, their scripts."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.model.lock import LockedPackage
from qlumod.model.names import PackageName
from qlumod.packaging.database import FileLists
from qlumod.state.fragment import keyed
from qlumod.state.kind import parsed
from qlumod.system.disk.within import Root

STATUS = "/var/lib/dpkg/status"
INFO = "/var/lib/dpkg/info/"
"""The directory for the members of packages' control archives."""

_SCRIPTS = (".config", ".postinst", ".preinst")
_GENERATORS = (
    ("/etc/alternatives/", "update-alternatives"),
    ("/etc/rc", "update-rc.d"),
    ("/etc/systemd/system/", "deb-systemd-helper"),
    ("/etc/systemd/user/", "deb-systemd-helper"),
    ("/var/lib/systemd/deb-systemd-", "deb-systemd-helper"),
    ("/var/lib/dpkg/", "dpkg"),
    ("/var/lib/ucf/", "ucf"),
    ("/etc/ssl/certs/", "update-ca-certificates"),
)
"""Programs of Debian that make files which no package owns, by the prefix of their paths."""


@dataclass(frozen=True, slots=True)
class DpkgDatabase:
    """dpkg's database below /var/lib/dpkg."""

    def installed(self, root: Root) -> dict[PackageName, str]:
        """The versions of the packages whose status is installed."""
        if not root.is_file(STATUS):
            raise QlumodError(
                f"{STATUS}: it is no file, and nobody knows what is installed",
                remedy="see which package takes it away, and have it mended or leave it out",
            )
        stanzas = parsed(STATUS, root.text(STATUS), lambda text: keyed(text, "Package", "Status"))
        return {
            PackageName(values["Package"]): values.get("Version", "")
            for values, _ in stanzas
            if values["Status"].endswith(" installed")
        }

    def file_list(self, root: Root, package: LockedPackage) -> tuple[str, ...]:
        """The paths of a package, as in its .deb; none if it is not installed."""
        return listed_by_dpkg(root, package.package, package.architecture)

    def file_lists(self, root: Root) -> FileLists:
        """The paths of each package."""
        return {
            path.removeprefix(INFO).removesuffix(".list").partition(":")[0]: _paths_in(root, path)
            for path in root.matching(f"{INFO}*.list")
        }

    def own_files(self, root: Root) -> dict[str, str]:
        """The files of ``info``, ``NAME[:ARCH].KIND``, each with its package."""
        names = {f"{INFO}{name}": _package_of(name) for name in root.names(INFO)}
        return {path: package for path, package in names.items() if package}

    def scripts(self, root: Root) -> Iterator[tuple[str, bytes]]:
        """The preinst, postinst and config scripts."""
        for name in root.names(INFO):
            if name.endswith(_SCRIPTS) and root.is_file(f"{INFO}{name}"):
                yield _package_of(name), root.read(f"{INFO}{name}")

    def generator_of(self, path: str) -> str | None:
        """The program of Debian that makes a path which no package owns."""
        if "/__pycache__" in path:
            return "py3compile"
        return next((name for place, name in _GENERATORS if path.startswith(place)), None)


def listed_by_dpkg(root: Root, package: str, architecture: str = "*") -> tuple[str, ...]:
    """The paths of an installed package, as in its .deb; empty if it is not installed.

    The names of the lists of packages with Multi-Arch: same include the architecture.
    """
    for pattern in (f"{package}.list", f"{package}:{architecture}.list"):
        for path in root.matching(f"{INFO}{pattern}"):
            return _paths_in(root, path)
    return ()


def _package_of(name: str) -> str:
    return name.rpartition(".")[0].partition(":")[0]


def _paths_in(root: Root, path: str) -> tuple[str, ...]:
    if not root.is_file(path):
        raise QlumodError(
            f"{path}: it is no file, and nobody knows which paths the package has",
            remedy="see which package takes it away, and have it mended or leave it out",
        )
    lines = os.fsdecode(root.read(path)).split("\n")
    return tuple(line for line in lines if line not in ("", "/."))
