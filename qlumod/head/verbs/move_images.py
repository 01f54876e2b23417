"""Copying and renaming the images of a head node."""

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.head.definitions import definition_path, read_definition
from qlumod.head.generations import generations
from qlumod.head.image_moves import copy_definition, has_files, interrupted, rename_definition
from qlumod.head.places import Places
from qlumod.head.registrar import held
from qlumod.head.retention import keep_fixed
from qlumod.model.image import Image, ImageName


def copy_image(
    places: Places, old: ImageName, new: ImageName, *, dry_run: bool = False, listen: Listener
) -> Image:
    """Copy an image's definition and the site's files for it; returns the new image."""
    # Whoever is called again after it was killed wants it completed, which `held` does.
    completes = interrupted(places).copied == new
    with held(places, listen):
        if not completes:
            copied = read_definition(places, old)
            _require_free(places, new)
            if dry_run:
                return copied
            copy_definition(places, old, new)
        keep_fixed(places, listen)
        return read_definition(places, new)


def rename_image(
    places: Places, old: ImageName, new: ImageName, *, dry_run: bool = False, listen: Listener
) -> tuple[str, ...]:
    """Rename an image with the site's files and its generations, whose names are returned."""
    completes = interrupted(places).renamed == (old, new)
    with held(places, listen):
        if not completes:
            read_definition(places, old)
            _require_free(places, new)
            if dry_run:
                return generations(places, old)
            rename_definition(places, old, new)
        keep_fixed(places, listen)
        return generations(places, new)


def _require_free(places: Places, name: ImageName) -> None:
    """Raise if anything of an image of that name is there already."""
    path = definition_path(places, name)
    if path.exists() or path.is_symlink():
        raise QlumodError(
            f"there is an image {name} already ({places.payload(path)})",
            remedy=f"choose another name, or remove it: qlumod image remove {name}",
        )
    for directory, what in (
        (places.images / name, "files of the site"),
        (places.built / name, "generations"),
    ):
        if has_files(directory):
            raise QlumodError(
                f"there are {what} of an image {name}, which is not defined "
                f"({places.payload(directory)})",
                remedy="choose another name, or move that directory away",
            )
