"""Reading and writing files of shared state in a root, with owners by name in that root."""

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.state.account_files import rows
from qlumod.state.kind import Files, StateFile
from qlumod.system.disk.within import Root


@dataclass(frozen=True, slots=True)
class Owners:
    """The names of a root's users and groups, and their ids."""

    users: Mapping[str, int]
    groups: Mapping[str, int]

    @classmethod
    def of(cls, root: Root) -> "Owners":
        """Read a root's passwd and group; without them, root is the only name."""
        return cls(users=_ids(root, "/etc/passwd"), groups=_ids(root, "/etc/group"))

    def user(self, uid: int) -> str:
        """The name of a user, or the number as text if it has no name."""
        return _name(self.users, uid)

    def group(self, gid: int) -> str:
        """The name of a group, or the number as text if it has no name."""
        return _name(self.groups, gid)


def read_files(root: Root, paths: Iterable[str]) -> dict[str, StateFile]:
    """Read the existing files of absolute paths; only regular files and links are state."""
    owners = Owners.of(root)
    found = {}
    for path in sorted(paths):
        if not root.has(path):
            continue
        status = root.status(path)
        link = stat.S_ISLNK(status.st_mode)
        if link or stat.S_ISREG(status.st_mode):
            found[path] = StateFile(
                data=os.fsencode(root.target(path)) if link else root.read(path),
                mode=stat.S_IMODE(status.st_mode),
                user=owners.user(status.st_uid),
                group=owners.group(status.st_gid),
                link=link,
            )
    return found


def write_files(root: Root, files: Files, owners: Owners) -> None:
    """Write files of state into a root; existing files of those paths are replaced."""
    for path, file in sorted(files.items()):
        uid, gid = owners.users[file.user], owners.groups[file.group]
        if file.link:
            root.link(path, os.fsdecode(file.data), uid=uid, gid=gid)
        else:
            root.write(path, file.data, mode=file.mode, uid=uid, gid=gid)


def _ids(root: Root, table: str) -> dict[str, int]:
    if not root.has(table):
        return {"root": 0}
    if not root.is_file(table):
        raise QlumodError(
            f"{table}: it is no file, and nobody knows whose the files of the root are",
            remedy="see which package takes it away, and have it mended or leave it out",
        )
    found = rows({table: StateFile(data=root.read(table))}, table)
    return {name: int(row[2]) for name, row in found.items()}


def _name(table: Mapping[str, int], number: int) -> str:
    return next((name for name, known in table.items() if known == number), str(number))
