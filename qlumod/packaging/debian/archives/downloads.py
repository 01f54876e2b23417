"""Downloads from archives into the store, by apt's own methods."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.model.lock import LockedPackage
from qlumod.packaging.archives import Failure
from qlumod.packaging.debian.apt import AptRoot
from qlumod.packaging.debian.archives.root import ArchiveRoot
from qlumod.packaging.debian.python_apt import python_apt_needed, python_module
from qlumod.system.disk.regular_files import file_sum
from qlumod.system.disk.store import Store
from qlumod.system.processes.stalling import run_unless_stalled

STREAMS = 4
"""The number of parallel downloads."""
_SAFE = "/+~:=@,!$&'()*;"
"""The characters that an address may have unquoted besides letters, digits and ``_.-``."""


def download(
    packages: Sequence[LockedPackage],
    where: ArchiveRoot,
    store: Store,
    *,
    advance: Callable[[int], None],
    listen: Listener,
) -> list[Failure]:
    """Fetch packages into the store and check their digests; `advance` is called with bytes."""
    root = where.root
    by_path = {str(store.partial / package.sha256): package for package in packages}
    failures: list[Failure] = []
    came = 0

    def take(line: str) -> None:
        nonlocal came
        word, _, text = line.partition(" ")
        value = json.loads(text)
        match word:
            case "bytes":
                came += value
                advance(value)
            case "done":
                _keep(by_path[value], Path(value), store)
            case "failed":
                package = by_path[value[0]]
                failures.append(_failure(package, _uri(package, root), *value))

    if packages:
        parts = [
            [_order(package, path, root) for path, package in part]
            for part in _parts(sorted(by_path.items(), key=lambda item: -item[1].size))
        ]
        call = python_module(
            "qlumod.packaging.debian.archives.download", parts, environment=root.environment
        )
        with python_apt_needed():
            run_unless_stalled(
                call,
                lambda: came,
                what="the packages",
                stall=where.stall,
                listen=listen,
                on_line=take,
            )
    return failures


def _keep(package: LockedPackage, came: Path, store: Store) -> None:
    """Move a file into the store; a list of mirrors may name the file of a local mirror."""
    if came.is_symlink():
        store.add(came.resolve(), digest=package.sha256, size=package.size)
        came.unlink()
    else:
        store.adopt(came, digest=package.sha256, size=package.size)


def _parts(
    items: Sequence[tuple[str, LockedPackage]],
) -> Iterator[Sequence[tuple[str, LockedPackage]]]:
    """Distribute the packages over the streams, with about the same number of bytes for each."""
    for start in range(min(STREAMS, len(items))):
        yield items[start::STREAMS]


def _order(package: LockedPackage, path: str, root: AptRoot) -> Mapping[str, str | int]:
    return {
        "uri": _uri(package, root),
        "sha256": package.sha256,
        "size": package.size,
        "name": package.package,
        "path": path,
    }


def _uri(package: LockedPackage, root: AptRoot) -> str:
    for source in root.sources:
        if source.archive == package.archive:
            # file: would return the mirror's own file, which must not be moved.
            base = re.sub(r"^file:", "copy:", source.uri)
            return f"{base}{quote(package.filename, safe=_SAFE)}"
    raise QlumodError(
        f"{package.package} {package.version} comes from the archive {package.archive},"
        " which the release file does not name",
        remedy="qlumod lock",
    )


def _failure(package: LockedPackage, uri: str, part: str, reason: str) -> Failure:
    """Describe a failure; bytes that differ from the locked ones are removed, not resumed."""
    wrong = "unexpected size" in reason
    path = Path(part)
    for came in (path.with_name(f"{path.name}.FAILED"), path):
        if came.exists() and (came != path or came.stat().st_size >= package.size):
            found = file_sum(came)
            came.unlink()
            if found.sha256 != package.sha256 and not wrong:
                wrong = True
                reason = (
                    f"locked: {package.size} bytes, SHA-256 {package.sha256}\n"
                    f"came:   {found.size} bytes, SHA-256 {found.sha256}"
                )
    return Failure(
        package=package,
        uri=uri,
        reason=reason,
        wrong=wrong,
        dropped=bool(re.search(r"404 +Not Found|No such file or directory", reason)),
    )
