"""Reading and writing files of shared state in a root, owners by the names of that root."""

import contextlib
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from qlumod.stack.inside import inside
from qlumod.state.kind import Files, StateFile


@dataclass(frozen=True, slots=True)
class Owners:
    """The names of a root's users and groups, and their ids."""

    users: Mapping[str, int]
    groups: Mapping[str, int]

    @classmethod
    def of(cls, root: Path) -> "Owners":
        """Read a root's passwd and group; without them there is only root."""
        return cls(users=_ids(root / "etc/passwd"), groups=_ids(root / "etc/group"))

    def user(self, uid: int) -> str:
        """The name of a user, or the number as text where it has none."""
        return _name(self.users, uid)

    def group(self, gid: int) -> str:
        """The name of a group, or the number as text where it has none."""
        return _name(self.groups, gid)


def read_files(root: Path, paths: Iterable[str]) -> dict[str, StateFile]:
    """Read those of the absolute paths that exist; only regular files and links are state."""
    owners = Owners.of(root)
    found = {}
    for path in sorted(paths):
        place = root / path.lstrip("/")
        with contextlib.suppress(FileNotFoundError):
            status = place.lstat()
            if not stat.S_ISREG(status.st_mode) and not stat.S_ISLNK(status.st_mode):
                continue
            link = stat.S_ISLNK(status.st_mode)
            found[path] = StateFile(
                data=os.fsencode(place.readlink()) if link else place.read_bytes(),
                mode=stat.S_IMODE(status.st_mode),
                user=owners.user(status.st_uid),
                group=owners.group(status.st_gid),
                link=link,
            )
    return found


def claimed(paths: Iterable[str], claims: Callable[[str], bool]) -> tuple[str, ...]:
    """Those of the paths that a rule claims, sorted."""
    return tuple(sorted(path for path in paths if claims(path)))


def write_files(root: Path, files: Files, owners: Owners) -> None:
    """Write files of state into a root; what is there under those names is replaced."""
    for path, file in sorted(files.items()):
        parent = inside(root, str(PurePosixPath(path).parent))
        parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        place = parent / PurePosixPath(path).name
        place.unlink(missing_ok=True)
        if file.link:
            place.symlink_to(os.fsdecode(file.data))
        else:
            place.write_bytes(file.data)
        os.chown(place, owners.users[file.user], owners.groups[file.group], follow_symlinks=False)
        if not file.link:
            place.chmod(file.mode)


def _ids(table: Path) -> dict[str, int]:
    if not table.exists():
        return {"root": 0}
    rows = (line.split(":") for line in table.read_text(encoding="utf-8").splitlines())
    return {row[0]: int(row[2]) for row in rows if len(row) > 2}


def _name(table: Mapping[str, int], number: int) -> str:
    return next((name for name, known in table.items() if known == number), str(number))
