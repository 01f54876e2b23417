"""Comparing the records of modules with both trees: a false record is a failure."""

from collections.abc import Iterator, Mapping, Sequence

from qlumod.model.difference import Aspect, Difference
from qlumod.proof.permitted import Expectations
from qlumod.proof.scanned_tree import ScannedTree


def other_bytes_beside(
    expected: Expectations, reference: ScannedTree, stack: ScannedTree
) -> Iterator[Difference]:
    """Files beside the layers that differ from those of one installation.

    A file of the stack at the same path, such as a new initrd, is compared there instead.
    """
    for path, digest in sorted(expected.beside.items()):
        if path in stack.entries:
            continue
        installed = reference.entries.get(path)
        if installed is None or installed.digest != digest:
            yield Difference(
                path=path,
                aspect=Aspect.CONTENT,
                subject="beside the layer",
                reference=installed.digest if installed else "",
                stack=digest,
            )


def false_records(
    expected: Expectations, reference: ScannedTree, stack: ScannedTree
) -> Iterator[Difference]:
    """Recorded paths that the stack has, that no package has, or that match no exclude pattern."""
    children = _children(reference)
    for path in sorted(expected.left_out):
        if path in stack.entries:
            yield _false(path, "recorded as left out, and is there")
        elif path not in reference.entries:
            yield _false(path, "recorded as left out, and no package brings it")
        elif not expected.patterns.exclude(path) and not _only_left_out(path, expected, children):
            yield _false(path, "recorded as left out, and no pattern excludes it")


def _false(path: str, what: str) -> Difference:
    return Difference(path=path, aspect=Aspect.RECORD, stack=what)


def _only_left_out(
    path: str, expected: Expectations, children: Mapping[str, Sequence[str]]
) -> bool:
    """Whether all entries of a directory were left out."""
    return path in children and all(child in expected.left_out for child in children[path])


def _children(tree: ScannedTree) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for path in tree.entries:
        children.setdefault(path.rpartition("/")[0], []).append(path)
    return children
