"""The apt configuration that keeps the module packages of images with a fixed version.

When a meta package is upgraded, nothing depends on the payloads of the earlier version any more,
and apt autoremove would remove them. But an image with a fixed version x.y.z is built from them.
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
    """Write the apt configuration; needs the lock.

    If a definition cannot be read, the file stays unchanged.
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
    """Regular expressions for the payload packages of an image, with any prefix.

    The modules that these require are kept, too, since the packages depend on them.
    """
    if not image.is_fixed:
        return []
    return [
        re.sub(r"([.+])", r"\\\1", name) + "$"
        for module in image.wanted
        for name in (f"-module-{module}-{image.flavor}-{image.architecture}-{image.version}",)
    ]
