"""Copies of what is known to be secret, within other files."""

from collections.abc import Iterator, Mapping

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part, Reader

_SHORTEST = 12
"""Bytes of a secret that are not somewhere by chance."""


def copies_of(secrets: Mapping[str, bytes]) -> Reader:
    """A reader that finds the bytes of other files, given by their paths."""
    wanted = {path: data.strip() for path, data in sorted(secrets.items())}

    def read(part: Part) -> Iterator[Found]:
        for path, data in wanted.items():
            at = part.data.find(data) if len(data) >= _SHORTEST else -1
            if at >= 0:
                yield part.holds(f"the bytes of {path}", private=True, at=at)

    return read
