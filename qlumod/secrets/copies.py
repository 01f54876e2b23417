"""Copies of known secrets in other files."""

from collections.abc import Iterator, Mapping

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part, Reader

_SHORTEST = 12
"""The minimum bytes of a secret, so that a match is not by chance."""


def copies_of(secrets: Mapping[str, bytes]) -> Reader:
    """A reader that finds the bytes of the given files, by path."""
    wanted = {path: data.strip() for path, data in sorted(secrets.items())}

    def read(part: Part) -> Iterator[Found]:
        for path, data in wanted.items():
            at = part.data.find(data) if len(data) >= _SHORTEST else -1
            if at >= 0:
                yield part.holds(f"the bytes of {path}", private=True, at=at)

    return read
