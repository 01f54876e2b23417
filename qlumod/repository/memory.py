"""What once was published and is gone: no other bytes ever get its name."""

from collections.abc import Iterable

from qlumod.model.names import Digest
from qlumod.model.numbers import number
from qlumod.repository.entries import PoolFile
from qlumod.repository.layout import Layout


def remembered(layout: Layout) -> dict[str, PoolFile]:
    """The files that were published once and are gone, by their paths."""
    if not layout.files.is_file(layout.gone):
        return {}
    lines = (line.split(" ") for line in layout.files.read(layout.gone).decode().splitlines())
    return {
        path: PoolFile(path=path, size=number(size), sha256=Digest(sha256))
        for sha256, size, path in lines
    }


def remember(layout: Layout, files: Iterable[PoolFile]) -> None:
    """Write down what goes before it goes; a file that never was published has no digest."""
    known = remembered(layout)
    fresh = {file.path: file for file in files if file.sha256 and file.path not in known}
    if fresh:
        lines = (
            f"{file.sha256} {file.size} {file.path}\n"
            for _, file in sorted({**known, **fresh}.items())
        )
        layout.files.write_whole(layout.gone, "".join(lines).encode())
