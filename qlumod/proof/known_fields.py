"""The treatment in the proof of each field of the spec that affects roots, by attribute.

A test fails if a field that changes roots (`in_root` in the table of the spec's fields) is in none
of these lists: a proof that does not know a field is weaker.
"""

ASKED = ("debconf", "enable", "disable")
"""Applied to the reference installation, too: a user of plain apt could do the same."""
LOCKED = ("packages", "kernel_modules")
"""Their packages are in the lock, and the reference installation has all packages of the lock."""
EXPECTED = ("restore", "exclude", "include", "secrets")
"""Specs and payloads say which paths differ because of them: see `expectations`."""
COMPARED = ("wins",)
"""No difference is permitted: the paths must equal those of the reference installation."""
