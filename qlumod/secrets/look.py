"""Searching one file for secrets, including the contents of containers."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from qlumod.secrets.binary import FORMS, NOISE
from qlumod.secrets.ceilings import Budget, Exhausted, budget_for
from qlumod.secrets.found import Found, Sight, Unread
from qlumod.secrets.part import Part, Reader
from qlumod.secrets.text import ANYWHERE, LAST, TEXTS
from qlumod.secrets.unpack import members_within, spelt_out
from qlumod.secrets.unpack.streams import is_stream

_LARGE = 1 << 20
_MEMBERS_SHARE = 0.9
"""If members are at least this share of a large archive, only the members are searched. The same
applies to an archive with skipped members, since it contains their bytes."""

Known = Callable[[bytes], bool]
"""Whether bytes are public, or were searched before."""


def look(
    path: str, data: bytes, *, known: Known = lambda _: False, also: Sequence[Reader] = ()
) -> Sight:
    """Search a file; returns each kind of secret once, and the places that were not searched.

    `path` is absolute: some secrets are detected by file name. `known` members of an archive are
    skipped. `also` are further readers, for all parts. Never raises.
    """
    budget = budget_for(len(data))
    found: dict[str, Found] = {}
    for part in _parts(Part(path=path, data=data), budget, known):
        for one in (*_read(part, budget), *chain.from_iterable(reader(part) for reader in also)):
            found.setdefault(one.kind, one)
    return Sight(
        found=tuple(sorted(found.values(), key=lambda one: not one.private)),
        unread=tuple(Unread(where=where, why=why) for where, why in budget.unread),
    )


def _parts(part: Part, budget: Budget, known: Known) -> Iterator[Part]:
    """A part and all its inner parts; these come first, since they have the most exact place."""
    seen = passed = 0
    for inner in members_within(part, budget):
        size = len(inner.data) if inner.whole else 0
        seen += size
        if size and known(inner.data):
            passed += size
        else:
            yield from _parts(inner, budget, known)
    if passed or (len(part.data) >= _LARGE and seen >= len(part.data) * _MEMBERS_SHARE):
        return
    for inner in spelt_out(part, budget):
        yield from _parts(inner, budget, known)
    yield part


def _read(part: Part, budget: Budget) -> Iterator[Found]:
    """The findings of all readers in one part."""
    if is_stream(part.data):
        return
    some = False
    for reader in _readers(part):
        for found in _asked(reader, part, budget):
            some = True
            yield found
    if part.whole and not some:
        for reader in (*LAST, NOISE):
            yield from _asked(reader, part, budget)


def _readers(part: Part) -> tuple[Reader, ...]:
    return (*FORMS, *ANYWHERE, *TEXTS) if part.is_text else (*FORMS, *ANYWHERE)


def _asked(reader: Reader, part: Part, budget: Budget) -> Iterator[Found]:
    try:
        yield from reader(part)
    except Exhausted as end:
        budget.skip(part.where, str(end))
