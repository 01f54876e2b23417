"""What the proof does about each field of the spec that a root shows, by attribute.

A field that changes roots (`in_root` in the table of the spec's fields) stands here in one of these
lists, or a test fails: a proof that did not know it would be weaker.
"""

ASKED = ("debconf", "enable", "disable")
"""The reference installation obeys them, too: anybody could have done that."""
LOCKED = ("packages", "kernel_modules")
"""What they bring is in the lock, and the reference installation has all packages of the lock."""
EXPECTED = ("restore", "exclude", "include", "secrets")
"""Specs, and payloads, say where stacks differ because of them: see `expectations`."""
COMPARED = ("wins",)
"""Nothing of them is permitted: what they change has to equal the reference installation."""
