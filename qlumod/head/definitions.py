"""The definitions of images: small files that administrators may also write and edit."""

import stat
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.head.places import Places
from qlumod.model.document import decoded, readable
from qlumod.model.image import SUFFIX, Image, ImageName, image_text, parse_image
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.documents import MOST
from qlumod.system.disk.files import write_whole
from qlumod.system.disk.regular_files import read_bytes


def definition_path(places: Places, name: ImageName) -> Path:
    """The path of an image's definition."""
    return places.images / f"{name}{SUFFIX}"


def definition_bytes(places: Places, name: ImageName) -> bytes:
    """The file of one image; raises `QlumodError` if there is none."""
    path = definition_path(places, name)
    if not path.exists():
        raise QlumodError(
            f"there is no image {name} ({places.payload(path)})",
            remedy=f"make it: qlumod image create {name} --modules MODULE,…; "
            "`qlumod image list` tells which there are",
        )
    return read_bytes(path, most=MOST)


def read_definition(places: Places, name: ImageName) -> Image:
    """Read one image; raises `QlumodError`."""
    return definition_of(places, name, definition_bytes(places, name))


def definition_of(places: Places, name: ImageName, data: bytes) -> Image:
    """Read what the file of an image has, or would have; raises `QlumodError`."""
    path = definition_path(places, name)
    image = parse_image(decoded(data, str(path)), str(path))
    if image.name != name:
        raise QlumodError(
            f"{path}: Image: the file is named after image {name}, but says {image.name}"
        )
    return image


def defined_images(places: Places) -> tuple[ImageName, ...]:
    """The names of all images, sorted."""
    return tuple(
        ImageName(path.name.removesuffix(SUFFIX))
        for path in sorted(places.images.glob(f"*{SUFFIX}"))
    )


def require_undefined(places: Places, name: ImageName) -> None:
    """Raise if there is an image of that name."""
    path = definition_path(places, name)
    if path.exists():
        raise QlumodError(
            f"there is an image {name} already ({places.payload(path)})",
            remedy=f"edit it (qlumod image edit {name}), or choose another name",
        )


def write_definition(places: Places, image: Image) -> None:
    """Write a new image's definition, and make the directories for the site's files."""
    require_undefined(places, image.name)
    path = definition_path(places, image.name)
    make_directories(places.images / image.name / "copy")
    secrets = places.images / image.name / "secrets"
    secrets.mkdir(mode=0o700, exist_ok=True)
    write_whole(path, readable(image_text(image), str(path), parse_image))


def replace_definition(places: Places, name: ImageName, data: bytes) -> None:
    """Write a definition in place of an older one, whose mode it gets; needs the lock."""
    # An administrator may keep the file elsewhere, and a link here.
    path = definition_path(places, name).resolve()
    write_whole(path, data, mode=stat.S_IMODE(path.stat().st_mode))
