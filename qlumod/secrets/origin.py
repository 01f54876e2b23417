"""Secrets in a program's source, including escaped constants, which are plain bytes if compiled."""

import ast
import warnings
from collections.abc import Iterator

from qlumod.secrets.look import look

_SHORTEST = 16
"""The minimum bytes of a constant that can be a secret."""


def kinds_in_source(path: str, data: bytes) -> frozenset[str]:
    """The kinds of secrets in a source file and in its constants."""
    parts = (data, *_constants(data)) if path.endswith(".py") else (data,)
    return frozenset(found.kind for part in parts for found in look(path, part).found)


def _constants(data: bytes) -> Iterator[bytes]:
    """The strings and bytes in a Python program; none if this Python cannot parse it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str):
            value = value.encode("utf-8", "surrogatepass")
        if isinstance(value, bytes) and len(value) >= _SHORTEST:
            yield value
