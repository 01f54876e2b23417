"""Telling apt which module packages stay: those of images that are fixed at a version.

Once a meta package has moved on, nothing needs the payloads of the version before, and apt's
autoremove takes them. An image that says x.y.z wants to be built from just these.
"""

import re

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener
from qlumod.head.definitions import defined_images, read_definition
from qlumod.head.places import Places
from qlumod.model.image import Image
from qlumod.system.disk.files import write_whole

_HEAD = """\
// Written by qlumod, and again whenever images or modules change: the packages of the modules of
// images that are fixed at a version. `apt autoremove` leaves them.
APT::NeverAutoRemove
{
"""


def keep_fixed(places: Places, listen: Listener) -> None:
    """Write down for apt what stays; hold the lock.

    Where a definition cannot be read, that which was said before still holds.
    """
    try:
        images = [read_definition(places, name) for name in defined_images(places)]
    except QlumodError as fault:
        listen(Caution(text=f"what apt's autoremove takes is left as it was: {fault.brief}"))
        return
    wanted = sorted({pattern for image in images for pattern in _patterns(image)})
    if not wanted:
        places.kept.unlink(missing_ok=True)
    elif places.kept.parent.is_dir():
        text = _HEAD + "".join(f'  "{pattern}";\n' for pattern in wanted) + "};\n"
        write_whole(places.kept, text.encode())


def _patterns(image: Image) -> list[str]:
    """Expressions that fit the payload packages of an image, whatever their prefix.

    What its modules require stays with them: they depend on it.
    """
    if not image.is_fixed:
        return []
    return [
        re.sub(r"([.+])", r"\\\1", name) + "$"
        for module in image.wanted
        for name in (f"-module-{module}-{image.flavor}-{image.architecture}-{image.version}",)
    ]
