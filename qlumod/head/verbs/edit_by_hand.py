"""Editing the definition of an image as a text: a copy beside it, saved when it has no fault."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.head.definitions import definition_bytes, definition_path
from qlumod.head.places import Places
from qlumod.head.verbs.edit_images import EditedImage, Stale, save_definition
from qlumod.model.digests import digest_bytes
from qlumod.model.image import ImageName
from qlumod.model.names import Digest
from qlumod.system.disk.documents import MOST
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.disk.removal import remove_tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """How an administrator edits a file."""

    edit: Callable[[Path], None]
    """Edits the file; raises `QlumodError` if that failed."""
    goes_on: Callable[[QlumodError], bool]
    """Whether to edit it again after a fault was found; otherwise it is discarded."""


def edit_by_hand(
    places: Places,
    name: ImageName,
    editor: Editor,
    *,
    if_digest: Digest | None = None,
    dry_run: bool = False,
    listen: Listener,
) -> EditedImage:
    """Edit a copy of a definition until it has no fault, and save it.

    If somebody else has changed the definition meanwhile, the copy is kept and named in the error.
    """
    path, before = definition_path(places, name), definition_bytes(places, name)
    folder = Path(tempfile.mkdtemp(prefix=".edit-", dir=path.parent))
    copy = folder / path.name
    copy.write_bytes(before)

    def save() -> EditedImage:
        return save_definition(
            places,
            name,
            read_bytes(copy, most=MOST),
            if_digest=if_digest or digest_bytes(before),
            dry_run=dry_run,
            listen=listen,
        )

    try:
        done = _edited(copy, editor, save, places.payload(path))
    except Stale as stale:
        raise QlumodError(
            stale.brief,
            details=(f"what you have written is kept: {copy}",),
            remedy=f"{stale.remedy}; then remove {folder}",
        ) from stale
    except BaseException:
        remove_tree(folder)
        raise
    remove_tree(folder)
    return done


def _edited(
    copy: Path, editor: Editor, save: Callable[[], EditedImage], spoken: str
) -> EditedImage:
    """Edit until `save` finds no fault; raises if what was written is to be discarded."""
    while True:
        editor.edit(copy)
        try:
            return save()
        except Stale:
            raise
        except QlumodError as fault:
            if not editor.goes_on(fault):
                raise QlumodError(
                    f"{spoken} is as it was: what was written is discarded"
                ) from fault
