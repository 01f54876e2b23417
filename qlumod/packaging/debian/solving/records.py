"""The stanza of a version in the index Packages."""

from qlumod.model.stanzas import ControlStanza, one_stanza
from qlumod.packaging.solving.solution import Chosen


def stanza_of(chosen: Chosen) -> ControlStanza:
    """The fields of its stanza; raises `QlumodError`."""
    where = f"{chosen.package} {chosen.version} in the index {chosen.index}"
    return one_stanza(f"{chosen.record.rstrip()}\n", where)
