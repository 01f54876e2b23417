"""The site's scripts for images: ``postinst`` for all images, and for one."""

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, step
from qlumod.head.places import Places
from qlumod.model.digests import digest_bytes
from qlumod.model.image import COMMON, ImageName
from qlumod.system.disk.ownership import strangers
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import enclosed
from qlumod.system.processes.command import CommandFailed

POSTINST = "postinst"
"""The name of a script in the directories of the site's files."""
MOST = 16 << 20
"""The most bytes of one: it may be a program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteScript:
    """A program of the site that runs in the stack of an image, at the end of its build."""

    source: str
    """The file on the head node."""
    content: str
    """The digest of its bytes."""


def site_scripts(places: Places, image: ImageName) -> tuple[SiteScript, ...]:
    """The scripts of an image in the order in which they run; raises for what must not run."""
    paths = [
        path
        for owner in (COMMON, image)
        if (path := places.images / owner / POSTINST).exists() or path.is_symlink()
    ]
    raise_faults(fault for path in paths for fault in _faults(places, path))
    return tuple(
        SiteScript(source=str(path), content=digest_bytes(read_bytes(path, most=MOST)))
        for path in paths
    )


def run_scripts(
    root: Root, scripts: Sequence[SiteScript], *, image: str, epoch: int, listen: Listener
) -> None:
    """Run scripts in a stack; they see nothing of the head node, and no network."""
    for script in scripts:
        data = read_bytes(Path(script.source), most=MOST)
        if digest_bytes(data) != script.content:
            raise QlumodError(
                f"{script.source} was changed while the image was built",
                remedy="build the image again",
            )
        with (
            step(listen, f"running {script.source}", id="running-postinst"),
            enclosed(root) as place,
        ):
            place.temporary.write(f"/{POSTINST}", data, mode=0o755)
            try:
                place.run(
                    f"/tmp/{POSTINST}",
                    epoch=epoch,
                    environment={"QLUMOD_IMAGE": image},
                    listen=listen,
                )
            except CommandFailed as failed:
                raise QlumodError(
                    f"{script.source} failed: {failed.ending}",
                    code=CommandFailed.code,
                    details=failed.tail,
                    remedy="correct it, and build the image again; it runs in the image, where it "
                    "sees neither the network nor files of the head node",
                ) from failed


def _faults(places: Places, path: Path) -> Iterator[QlumodError]:
    """The reasons not to run a script."""
    for place in (places.settings, places.images, path.parent, path):
        yield from strangers(place)
    if path.is_file() and not path.stat().st_mode & stat.S_IXUSR:
        yield QlumodError(
            f"{path} is not executable",
            remedy=f"chmod +x {path}; or move it away, if it is not to run when the image is built",
        )
