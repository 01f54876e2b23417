"""What qlumod talks about: frozen values that parse themselves; no I/O and no clock."""
