"""Writing the site's files into the mounted stack; links in it never lead outside."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from qlumod.errors import QlumodError
from qlumod.head.site import SiteFile
from qlumod.model.numbers import number
from qlumod.stack.state_files import Owners
from qlumod.system.disk.within import Root


def place_files(root: Root, files: Iterable[SiteFile]) -> tuple[str, ...]:
    """Write files into a root, directories first; returns their real paths."""
    owners = Owners.of(root)
    return tuple(_place(root, file, owners) for file in files)


def _place(root: Root, file: SiteFile, owners: Owners) -> str:
    path = PurePosixPath(file.path)
    root.make_directory(str(path.parent))
    place = str(PurePosixPath(root.where(str(path.parent)), path.name))
    if file.type == "d":
        return _make_directory(root, place, file, owners)
    _replace(root, place, file, owners)
    return place


def _make_directory(root: Root, place: str, file: SiteFile, owners: Owners) -> str:
    """Make a directory; an existing one keeps its mode, regardless of the head node's."""
    if root.is_directory(place):
        return root.where(place)
    if root.has(place) and not root.is_link(place):
        raise QlumodError(f"{file.source} is a directory, in the image {file.path} is none")
    root.make_directory(place)
    made = root.where(place)
    root.own(made, uid=_uid(file, owners), gid=_gid(file, owners), mode=file.mode)
    return made


def _replace(root: Root, place: str, file: SiteFile, owners: Owners) -> None:
    if root.is_directory(place) and not root.is_link(place):
        raise QlumodError(f"{file.source} is no directory, in the image {file.path} is one")
    uid, gid = _uid(file, owners), _gid(file, owners)
    if file.type == "l":
        root.link(place, file.content, uid=uid, gid=gid)
        return
    with (
        Path(file.source).open("rb") as source,
        root.writing(place, mode=file.mode, uid=uid, gid=gid) as target,
    ):
        shutil.copyfileobj(source, target)


def _uid(file: SiteFile, owners: Owners) -> int:
    return _id(file.user, owners.users, file)


def _gid(file: SiteFile, owners: Owners) -> int:
    return _id(file.group, owners.groups, file)


def _id(name: str, known: Mapping[str, int], file: SiteFile) -> int:
    if name in known:
        return known[name]
    if name.isascii() and name.isdigit():
        return number(name)
    raise QlumodError(
        f"{file.source} belongs to {name}, whom the image does not know",
        remedy=f"chown root: {file.source}",
    )
