"""The paths of a stack: what is above replaces, a whiteout hides; lines are compared."""

import time

from qlumod.model.content_changes import ChangeKind
from qlumod.model.stack_lines import stack_changes, stacked_lines


def lines(*rows: str) -> bytes:
    """Lines of a contents file: ``f package /path`` or ``w /path``."""
    return b"".join(_line(*row.split(" ")).encode() for row in rows)


def _line(kind: str, *rest: str) -> str:
    origin, path = rest if len(rest) == 2 else ("<x>", rest[0])
    return f"{kind}\t0644\troot:root\t1\t{'0' * 64}\t{origin}\t{path}\n"


def paths(*layers: bytes) -> list[str]:
    return sorted(path.decode() for path in stacked_lines(layers))


def test_the_uppermost_layer_with_a_path_counts() -> None:
    found = stacked_lines([lines("f core /etc/motd"), lines("f slurm /etc/motd")])
    assert b"\tslurm\t" in found[b"/etc/motd"]


def test_a_whiteout_hides_a_path_and_what_lies_below_it() -> None:
    below = lines("d core /a", "f core /a/b", "f core /a/b.c", "f core /ab", "f core /c")
    assert paths(below, lines("w /a", "w /c")) == ["/ab"]
    # What a layer itself has below what it hides stays.
    assert paths(below, lines("w /a", "f slurm /a/new")) == ["/a/new", "/ab", "/c"]


def test_only_what_differs_is_a_change() -> None:
    old = stacked_lines([lines("f core /a", "f core /b", "f core /c")])
    new = stacked_lines([lines("f core /a", "f slurm /b", "f slurm /d")])
    changes = stack_changes(old, new)
    assert [(str(one.kind), one.path) for one in changes.listed(None)] == [
        ("changed", "/b"), ("removed", "/c"), ("added", "/d")
    ]  # fmt: skip
    assert [one.kind for one in changes.listed(1)] == [ChangeKind.CHANGED]
    assert (changes.count, changes.packages()) == (3, frozenset({"slurm"}))


def test_300000_paths_are_compared_in_seconds() -> None:
    layer = lines(*(f"f package{n % 3000} /usr/share/{n % 997}/{n}" for n in range(300_000)))
    began = time.monotonic()
    assert stack_changes(stacked_lines([layer]), stacked_lines([layer])).count == 0
    print(f"{time.monotonic() - began:.2f} s")
