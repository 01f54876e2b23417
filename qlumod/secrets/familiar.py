"""Whether a text says only what stands in texts that everybody can have.

A configuration that a script has put together of templates is no secret, though its mode keeps
users from reading it. A secret is a word that stands nowhere else.
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
"""Letters of a word that can be a secret."""
_ORDINARY = re.compile(
    rb"[\d.:/+TZ_-]+"
    rb"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
"""Numbers, times, addresses and UUIDs: what scripts fill in."""
_OPEN = re.compile(
    rb"-----BEGIN (?P<what>CERTIFICATE|CERTIFICATE REQUEST|DH PARAMETERS|EC PARAMETERS|PUBLIC KEY"
    rb"|X509 CRL)-----[^-]*-----END (?P=what)-----"
)
"""What PEM has that is public by its nature; a key's other half is found otherwise."""


_PUBLIC = b" -public- "
"""Stands for such a block."""


def is_familiar(data: bytes, known: Iterable[bytes]) -> bool:
    """Whether the `known` texts have all words of a text, or of a database of texts, between them.

    They are read only as far as it takes.
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
    """The words of a text in which a secret can be; None: nobody can tell."""
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
    # A text without words may be anything; a database without any is empty.
    ordinary = (word for word in found if word in _PUBLIC or _ORDINARY.fullmatch(word))
    return frozenset(found).difference(ordinary) if found or texts != (data,) else None


def _split(text: bytes) -> Iterator[bytes]:
    return (word for word in _BETWEEN.split(text) if len(word) >= _SHORTEST)
