"""Putting the site's files into the mounted stack, never outside it, whatever links it holds."""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from qlumod.errors import QlumodError
from qlumod.head.site import SiteFile
from qlumod.stack.files import Owners
from qlumod.stack.inside import inside


def place_files(root: Path, files: Iterable[SiteFile]) -> tuple[str, ...]:
    """Write files into a root, directories first; returns the paths where they really lie."""
    owners = Owners.of(root)
    return tuple(_place(root, file, owners) for file in files)


def _place(root: Path, file: SiteFile, owners: Owners) -> str:
    path = PurePosixPath(file.path)
    place = inside(root, str(path.parent)) / path.name
    if file.type == "d":
        _make_directory(root, place, file, owners)
    else:
        _replace(place, file, owners)
    return f"/{place.relative_to(root)}"


def _make_directory(root: Path, place: Path, file: SiteFile, owners: Owners) -> None:
    """What the image has is left as it is: the head node's modes say nothing about it."""
    if place.is_symlink():
        place = inside(root, f"/{place.relative_to(root)}")
    if place.is_dir():
        return
    if os.path.lexists(place):
        raise QlumodError(f"{file.source} is a directory, in the image {file.path} is none")
    place.mkdir()
    _own(place, file, owners)


def _replace(place: Path, file: SiteFile, owners: Owners) -> None:
    if place.is_dir() and not place.is_symlink():
        raise QlumodError(f"{file.source} is no directory, in the image {file.path} is one")
    place.unlink(missing_ok=True)
    if file.type == "l":
        place.symlink_to(file.content)
    else:
        shutil.copyfile(file.source, place)
    _own(place, file, owners)


def _own(place: Path, file: SiteFile, owners: Owners) -> None:
    uid = _id(file.user, owners.users, file)
    gid = _id(file.group, owners.groups, file)
    os.chown(place, uid, gid, follow_symlinks=False)
    if not place.is_symlink():
        place.chmod(file.mode)


def _id(name: str, known: Mapping[str, int], file: SiteFile) -> int:
    if name in known:
        return known[name]
    if name.isdigit():
        return int(name)
    raise QlumodError(
        f"{file.source} belongs to {name}, whom the image does not know",
        remedy=f"chown root: {file.source}",
    )
