"""The copyright files of a module's packages, found where the packages were installed."""

import tarfile
from pathlib import Path

from debian.debfile import DebFile

from qlumod.layer.job import Job
from qlumod.model.copyright import Texts
from qlumod.model.names import PackageName
from qlumod.stack.inside import followed

DOCUMENTS = "usr/share/doc"
NAME = "copyright"


def copyright_texts(job: Job, root: Path, archive: Path, scratch: Path) -> Texts:
    """The copyright file of each package of a module that has one.

    As it lies in the root, where its directory may be a link to that of another package; else,
    since the release's or the spec's patterns may have left it out, from the .deb in the archive.
    """
    found = {package.package: _text(root, package.package) for package in job.packages}
    missing = [package for package in job.packages if not found[package.package]]
    for package in missing:
        _unpack(archive / package.file_name, package.package, scratch)
    found |= {package.package: _text(scratch, package.package) for package in missing}
    return {name: text for name, text in found.items() if text}


def _text(root: Path, package: PackageName) -> bytes:
    place = followed(root, f"/{DOCUMENTS}/{package}/{NAME}")
    return place.read_bytes() if place.is_file() else b""


def _unpack(deb: Path, package: PackageName, root: Path) -> None:
    """Unpack a package's copyright file, and its directory where that is a link."""
    wanted = {f"{DOCUMENTS}/{package}", f"{DOCUMENTS}/{package}/{NAME}"}
    opened = DebFile(str(deb))
    try:
        for member in opened.data.tgz():
            name = member.name.removeprefix("./").rstrip("/")
            if name in wanted:
                _write(opened.data.tgz(), member, root / name)
    finally:
        opened.close()


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if member.issym():
        place.symlink_to(member.linkname)
    elif member.isfile() and (content := archive.extractfile(member)):
        place.write_bytes(content.read())
