"""Mounts as context managers: overlay, squashfs, tmpfs and bind mounts.

All of them are made inside a private mount namespace (see `namespace`), so that even a SIGKILL
leaves none of them on the host. In a user namespace the kernel mounts no squashfs: there its tree
is unpacked instead, for the same time.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.system.disk.removal import clear_directory, remove_directory
from qlumod.system.processes.command import CommandFailed, command
from qlumod.system.processes.run import run
from qlumod.system.processes.user_namespace import confined

OVERLAY_OPTIONS = "redirect_dir=off,metacopy=off,index=off,xino=off"
"""Every object of the upper directory is complete and at its visible path (overlayfs.rst)."""
CONFINED_OPTIONS = "userxattr,index=off,xino=off"
"""The same in a user namespace, where ``userxattr`` forbids redirections and bare metadata."""

_WAITS = (0.05, 0.2, 0.5, 1.0, 2.0)
"""The seconds between attempts to unmount: a process that is ending holds what it has open."""
_NO_DEVICES = "nodev"
"""A device node of a package is only an entry of its layer, and cannot be opened here."""
_MOUNT = {"LIBMOUNT_FORCE_MOUNT2": "always"}
"""With the kernel's new mount API, mount(8) of Debian 13 accepts at most 256 bytes an option."""


@contextmanager
def mount(
    source: str | Path, target: Path, *options: str, directory: Path | None = None
) -> Iterator[Path]:
    """Mount `source` at `target` with the options of mount(8); unmounted at the end.

    Relative names in the options are those of `directory`.
    """
    words = ("mount", *options, source, target.absolute())
    run(command(*words, environment=_MOUNT, directory=directory))
    try:
        yield target
    except BaseException:
        # Report the first error; the mounts end with this namespace.
        with suppress(QlumodError):
            _unmount(target)
        raise
    _unmount(target)


def _unmount(target: Path) -> None:
    """Unmount, even if a process that uses the mount is just ending."""
    for wait in (*_WAITS, None):
        try:
            run(command("umount", target))
            return
        except CommandFailed as failed:
            if wait is None:
                raise _busy(target, failed) from failed
        time.sleep(wait)


def _busy(target: Path, failed: CommandFailed) -> QlumodError:
    users = tuple(_users_of(target))
    return QlumodError(
        f"cannot unmount {target}: {failed.tail[-1] if failed.tail else failed.ending}",
        details=[f"in use by process {users_}" for users_ in users],
        remedy="end these processes, and run it again" if users else "",
    )


def _users_of(target: Path) -> Iterator[str]:
    """The processes that have a file or directory of a mount open, such as ``4711 (sleep)``."""
    device = target.stat().st_dev
    for process in sorted(Path("/proc").glob("[0-9]*")):
        with suppress(OSError):
            links = (process / "cwd", process / "root", *(process / "fd").iterdir())
            if any(link.stat().st_dev == device for link in links if link.exists()):
                yield f"{process.name} ({(process / 'comm').read_text(encoding='utf-8').strip()})"


@contextmanager
def tmpfs(target: Path, *, mode: int = 0o755, size: str = "95%") -> Iterator[Path]:
    """Mount an empty tmpfs; `size` as in tmpfs(5)."""
    options = f"{_NO_DEVICES},mode={mode:o},size={size},nr_inodes=0"
    with mount("tmpfs", target, "-t", "tmpfs", "-o", options):
        yield target


@contextmanager
def bind(source: Path, target: Path, *, read_only: bool = False) -> Iterator[Path]:
    """Bind-mount a file or directory at another path, without the mounts below it."""
    options = ("-o", ",".join(("ro", *_locked_options(source)))) if read_only else ()
    with mount(source, target, "--bind", *options):
        yield target


def _locked_options(source: Path) -> Iterator[str]:
    """The mount options that a user namespace must keep when it remounts read-only."""
    flags = os.statvfs(source).f_flag
    for flag, option in (
        (os.ST_NOSUID, "nosuid"),
        (os.ST_NODEV, "nodev"),
        (os.ST_NOEXEC, "noexec"),
        (os.ST_NOATIME, "noatime"),
        (os.ST_NODIRATIME, "nodiratime"),
    ):
        if flags & flag:
            yield option


@contextmanager
def squashfs(image: Path, target: Path) -> Iterator[Path]:
    """Mount a squashfs image; its loop device frees itself (losetup(8) autoclear)."""
    if confined():
        with unpacked_image(image, target):
            yield target
        return
    with mount(image, target, "-t", "squashfs", "-o", f"{_NO_DEVICES},loop,ro"):
        yield target


@contextmanager
def unpacked_image(image: Path, target: Path) -> Iterator[None]:
    """Unpack a squashfs image into an empty directory, which is empty again at the end."""
    run(command("unsquashfs", "-quiet", "-no-progress", "-force", "-dest", target, image))
    try:
        yield
    except BaseException:
        # Report the first error.
        clear_directory(target)
        with suppress(OSError):
            target.mkdir()
        raise
    remove_directory(target)
    target.mkdir()


@contextmanager
def overlay(
    lower: Sequence[Path], target: Path, *, upper: Path | None = None, work: Path | None = None
) -> Iterator[Path]:
    """Mount an overlay of directories: `lower` lowest first; writes go to `upper`.

    Without `upper` the overlay is read-only. `work` is emptied before use and must be on the
    upper directory's file system. Nothing is synced to disk (``volatile``): after a crash,
    incomplete files are discarded anyway.
    """
    if upper is None and len(lower) == 1:
        with bind(lower[0], target, read_only=True):
            yield target
        return
    writable = {} if upper is None or work is None else {"upperdir": upper, "workdir": work}
    # All names together must fit into one page (mount(2)): they are relative to one directory.
    home = Path(os.path.commonpath([*lower, *writable.values()]))
    layers = ":".join(_option(path, home) for path in reversed(lower))
    common = CONFINED_OPTIONS if confined() else OVERLAY_OPTIONS
    options = [_NO_DEVICES, common, f"lowerdir={layers}"]
    if writable:
        options += [f"{name}={_option(path, home)}" for name, path in writable.items()]
        options.append("volatile")
    with mount("overlay", target, "-t", "overlay", "-o", ",".join(options), directory=home):
        yield target


@contextmanager
def all_squashfs(images: Sequence[Path], directory: Path) -> Iterator[tuple[Path, ...]]:
    """Mount several images at ``directory/0``, ``directory/1`` …; a directory is taken as it is."""
    with ExitStack() as mounts:
        places = []
        for number, image in enumerate(images):
            place = directory / str(number)
            if image.is_dir():
                places.append(image)
                continue
            place.mkdir(parents=True, exist_ok=True)
            places.append(mounts.enter_context(squashfs(image, place)))
        yield tuple(places)


def _option(path: Path, home: Path) -> str:
    name = os.path.relpath(path, home)
    return name.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")
