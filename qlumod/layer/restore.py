"""Restoring paths of packages that modules below left out: the field Restore."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePosixPath

from qlumod.errors import QlumodError, raise_faults
from qlumod.layer.ground import LeftOut
from qlumod.layer.job import Job
from qlumod.model.names import PackageName
from qlumod.model.spec import Restored
from qlumod.packaging.installer import PackedFile, Supply
from qlumod.stack.state_files import Owners
from qlumod.state.kind import canonical_path
from qlumod.system.disk.within import Root


def restore_paths(job: Job, root: Root, left_out: LeftOut, supply: Supply) -> tuple[str, ...]:
    """Unpack the paths that the spec restores into a root; returns the paths, sorted.

    A path that another module below has restored already is kept as it is.
    """
    wanted = _wanted(job, left_out)
    return tuple(
        sorted(
            path
            for package in job.restoring
            for path in _unpack(
                supply.files(package), root, {p for name, p in wanted if name == package.package}
            )
        )
    )


def _wanted(job: Job, left_out: LeftOut) -> set[tuple[PackageName, str]]:
    """The paths that the spec restores, with their left-out parent directories."""
    found: set[tuple[PackageName, str]] = set()
    faults: list[QlumodError] = []
    for restored in job.spec.restore_for(job.lock.flavor):
        matching = {
            (package, path)
            for package, path in left_out
            if restored.names(package) and restored.matches(path)
        }
        found |= matching
        if not matching:
            faults.append(_useless(job, restored))
    raise_faults(faults)
    return found | {
        (package, str(parent))
        for package, path in found
        for parent in PurePosixPath(path).parents
        if (package, str(parent)) in left_out
    }


def _useless(job: Job, restored: Restored) -> QlumodError:
    return QlumodError(
        f"{job.spec.module}: Restore: {str(restored)!r} restores nothing: no module below has left "
        "out such a path of such a package",
        remedy="see the left-out files of the modules below; what they have already needs no "
        "restoring",
    )


def _unpack(files: Iterable[PackedFile], root: Root, wanted: Collection[str]) -> Iterator[str]:
    owners = Owners.of(root)
    for file in files:
        path = canonical_path(f"/{file.path}")
        if path in wanted and not root.has(path):
            _put(file, path, root)
            _own(file, path, root, owners)
            yield path


def _put(file: PackedFile, path: str, root: Root) -> None:
    if file.is_directory:
        root.make_directory(path)
    elif file.is_link:
        root.link(path, file.target)
    elif file.is_hard_link:
        root.link_hard(canonical_path(f"/{file.linked}"), path)
    elif file.is_file:
        with root.writing(path) as target:
            target.writelines(file.blocks())


def _own(file: PackedFile, path: str, root: Root, owners: Owners) -> None:
    """Give a path the owner, mode and time that its installation would give it."""
    (uid, gid), (user, group) = file.owner, file.owner_names
    root.own(
        path,
        uid=owners.users.get(user, uid),
        gid=owners.groups.get(group, gid),
        mode=file.mode,
        mtime=file.mtime,
    )
