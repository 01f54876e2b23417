"""Checking a payload: its files by the manifest, its layer by the contents."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from qlumod.errors import QlumodError
from qlumod.model.contents import PathLine
from qlumod.model.manifest import LAYER
from qlumod.model.payload_paths import contents_file, packages_file
from qlumod.model.tree import TreeEntry
from qlumod.stack.payload import Payload
from qlumod.system.disk.regular_files import Sum, file_sum
from qlumod.system.disk.squashfs_listing import listed_image

SHOWN = 20
"""The most paths that an error names."""


def require_agreement(payload: Payload) -> None:
    """Raise `QlumodError` if a payload's contents and its layer differ.

    Its files match the manifest: `require_whole`, or the code that copied them, has checked that.
    """
    found = tuple(islice(disagreements(payload.contents, listed_image(payload.layer)), SHOWN + 1))
    if found:
        more = ("and more",) if len(found) > SHOWN else ()
        raise QlumodError(
            f"{payload.directory}: the layer and its contents disagree",
            details=(*found[:SHOWN], *more),
        )


def require_whole(payload: Payload) -> None:
    """Raise `QlumodError` if the digest of a payload's file differs from the manifest."""
    place, manifest = payload.directory, payload.manifest
    for name in (LAYER, packages_file(payload.module), contents_file(payload.module)):
        if manifest.file(name) is None:
            raise QlumodError(f"{place}: the manifest names no {name}")
    for file in manifest.files:
        if file_sum(place / file.path) != Sum(size=file.size, sha256=file.sha256):
            raise QlumodError(
                f"{place}: {file.path} is damaged: it has not the digest that the manifest names"
            )


def disagreements(lines: tuple[PathLine, ...], layer: Mapping[str, TreeEntry]) -> Iterator[str]:
    """The differences between contents and layer, a line for each path; pure."""
    told = {line.path: line for line in _with_digests(lines)}
    there = {path: entry for path, entry in layer.items() if path != "/"}
    for path in sorted(told.keys() | there.keys()):
        if path not in there:
            yield f"{path}: in the contents, not in the layer"
        elif path not in told:
            yield f"{path}: in the layer, not in the contents"
        elif (said := _of_line(told[path])) != (found := _of_entry(there[path])):
            one, other = _shown(said, found), _shown(found, said)
            yield f"{path}: {one} in the contents, {other} in the layer"
    yield from _owners(told, there)


def _with_digests(lines: tuple[PathLine, ...]) -> Iterator[PathLine]:
    """The lines; those of hard links have the digest of the file that they link to."""
    first = {line.path: line for line in lines if line.type == "f"}
    for line in lines:
        if line.type == "h" and line.digest in first:
            yield replace(line, type="f", digest=first[line.digest].digest)
        else:
            yield line


def _of_line(line: PathLine) -> tuple[str, ...]:
    return (line.type, f"{line.mode:04o}", str(line.size), *_content(line.type, line.digest))


def _of_entry(entry: TreeEntry) -> tuple[str, ...]:
    kind = "w" if entry.whiteout else entry.type
    return (
        kind,
        f"{entry.mode:04o}",
        str(entry.size),
        *_content(kind, entry.target or entry.digest),
    )


def _shown(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    """The facts of a path to show: a file's digest only if nothing else differs."""
    return " ".join(one[:3] if one[0] == "f" and one[:3] != other[:3] else one)


def _content(kind: str, said: str) -> tuple[str, ...]:
    """The digest of a file or the target of a link; other paths have none."""
    return (said,) if kind in "fl" else ()


def _owners(told: Mapping[str, PathLine], there: Mapping[str, TreeEntry]) -> Iterator[str]:
    """Check that names and ids correspond one to one; the ids themselves depend on the stack."""
    known: dict[tuple[str, str | int], str | int] = {("user", "root"): 0, ("user", 0): "root"}
    known |= {("group", "root"): 0, ("group", 0): "root"}
    for path in sorted(told.keys() & there.keys()):
        user, _, group = told[path].owner.partition(":")
        for kind, name, number in (
            ("user", user, there[path].uid),
            ("group", group, there[path].gid),
        ):
            pair = known.setdefault((kind, name), number), known.setdefault((kind, number), name)
            if pair != (number, name):
                yield f"{path}: {kind} {name} in the contents, {number} in the layer"
