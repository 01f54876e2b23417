"""Stanzas that several builds propose for one account table: each id once, each account once."""

from collections.abc import Collection, Sequence

from qlumod.model.numbers import number
from qlumod.state.fragment import fields, stanza
from qlumod.state.unregistered_accounts import next_free

_ID = {"User": "Uid", "Group": "Gid"}


def merged_stanzas(proposals: Sequence[Sequence[str]], taken: Collection[int]) -> tuple[str, ...]:
    """The stanzas of all proposals in one list that the table can hold.

    Builds of one run do not know of each other: a name keeps its first id, an id that two names
    have got is given to the first, and an account that several modules create gets the packages of
    all. `taken` are the ids of the table.
    """
    ids: dict[str, str] = {}
    accounts: dict[tuple[str, str], dict[str, str]] = {}
    for proposal in proposals:
        for values in map(fields, proposal):
            kind = "User" if "User" in values else "Group"
            name, proposed = values[kind], values[_ID[kind]]
            if name not in ids:
                used = {*taken, *map(number, ids.values())}
                ids[name] = str(next_free(used, name)) if number(proposed) in used else proposed
            there = accounts.setdefault((kind, name), {**values, _ID[kind]: ids[name]})
            packages = dict.fromkeys((*there["Packages"].split(), *values["Packages"].split()))
            there["Packages"] = " ".join(packages)
    return tuple(map(stanza, accounts.values()))
