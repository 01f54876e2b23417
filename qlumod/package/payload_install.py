"""Copying a payload into a package's build directory, with each byte verified meanwhile."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.manifest import Manifest, PayloadFile
from qlumod.model.packed import gzipped
from qlumod.model.payload_paths import MANIFEST, MODULES, contents_file, packages_file, payload_home
from qlumod.package.overrides import of_copyright
from qlumod.package.render import overrides_text
from qlumod.stack.payload import Payload
from qlumod.system.disk.documents import read_packed, read_small

DOCUMENTS = Path("usr/share/doc")
OVERRIDES = Path("usr/share/lintian/overrides")
BLOCK = 1 << 20


def home_below(root: Path, manifest: Manifest) -> Path:
    """The directory of a payload that is installed below `root`."""
    return root / payload_home(
        manifest.module, manifest.flavor, manifest.architecture, manifest.version
    )


def install_payload(payload: Payload, destination: Path) -> Payload:
    """Copy a payload to its installation path below `destination`; returns the copy.

    Exactly the files of the manifest are copied; a missing or damaged one is an error.
    """
    home = home_below(destination, payload.manifest)
    for entry in payload.manifest.files:
        _copy(payload.directory, entry, home)
    _write(home / MANIFEST, read_small(payload.directory / MANIFEST))
    return Payload(directory=home)


def install_documents(
    manifest: Manifest, texts: Mapping[str, str], destination: Path, package: str
) -> None:
    """Fill the package's doc directory: links to the contents files, and the changelogs.

    `texts` are the changelogs by file name; the one for people is not compressed.
    """
    place = destination / DOCUMENTS / package
    for name in (packages_file(manifest.module), contents_file(manifest.module)):
        _link(place / name, home_below(destination, manifest) / name)
    for name, text in sorted(texts.items()):
        if name == f"{manifest.module}.changelog":
            _write(place / name, text.encode())
        else:
            _write(place / f"{name}.gz", gzipped([text.encode()]))


def install_copyright(destination: Path, package: str) -> None:
    """Write the package's copyright file: that of each module which is installed there.

    Overrides for lintian's tags of it are added to those of the package.
    """
    collections = sorted((destination / MODULES).glob("*/*/*/*/*.copyright.gz"))
    if not collections:
        return
    text = b"\n".join(map(read_packed, collections))
    _write(destination / DOCUMENTS / package / "copyright", text)
    _add(destination / OVERRIDES / package, overrides_text(package, of_copyright(text)))


def _copy(payload: Path, entry: PayloadFile, home: Path) -> None:
    target = home / entry.path
    _make(target.parent)
    hashing = hashlib.sha256()
    try:
        with (payload / entry.path).open("rb") as source, target.open("wb") as copy:
            while block := source.read(BLOCK):
                hashing.update(block)
                copy.write(block)
    except FileNotFoundError as gone:
        raise _damaged(payload, f"{entry.path} is missing") from gone
    if hashing.hexdigest() != entry.sha256:
        raise _damaged(payload, f"{entry.path} has not the digest that its manifest names")
    target.chmod(0o644)


def _damaged(payload: Path, what: str) -> QlumodError:
    return QlumodError(
        f"cannot package {payload}: {what}", remedy=f"rm -r {payload}, and build the module again"
    )


def _write(path: Path, data: bytes) -> None:
    _make(path.parent)
    path.write_bytes(data)
    path.chmod(0o644)


def _link(link: Path, target: Path) -> None:
    _make(link.parent)
    # A debhelper command that runs twice must have the result of one run.
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(target, link.parent))


def _add(path: Path, text: str) -> None:
    """Append a text to a file, or create it; a text that it has already is not added again."""
    there = read_small(path) if path.exists() else b""
    if text.encode() not in there:
        _write(path, there + text.encode())


def _make(directory: Path) -> None:
    """Make a directory; debhelper sets the right modes of all directories later (dh_fixperms)."""
    directory.mkdir(parents=True, exist_ok=True)
