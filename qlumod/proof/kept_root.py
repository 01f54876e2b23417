"""An installed root as a file, so that more can be installed into it another time."""

from pathlib import Path

from qlumod.events import Listener, step
from qlumod.stack.inside import followed
from qlumod.system.run import command, run

_ALL_OF_IT = ("--numeric-owner", "--acls", "--xattrs", "--xattrs-include=*")
_OF_MMDEBSTRAP = ("etc/apt/sources.list", "etc/apt/apt.conf.d/99mmdebstrap")
"""What it writes anew, but only where it is not there: they tell of the first run's archive."""


def keep(root: Path, file: Path, *, listen: Listener) -> None:
    """Write a root into a file: owners by number, links, attributes and lists; but no devices."""
    with step(listen, "keeping the root"):
        run(
            command(
                "tar", "--create", f"--file={file}", "--zstd", *_ALL_OF_IT, "--sort=name",
                # mmdebstrap makes the devices, and makes them again.
                "--exclude=./dev/*", f"--directory={root}", ".",
                environment={"ZSTD_CLEVEL": "1"},
            ),
            listen=listen,
        )  # fmt: skip


def restore(file: Path, root: Path, *, listen: Listener) -> None:
    """Unpack a kept root into a new directory, ready for mmdebstrap to install more into it."""
    with step(listen, "unpacking the root"):
        root.mkdir()
        run(
            command(
                "tar", "--extract", f"--file={file}", "--zstd", *_ALL_OF_IT,
                "--same-permissions", f"--directory={root}",
            ),
            listen=listen,
        )  # fmt: skip
    for name in _OF_MMDEBSTRAP:
        (root / name).unlink(missing_ok=True)
    # mmdebstrap would copy the build host's resolver through a link that leads into the empty /run.
    resolver = followed(root, "/etc/resolv.conf")
    resolver.parent.mkdir(parents=True, exist_ok=True)
    resolver.touch()
