"""Copying and renaming images: complete or not begun, also after a kill at any moment.

A copy is made in a directory beside the definitions; one rename of that directory decides that
there will be a copy. An image is renamed by several renames; a file says that they have begun.
Whoever holds the head node's lock next completes what was interrupted.
"""

import re
import stat
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.head.definitions import definition_path
from qlumod.head.places import Places
from qlumod.model.image import ImageName
from qlumod.model.lines import lines_of
from qlumod.system.disk.directories import make_directories, make_private
from qlumod.system.disk.documents import MOST
from qlumod.system.disk.files import sync, write_new, write_whole
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.disk.removal import remove_tree
from qlumod.system.processes.command import CommandFailed, command
from qlumod.system.processes.run import run

_STAGED, _DECIDED, _RENAMING = ".copy.new", ".copy", ".renaming"
"""Beside the definitions. `write_whole` leaves files with ``.new``, too, when it is killed."""
_IMAGE = re.compile(rb"^Image:.*(\n[ \t].*)*", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """A copy or a renaming that was decided and not completed; empty names if there is none."""

    copied: str = ""
    """The new image."""
    renamed: tuple[str, ...] = ()
    """The old and the new name of an image."""


def interrupted(places: Places) -> Interrupted:
    """What a killed process has left to complete."""
    decided, renaming = places.images / _DECIDED, places.images / _RENAMING
    definitions = sorted(decided.glob("*.image")) if decided.is_dir() else []
    return Interrupted(
        copied=definitions[0].stem if definitions else "",
        renamed=_names(renaming) if renaming.exists() else (),
    )


def complete_interrupted(places: Places) -> None:
    """Complete what a killed process has decided, and remove what it has not; needs the lock."""
    for path in sorted(places.images.glob(".*.new")):
        remove_tree(path)
    _finish_copy(places)
    _finish_renaming(places)


def has_files(directory: Path) -> bool:
    """Whether there is anything in a directory except empty directories."""
    return any(path.is_symlink() or not path.is_dir() for path in directory.rglob("*"))


def copy_definition(places: Places, old: ImageName, new: ImageName) -> None:
    """Copy the definition of an image, and the site's files for it; needs the lock."""
    staged, decided = places.images / _STAGED, places.images / _DECIDED
    try:
        _stage(places, old, new, staged)
    except BaseException:
        remove_tree(staged)
        raise
    with told(decided):
        staged.rename(decided)
        sync(places.images)
    _finish_copy(places)


def _stage(places: Places, old: ImageName, new: ImageName, staged: Path) -> None:
    source = definition_path(places, old)
    make_private(staged)
    write_new(
        staged / definition_path(places, new).name,
        _named(read_bytes(source, most=MOST), new),
        mode=stat.S_IMODE(source.stat().st_mode),
    )
    site = places.images / old
    try:
        if site.is_dir():
            run(command("cp", "--archive", "-T", "--", site, staged / new))
        run(command("sync", "--file-system", staged))
    except CommandFailed as failed:
        raise QlumodError(
            f"cannot copy {site}: nothing was changed",
            code=CommandFailed.code,
            details=failed.tail,
            remedy="make room on that file system, or mend what cp names, and copy it again",
        ) from failed


def rename_definition(places: Places, old: ImageName, new: ImageName) -> None:
    """Rename an image: its definition, the site's files and the generations; needs the lock."""
    write_whole(places.images / _RENAMING, f"{old}\n{new}\n".encode())
    _finish_renaming(places)


def _finish_copy(places: Places) -> None:
    decided = places.images / _DECIDED
    if not decided.is_dir():
        return
    # The definition last: with it, the image exists.
    for path in sorted(decided.iterdir(), key=lambda path: (path.suffix == ".image", path.name)):
        _move(path, places.images / path.name)
    remove_tree(decided)
    sync(places.images)


def _finish_renaming(places: Places) -> None:
    renaming = places.images / _RENAMING
    if not renaming.exists():
        return
    old, new = map(ImageName, _names(renaming))
    _move(places.images / old, places.images / new)
    _move(places.built / old, places.built / new)
    source, target = definition_path(places, old), definition_path(places, new)
    if source.exists():
        mode = stat.S_IMODE(source.stat().st_mode)
        write_whole(target, _named(read_bytes(source, most=MOST), new), mode=mode)
    with told(source, "remove"):
        source.unlink(missing_ok=True)
        sync(places.images)
        renaming.unlink()
        sync(places.images)


def _names(renaming: Path) -> tuple[str, ...]:
    return tuple(lines_of(read_bytes(renaming, most=MOST).decode()))


def _move(source: Path, target: Path) -> None:
    """Rename a path that may be renamed already; a target with files has to stay."""
    if not source.exists():
        return
    if target.is_dir() and not has_files(target):
        remove_tree(target)
    with told(target):
        if not target.exists():
            make_directories(target.parent)
            source.rename(target)
            sync(target.parent)
            sync(source.parent)


def _named(definition: bytes, name: ImageName) -> bytes:
    """A definition with another name; a broken one must not stop what was decided."""
    return _IMAGE.sub(f"Image: {name}".encode(), definition, count=1)
