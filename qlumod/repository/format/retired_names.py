"""Published files that were removed: no other content may ever get their names."""

from collections.abc import Iterable

from qlumod.errors import QlumodError
from qlumod.model.document import decoded
from qlumod.model.lines import lines_of
from qlumod.model.names import digest
from qlumod.model.numbers import number
from qlumod.repository.format.index_entries import PoolFile
from qlumod.repository.format.layout import Layout
from qlumod.system.disk.documents import MOST_RECORDS


def remembered(layout: Layout) -> dict[str, PoolFile]:
    """The published files that were removed, by their paths."""
    if not layout.files.is_file(layout.gone):
        return {}
    return parse_remembered(layout.files.read(layout.gone, most=MOST_RECORDS), str(layout.gone))


def parse_remembered(data: bytes, path: str) -> dict[str, PoolFile]:
    """Read what `remember` wrote; raises `QlumodError`."""
    files = (_file(line, path) for line in lines_of(decoded(data, path)))
    return {file.path: file for file in files}


def _file(line: str, where: str) -> PoolFile:
    words = line.split(" ", 2)
    if len(words) != 3:
        raise QlumodError(f"{where}: {line!r} is no file: it has the form 'digest size path'")
    return PoolFile(path=words[2], size=number(words[1]), sha256=digest(words[0]))


def remember(layout: Layout, files: Iterable[PoolFile]) -> None:
    """Record files before they are removed; a file that was never published has no digest."""
    known = remembered(layout)
    fresh = {file.path: file for file in files if file.sha256 and file.path not in known}
    if fresh:
        lines = (
            f"{file.sha256} {file.size} {file.path}\n"
            for _, file in sorted({**known, **fresh}.items())
        )
        layout.files.write_whole(layout.gone, "".join(lines).encode())
