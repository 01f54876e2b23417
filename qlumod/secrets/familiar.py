"""Whether all words of a text are in public texts.

A configuration that a script has made from templates is no secret, even if its mode prevents users
from reading it. A secret is a word that no public text contains.
"""

import re
from collections.abc import Iterable, Iterator

from qlumod.secrets.binary.noise import is_utf8
from qlumod.secrets.ceilings import budget_for
from qlumod.secrets.part import Part, looks_like_text
from qlumod.secrets.unpack import members_within

_SQLITE = b"SQLite format 3\0"
_BETWEEN = re.compile(rb"[\s\"'`=:,;(){}\[\]<>#|]+")
_SHORTEST = 4
"""The minimum length of a word that can be a secret."""
_ORDINARY = re.compile(
    rb"[\d.:/+TZ_-]+"
    rb"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
"""Numbers, times, addresses and UUIDs, which scripts insert."""
_OPEN = re.compile(
    rb"-----BEGIN (?P<what>CERTIFICATE|CERTIFICATE REQUEST|DH PARAMETERS|EC PARAMETERS|PUBLIC KEY"
    rb"|X509 CRL)-----[^-]*-----END (?P=what)-----"
)
"""PEM blocks that are public by their nature; `pairs` finds public halves of keys."""


_PUBLIC = b" -public- "
"""The replacement for such a block."""


def is_familiar(data: bytes, known: Iterable[bytes]) -> bool:
    """Whether the `known` texts together contain all words of a text, or of a database of texts.

    The texts are read only until all words are found.
    """
    missing = _words(data)
    if missing is None:
        return False
    for text in known:
        if not missing:
            break
        missing = missing.difference(_split(text))
    return not missing


def _words(data: bytes) -> frozenset[bytes] | None:
    """The words of a text that may be secrets; None: the data cannot be split into words."""
    if looks_like_text(data):
        texts: Iterable[bytes] = (data,)
    elif data.startswith(_SQLITE):
        texts = tuple(
            p.data for p in members_within(Part(path="/", data=data), budget_for(len(data)))
        )
    else:
        return None
    if not all(looks_like_text(text) and is_utf8(text) for text in texts):
        return None
    found = [word for text in texts for word in _split(_OPEN.sub(_PUBLIC, text))]
    # A text without words is ambiguous; a database without words is empty.
    ordinary = (word for word in found if word in _PUBLIC or _ORDINARY.fullmatch(word))
    return frozenset(found).difference(ordinary) if found or texts != (data,) else None


def _split(text: bytes) -> Iterator[bytes]:
    return (word for word in _BETWEEN.split(text) if len(word) >= _SHORTEST)
