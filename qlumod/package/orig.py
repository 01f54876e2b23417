"""The tarballs of a module's source package, each the same bytes whenever it has the same name.

None may depend on a library: even their compression is "stored".
"""

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from qlumod.model.digests import digest_value
from qlumod.model.lock import LockedPackage
from qlumod.package.source_plan import SourcePlan
from qlumod.package.stored import Stored
from qlumod.system.disk.store import Store

COMPONENT = "packages-"
"""The prefix of the name of the component with locked .debs."""


def orig_name(plan: SourcePlan) -> str:
    """The tarball's file name, for which `dpkg-source` searches beside the source tree."""
    return f"{plan.source}_{plan.release.version}.orig.tar.gz"


def write_orig(plan: SourcePlan, readme: str, directory: Path) -> None:
    """Write the tarball; it contains one short text.

    Its name has no revision, and a published file name never gets other bytes. So nothing in it may
    depend on the module's content.
    """
    with _tarball(directory / orig_name(plan)) as archive:
        top = f"{plan.source}-{plan.release.version}"
        archive.addfile(_member(top, tarfile.DIRTYPE, 0o755))
        _add(archive, f"{top}/README", io.BytesIO(readme.encode()), len(readme.encode()))


def component(packages: tuple[LockedPackage, ...]) -> str:
    """The component of the locked .debs: ``packages-0123456789ab``, named by its packages."""
    names = [[package.file_name, package.sha256] for package in packages]
    return f"{COMPONENT}{digest_value(sorted(names))[:12]}"


def write_packages(plan: SourcePlan, store: Store, directory: Path) -> str:
    """Write the tarball of all locked .debs of a module's build; returns its component."""
    packages = tuple(sorted(plan.debs, key=lambda package: package.file_name))
    top = component(packages)
    name = orig_name(plan).replace(".orig.", f".orig-{top}.")
    with _tarball(directory / name) as archive:
        archive.addfile(_member(top, tarfile.DIRTYPE, 0o755))
        for package in packages:
            path = store.check(package.sha256, package.size)
            with path.open("rb") as deb:
                _add(archive, f"{top}/{package.file_name}", deb, package.size)
    return top


@contextmanager
def _tarball(path: Path) -> Iterator[tarfile.TarFile]:
    with path.open("wb") as target:
        stored = Stored(target)
        with tarfile.open(
            fileobj=cast(BinaryIO, stored), mode="w|", format=tarfile.USTAR_FORMAT
        ) as archive:
            yield archive
        stored.close()
    path.chmod(0o644)


def _add(archive: tarfile.TarFile, name: str, data: BinaryIO, size: int) -> None:
    member = _member(name, tarfile.REGTYPE, 0o644)
    member.size = size
    archive.addfile(member, data)


def _member(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.mode = mode
    member.uname = member.gname = "root"
    return member
