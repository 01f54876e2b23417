"""Slow imports, deferred until the module is first used: some take longer than a whole command.

`importlib.util.LazyLoader` is not suitable: before Python 3.12.3 (Debian 12 has 3.11.2), threads
that use a module at the same moment get AttributeError; and it requires that all modules are
installed, which they are not on a head node.
"""

import importlib
from typing import Any


class _Late:
    """Replaces a module until one of its attributes is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, found)
        return found


def late(name: str) -> Any:
    """The module of that name, not yet imported."""
    return _Late(name)
