"""The nouns of qlumod: frozen values that parse themselves; no I/O and no clock."""
