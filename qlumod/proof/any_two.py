"""Which differences are between any two installations, and so not made by stacking; pure.

A second installation of the same packages shows it: a file that a script fills with random bytes or
with the time differs between the two references as it differs between reference and stack.
"""

from dataclasses import replace
from pathlib import PurePosixPath

from qlumod.model.difference import Aspect, Difference
from qlumod.packaging.interfaces import Packaging
from qlumod.proof.compare import compare
from qlumod.proof.listed import listed_trees
from qlumod.proof.scanned_tree import ScannedTree
from qlumod.proof.verdict import Verdict


def needs_second(found: Verdict, reference: ScannedTree, packaging: Packaging) -> bool:
    """Whether a second installation could explain a failure.

    It cannot if packages ship all paths that differ: those are alike in all installations.
    """
    shipped = packaging.permits.shipped(reference)
    return any(
        failure.path not in shipped and failure.aspect != Aspect.RECORD
        for failure in found.failures
    )


def told_apart(
    found: Verdict, first: ScannedTree, second: ScannedTree, packaging: Packaging
) -> Verdict:
    """Mark the failures at which two installations, `first` and `second`, differ from each other.

    `first` is the one that the stack was compared with.
    """
    unlike = compare(first, second, listed_trees(packaging))
    known = {(one.path, one.aspect, one.subject) for one in unlike}
    # Directories in which each installation has other names.
    places = {_place(one.path, first) for one in unlike if one.aspect == Aspect.EXTRA}

    def is_any_two(failure: Difference) -> bool:
        if failure.aspect == Aspect.EXTRA and _place(failure.path, first) in places:
            return True
        return (failure.path, failure.aspect, failure.subject) in known

    return replace(
        found,
        findings=tuple(
            replace(finding, difference=replace(finding.difference, any_two=True))
            if finding.permission is None and is_any_two(finding.difference)
            else finding
            for finding in found.findings
        ),
    )


def _place(path: str, tree: ScannedTree) -> str:
    """The deepest directory of a path that a tree has."""
    return next(str(p) for p in PurePosixPath(path).parents if str(p) in tree.entries)
