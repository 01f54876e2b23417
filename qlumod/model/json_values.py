"""Values that one process of qlumod passes to another as JSON (RFC 8259)."""

from typing import Any

Json = Any
"""None, a truth value, a number, a text, a list of such values, or a dict of them by texts."""
