"""Looking at one file: what secrets its bytes hold, within containers as well."""

from collections.abc import Iterator

from qlumod.secrets.binary import FORMS, NOISE
from qlumod.secrets.ceilings import Budget, Exhausted, budget_for
from qlumod.secrets.found import Found, Sight, Unread
from qlumod.secrets.part import Part, Reader
from qlumod.secrets.text import ANYWHERE, LAST, TEXTS
from qlumod.secrets.unpack import within
from qlumod.secrets.unpack.streams import is_stream


def look(path: str, data: bytes) -> Sight:
    """What secrets a file holds, and what of it was not looked into; each kind is told once.

    `path` is absolute: some secrets are known by their names. Never raises.
    """
    budget = budget_for(len(data))
    found: dict[str, Found] = {}
    for part in _parts(Part(path=path, data=data), budget):
        for one in _read(part, budget):
            found.setdefault(one.kind, one)
    return Sight(
        found=tuple(sorted(found.values(), key=lambda one: not one.private)),
        unread=tuple(Unread(where=where, why=why) for where, why in budget.unread),
    )


def _parts(part: Part, budget: Budget) -> Iterator[Part]:
    """A part and all that lies within it, the inner first: they tell the place best."""
    for inner in within(part, budget):
        yield from _parts(inner, budget)
    yield part


def _read(part: Part, budget: Budget) -> Iterator[Found]:
    """What all readers say of one part."""
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
