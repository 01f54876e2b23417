"""Reading .debs, .dscs and .changes that are to be published, and checking their digests."""

import base64
import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from qlumod.errors import Faults, QlumodError, raise_faults
from qlumod.events import Listener, Notice, step
from qlumod.late import late
from qlumod.model.names import ModulePackage, ReleaseVersion, suite_name
from qlumod.model.stanzas import signed_stanza
from qlumod.repository.publishing.package_files import Incoming, PackageFile, attempted, said_files
from qlumod.system.disk.documents import MOST
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.processes import isolated
from qlumod.system.processes.command import command
from qlumod.system.processes.run import run
from qlumod.system.processes.workers import workers

pickle = late("pickle")

READER = "qlumod.repository.publishing.reading_process"
OTHER_PACKAGES = (".udeb", ".ddeb")
"""Packages of the installer, and Ubuntu's of debug symbols: other archives offer them."""
WORTH = 1000
"""The number of packages for which another process is started: its start takes as long as
reading 300 small packages."""

T = TypeVar("T")
R = TypeVar("R")


def read_incoming(files: Iterable[Path], root: Path, *, listen: Listener) -> tuple[Incoming, ...]:
    """Read all files for the repository at `root`; raises the faults of all of them together."""
    wanted = list(_each(files, partial(_wanted_by, root=root, listen=listen)))
    title = f"reading {len(wanted)} package files"
    with step(listen, title, id="reading-packages", total=len(wanted), unit="files") as advance:
        processes = min(os.cpu_count() or 1, len(wanted) // WORTH)
        if processes > 1:
            found = read_apart(wanted, processes, advance, listen=listen)
        else:
            found = [_read_here(one, advance) for one in wanted]
        return tuple(_each(found, _taken))


def read_apart(
    wanted: Sequence[PackageFile],
    processes: int,
    advance: Callable[[int], None],
    *,
    listen: Listener,
) -> list[Incoming | QlumodError]:
    """Read in parallel processes, since Python's threads are not parallel; keeps the order."""
    each = -(-len(wanted) // processes)
    parts = [wanted[start : start + each] for start in range(0, len(wanted), each)]

    def read(part: Sequence[PackageFile]) -> list[Incoming | QlumodError]:
        found: list[Incoming | QlumodError] = []

        def take(line: str) -> None:
            some = pickle.loads(base64.b64decode(line))
            found.extend(some)
            advance(len(some))

        call = command(*isolated.words(READER), stdin=pickle.dumps(part), answers=True)
        run(call, listen=listen, on_line=take)
        return found

    with workers(len(parts)) as beside:
        reading = [beside.submit(read, part) for part in parts]
    return [one for part in reading for one in part.result()]


def suite_of(incoming: Iterable[Incoming]) -> str:
    """The suite of the module packages, from their names; raises `QlumodError`."""
    suites = {found for one in incoming if (found := _suite_of_name(one.entry.package))}
    if len(suites) != 1:
        found = (
            f"the module packages are of {', '.join(sorted(suites))}"
            if suites
            else "there is no module package whose name tells it"
        )
        raise QlumodError(f"which suite? {found}", remedy="name it, such as: --suite 14.0-bookworm")
    return suites.pop()


def _suite_of_name(package: str) -> str | None:
    try:
        name = ModulePackage.parse(package)
        return suite_name(ReleaseVersion.parse(name.version), name.flavor)
    except QlumodError:
        return None


def _read_here(wanted: PackageFile, advance: Callable[[int], None]) -> Incoming | QlumodError:
    found = attempted(wanted)
    advance(1)
    return found


def _taken(found: Incoming | QlumodError) -> list[Incoming]:
    if isinstance(found, QlumodError):
        raise found
    return [found]


def _each(items: Iterable[T], read: Callable[[T], Iterable[R]]) -> list[R]:
    """Read each item; raises the faults of all items together."""
    found: list[R] = []
    faults: list[QlumodError] = []
    for item in items:
        try:
            found.extend(read(item))
        except Faults as several:
            faults.extend(several.faults)
        except QlumodError as fault:
            faults.append(fault)
    raise_faults(faults)
    return found


def _wanted_by(path: Path, *, root: Path, listen: Listener) -> list[PackageFile]:
    match path.suffix:
        case ".deb" | ".dsc":
            return [PackageFile(path=path, said={}, root=root)]
        case ".changes":
            return _named_in_changes(path, root, listen)
    raise QlumodError(
        f"{path}: only .deb, .dsc and .changes files can be published",
        remedy="name the .changes file of a build, which names the others",
    )


def _named_in_changes(path: Path, root: Path, listen: Listener) -> list[PackageFile]:
    said = said_files(path, signed_stanza(read_bytes(path, most=MOST), str(path)))
    wanted = [name for name in said if name.suffix in (".deb", ".dsc")]
    if not wanted:
        raise QlumodError(f"{path}: Checksums-Sha256 names no .deb and no .dsc")
    if others := [name.name for name in said if name.suffix in OTHER_PACKAGES]:
        text = f"{path}: not published, since no suite here offers them: {', '.join(others)}"
        listen(Notice(text=text))
    return [PackageFile(path=name, said=said, root=root) for name in wanted]
