"""Other people's modules, imported when they are first used: some take longer than a verb.

Not by `importlib.util.LazyLoader`: before Python 3.12.3 (Debian 12 has 3.11.2), threads that ask a
module at the same moment get AttributeError, and it wants all of them installed, which a head node
has not.
"""

import importlib
from typing import Any


class _Late:
    """Stands for a module until somebody wants something of it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, found)
        return found


def late(name: str) -> Any:
    """The module of that name, not yet imported."""
    return _Late(name)
