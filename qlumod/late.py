"""Other people's modules, imported when they are first used: some take longer than a verb."""

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
