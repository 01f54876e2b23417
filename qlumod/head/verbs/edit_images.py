"""Editing the definitions of images; a definition is checked as a new one is, then replaced."""

from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.head.definitions import (
    definition_bytes,
    definition_of,
    definition_path,
    replace_definition,
)
from qlumod.head.image_plan import make_plan
from qlumod.head.places import Places
from qlumod.head.registrar import held, read_registry
from qlumod.head.required import add_required
from qlumod.head.retention import keep_fixed
from qlumod.model.definition_edit import ImageChange, changed_image, edited_text
from qlumod.model.digests import digest_bytes
from qlumod.model.document import decoded
from qlumod.model.image import Image, ImageName
from qlumod.model.names import Digest


class Stale(QlumodError):
    """The file of a definition is not the one that the caller has read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedImage:
    """An image after its definition was edited."""

    image: Image
    changed: bool
    """Whether the file has other bytes than before."""
    digest: Digest
    """The SHA-256 of the definition's file."""


def edit_image(
    places: Places,
    name: ImageName,
    change: ImageChange,
    *,
    if_digest: Digest | None = None,
    dry_run: bool = False,
    listen: Listener,
) -> EditedImage:
    """Change fields of a definition; its comments and the order of its fields stay.

    Raises `Stale` if `if_digest` is not the digest of the file.
    """
    with held(places, listen):
        before = definition_bytes(places, name)
        _require_digest(places, name, before, if_digest)
        image = changed_image(definition_of(places, name, before), change)
        if change.with_required:
            image = add_required(places, image, read_registry(places), listen)
        path = str(definition_path(places, name))
        text = edited_text(decoded(before, path), path, image)
        return _save(places, name, text.encode(), dry_run=dry_run, listen=listen)


def save_definition(
    places: Places,
    name: ImageName,
    data: bytes,
    *,
    if_digest: Digest,
    dry_run: bool = False,
    listen: Listener,
) -> EditedImage:
    """Replace the file of a definition by what an administrator has written.

    Raises `Stale` if `if_digest` is not the digest of the file.
    """
    with held(places, listen):
        _require_digest(places, name, definition_bytes(places, name), if_digest)
        return _save(places, name, data, dry_run=dry_run, listen=listen)


def _save(
    places: Places, name: ImageName, data: bytes, *, dry_run: bool, listen: Listener
) -> EditedImage:
    image = definition_of(places, name, data)
    make_plan(places, image, read_registry(places))
    changed = data != definition_bytes(places, name)
    if changed and not dry_run:
        replace_definition(places, name, data)
        keep_fixed(places, listen)
    return EditedImage(image=image, changed=changed, digest=digest_bytes(data))


def _require_digest(places: Places, name: ImageName, data: bytes, expected: Digest | None) -> None:
    found = digest_bytes(data)
    if expected not in (None, found):
        raise Stale(
            f"{places.payload(definition_path(places, name))} was changed in the meantime: "
            f"its SHA-256 is {found}, not {expected}",
            remedy=f"see what it says now (qlumod image show {name} --json has the digest), "
            "and edit that",
        )
