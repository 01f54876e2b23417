"""Publishing onto a file system that is nearly full, inside a mount namespace of its own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qlumod.errors import QlumodError
from qlumod.events import Listener, ignore
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.settings import Wishes
from qlumod.repository.format.snapshots import all_snapshots, current_snapshot
from qlumod.repository.publishing.terms import Admission, Terms
from qlumod.system.processes.command import command
from qlumod.system.processes.run import run
from qlumod.workflows.publish import publish

PAGE = 4096


def publish_with_little_room(
    repository: str,
    mount_point: str,
    files: list[str],
    suite: str,
    pages: list[int],
    keys: str,
    listen: Listener,
) -> list[dict[str, Any]]:
    """Publish with so many free pages, one number after the other; tell what came of it.

    `keys` is the home of GnuPG: nothing of the caller's environment comes along.
    """
    with _copy_of(keys):
        return [
            _publish_once(Path(repository), Path(mount_point), [*map(Path, files)], suite, free)
            for free in pages
        ]


def publish_with_a_part_elsewhere(
    repository: str, part: str, files: list[str], suite: str, keys: str, listen: Listener
) -> str:
    """Publish into a repository a part of which is a file system of its own; the error's text."""
    run(command("mount", "-t", "tmpfs", "-o", "mode=755", "elsewhere", Path(repository, part)))
    with _copy_of(keys):
        try:
            publish(
                [*map(Path, files)],
                suite,
                wishes=Wishes(),
                admission=Admission(),
                terms=Terms(repository=Path(repository)),
                listen=ignore,
            )
        except QlumodError as fault:
            return str(fault)
    return ""


@contextmanager
def _copy_of(keys: str) -> Iterator[None]:
    """Let GnuPG work in a copy of a home.

    A program that is killed in here may leave a lock, which names this namespace's host: outside,
    gpg would wait for it for ever.
    """
    running = shutil.ignore_patterns("S.*", ".#lk*", "*.lock")
    with tempfile.TemporaryDirectory(prefix="qlumod-test-") as home:
        shutil.copytree(keys, home, ignore=running, dirs_exist_ok=True)
        os.environ["GNUPGHOME"] = home
        yield


def _publish_once(
    repository: Path, mount_point: Path, files: list[Path], suite: str, free: int
) -> dict[str, Any]:
    mount_point.mkdir(exist_ok=True)
    run(command("mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "small", mount_point))
    try:
        root = mount_point / "repository"
        shutil.copytree(repository, root, symlinks=True)
        _fill(mount_point, free)
        error = remedy = ""
        try:
            publish(
                files,
                suite,
                wishes=Wishes(),
                admission=Admission(),
                terms=Terms(repository=root),
                listen=ignore,
            )
        except QlumodError as fault:
            error, remedy = str(fault), fault.remedy
        return {
            "free": free,
            "error": error,
            "remedy": remedy,
            "served": _served(Layout(root=root), suite),
            "debris": _debris(Layout(root=root)),
        }
    finally:
        run(command("umount", mount_point))


def _fill(mount_point: Path, free: int) -> None:
    room = os.statvfs(mount_point)
    with (mount_point / "filler").open("wb") as filler:
        for _ in range(room.f_bavail - free):
            filler.write(bytes(PAGE))


def _served(layout: Layout, suite: str) -> dict[str, str]:
    snapshot = current_snapshot(layout, suite)
    assert snapshot is not None
    return {entry.package: entry.version for entry in snapshot.entries()}


def _debris(layout: Layout) -> list[str]:
    named = {
        file.path
        for snapshot in all_snapshots(layout)
        for entry in snapshot.entries()
        for file in entry.files
    }
    pool = {str(path.relative_to(layout.root)) for path in layout.pool.rglob("*.deb")}
    return sorted([*(pool - named), *(str(path) for path in layout.staging.glob("*"))])
