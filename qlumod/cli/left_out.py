"""The modules that a lock does without, as verbs tell them."""

from collections.abc import Iterator, Sequence

from qlumod.cli.wording import columns


def left_out_lines(modules: Sequence[tuple[str, str]]) -> Iterator[str]:
    """The names of the modules, and why they are left out."""
    if modules:
        yield "left out:"
        yield from (f"  {line}" for line in columns(modules))
