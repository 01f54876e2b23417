"""Secrets in a program's source, including escaped constants, which are plain bytes if compiled."""

import warnings
from collections.abc import Iterator
from types import CodeType

from qlumod.secrets.look import look

_SHORTEST = 16
"""The minimum bytes of a constant that can be a secret."""


def kinds_in_source(path: str, data: bytes) -> frozenset[str]:
    """The kinds of secrets in a source file and in its constants."""
    parts = (data, *_constants(data)) if path.endswith(".py") else (data,)
    return frozenset(found.kind for part in parts for found in look(path, part).found)


def _constants(data: bytes) -> Iterator[bytes]:
    """The strings and bytes of a compiled Python program; none if this Python cannot compile it.

    The compiler joins constants that an expression adds up.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values: list[object] = [compile(data, "", "exec", dont_inherit=True)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    while values:
        value = values.pop()
        if isinstance(value, CodeType):
            values.extend(value.co_consts)
        elif isinstance(value, tuple | frozenset):
            values.extend(value)
        elif isinstance(value, str):
            values.append(value.encode("utf-8", "surrogatepass"))
        elif isinstance(value, bytes) and len(value) >= _SHORTEST:
            yield value
