"""ucf's records: digests of the configuration files that packages last offered, and their owners.

ucf writes both 0644 root:root (it is a shell script under umask 022). If two modules offer one file
differently, the conflict is reported for the file itself, so the upper module's line is right here.
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
