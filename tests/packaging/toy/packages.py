"""Writing toy packages, and locking them without a solver."""

import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from qlumod.model.lock import LockedPackage
from qlumod.model.names import Digest, ModuleName, PackageName
from qlumod.system.disk.store import Store


def write_toy(
    directory: Path, name: str, version: str, files: Mapping[str, str], *, depends: str = ""
) -> Path:
    """Write a package; of `files` the texts, and of links ``-> target``, by relative paths."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}_{version}.toy"
    control = f"Package: {name}\nVersion: {version}\n"
    with tarfile.open(path, "w:", format=tarfile.GNU_FORMAT) as archive:
        _add(archive, "control", f"{control}Depends: {depends}\n" if depends else control)
        for place in sorted({str(parent) for one in files for parent in Path(one).parents} - {"."}):
            member = tarfile.TarInfo(place)
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(member)
        for place, text in sorted(files.items()):
            _add(archive, place, text)
    return path


def _add(archive: tarfile.TarFile, path: str, text: str) -> None:
    member = tarfile.TarInfo(path)
    if text.startswith("-> "):
        member.type, member.linkname = tarfile.SYMTYPE, text.removeprefix("-> ")
        archive.addfile(member)
        return
    data = text.encode()
    member.size, member.mode = len(data), 0o644
    archive.addfile(member, io.BytesIO(data))


def stored(path: Path, store: Store, module: str) -> LockedPackage:
    """A package as the lock has it, with its file in a store."""
    name, _, version = path.stem.partition("_")
    data = path.read_bytes()
    digest = Digest(hashlib.sha256(data).hexdigest())
    store.add(path, digest=digest, size=len(data))
    return LockedPackage(
        package=PackageName(name),
        version=version,
        architecture="all",
        source=name,
        sha256=digest,
        size=len(data),
        filename=path.name,
        archive="toys",
        modules=(ModuleName(module),),
        reason=f"requested by {module}",
    )
