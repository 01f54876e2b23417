"""ucf's memory: digests of the configuration files that packages last offered, and their owners.

ucf writes both 0644 root:root (it is a shell script under umask 022). Where two modules offer one
file differently the file itself is the conflict, so the upper module's line is right here.
"""

from qlumod.state.entries import Entries, by_field, uppermost

HASHFILE = Entries(
    name="ucf-hashfile",
    path="/var/lib/ucf/hashfile",
    what="the file",
    split=by_field(1),
    decide=uppermost,
)
REGISTRY = Entries(
    name="ucf-registry",
    path="/var/lib/ucf/registry",
    what="the file",
    split=by_field(1),
)
