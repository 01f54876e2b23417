"""An installed root as a file, so that more packages can be installed into it later."""

from pathlib import Path

from qlumod.events import Listener, step
from qlumod.system.disk.within import Root
from qlumod.system.processes.command import command
from qlumod.system.processes.run import run

_ALL_OF_IT = ("--numeric-owner", "--acls", "--xattrs", "--xattrs-include=*")


def keep_root(root: Root, file: Path, *, listen: Listener) -> None:
    """Write a root to a file with numeric owners, links, attributes, access lists; no devices."""
    with step(listen, "keeping the root"):
        run(
            command(
                "tar", "--create", f"--file={file}", "--zstd", *_ALL_OF_IT, "--sort=name",
                "--exclude=./dev/*", f"--directory={root.place}", ".",
                environment={"ZSTD_CLEVEL": "1"},
            ),
            listen=listen,
        )  # fmt: skip


def restore_root(file: Path, place: Path, *, listen: Listener) -> Root:
    """Unpack a kept root into a new directory."""
    with step(listen, "unpacking the root"):
        place.mkdir()
        run(
            command(
                "tar", "--extract", f"--file={file}", "--zstd", *_ALL_OF_IT,
                "--same-permissions", f"--directory={place}",
            ),
            listen=listen,
        )  # fmt: skip
    return Root(place)
