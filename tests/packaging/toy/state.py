"""What toys write together at run time: users and groups, and the list of installed toys."""

from qlumod.state.accounts import ACCOUNTS
from qlumod.state.dropped import MOUNT_POINTS
from qlumod.state.entries import Entries, Entry
from qlumod.state.fragment import joined, keyed
from qlumod.state.identity import FIXED
from qlumod.state.state_table import StateTable
from tests.packaging.toy.installer import DATABASE


def _split(text: str) -> list[Entry]:
    return [(values["Package"], stanza) for values, stanza in keyed(text, "Package")]


INSTALLED = Entries(name="toys", path=DATABASE, what="the toy", split=_split, join=joined)
TOY_STATE = StateTable(
    names=ACCOUNTS, others=(INSTALLED,), caches=(), fixed=FIXED, dropped=(MOUNT_POINTS,)
)
