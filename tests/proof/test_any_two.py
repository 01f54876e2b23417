"""What differs between any two installations is told from what stacking has made."""

from dataclasses import replace

import pytest

from qlumod.model.tree import TreeEntry
from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.proof.any_two import needs_second, told_apart
from qlumod.proof.scanned_tree import ScannedTree
from qlumod.proof.verdict import Verdict, verdict
from tests.proof.expected import expectations

SUMS = "/var/lib/dpkg/info/x.md5sums"
NOTHING = replace(expectations(), left_out=frozenset(), beside={})


def tree(**digests: str) -> ScannedTree:
    """Files by path, each with what it holds; a directory holds nothing."""
    files = {**digests, SUMS: "sums"}
    return ScannedTree(
        entries={
            path: TreeEntry(
                path=path, type="f" if text else "d", mode=0o644, digest=text, inode=(1, hash(path))
            )
            for path, text in {"/": "", "/usr": "", "/var": "", "/cache": "", **files}.items()
        },
        data={SUMS: b"0  usr/shipped\n"},
    )


def judged(reference: ScannedTree, stack: ScannedTree) -> Verdict:
    return verdict(reference, stack, expected=NOTHING, packaging=DEBIAN)


def marked(first: ScannedTree, second: ScannedTree, stack: ScannedTree) -> dict[str, bool]:
    found = told_apart(judged(first, stack), first, second, DEBIAN)
    return {str(failure): failure.any_two for failure in found.failures}


def test_a_file_that_differs_between_two_installations_is_told_from_one_that_does_not() -> None:
    assert marked(
        tree(**{"/var/random": "one", "/var/same": "one"}),
        tree(**{"/var/random": "two", "/var/same": "one"}),
        tree(**{"/var/random": "three", "/var/same": "three"}),
    ) == {
        "/var/random: content: 0 bytes one → 0 bytes three": True,
        "/var/same: content: 0 bytes one → 0 bytes three": False,
    }


def test_another_aspect_of_a_random_file_is_still_made_by_stacking() -> None:
    stack = tree(**{"/var/random": "three"})
    entries = {**stack.entries}
    entries["/var/random"] = replace(entries["/var/random"], mode=0o600)
    assert marked(
        tree(**{"/var/random": "one"}),
        tree(**{"/var/random": "two"}),
        replace(stack, entries=entries),
    ) == {
        "/var/random: mode: 0644 → 0600": False,
        "/var/random: content: 0 bytes one → 0 bytes three": True,
    }


def test_names_at_random_are_known_by_the_directory_in_which_they_are() -> None:
    assert marked(
        tree(**{"/cache/a": "", "/cache/a/file": "one", "/usr/lost": "one"}),
        tree(**{"/cache/b": "", "/cache/b/file": "one", "/usr/lost": "one"}),
        tree(**{"/cache/c": "", "/cache/c/file": "one", "/var/more": "one"}),
    ) == {
        "/cache/a: missing directory": True,
        "/cache/a/file: missing file": True,
        "/cache/c: extra directory": True,
        "/cache/c/file: extra file": True,
        "/usr/lost: missing file": False,
        "/var/more: extra file": False,
    }


@pytest.mark.parametrize(
    ("stack", "needs"),
    [
        ({"/usr/shipped": "one", "/usr/made": "one"}, False),
        ({"/usr/shipped": "two", "/usr/made": "one"}, False),
        ({"/usr/shipped": "one", "/usr/made": "two"}, True),
    ],
)
def test_only_what_no_package_ships_is_worth_a_second_installation(
    stack: dict[str, str], *, needs: bool
) -> None:
    reference = tree(**{"/usr/shipped": "one", "/usr/made": "one"})
    assert needs_second(judged(reference, tree(**stack)), reference, DEBIAN) is needs
