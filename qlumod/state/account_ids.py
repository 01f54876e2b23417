"""The ids of accounts in modules and on a machine, and where the two differ."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from qlumod.model.lines import lines_of
from qlumod.model.names import ModuleName
from qlumod.model.numbers import is_id
from qlumod.state.fragment import in_fragment, keyed

USER, GROUP = "user", "group"
DATABASES = MappingProxyType({USER: "passwd", GROUP: "group"})
"""The database of nsswitch.conf(5) with the accounts of a kind."""
_SERVICE = re.compile(r"[A-Za-z_][\w.-]*")
_ACTIONS = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, slots=True, order=True)
class AccountId:
    """The name of a user or group, and its id."""

    kind: str
    """`USER` or `GROUP`."""
    number: int
    name: str

    def differs(self, other: "AccountId") -> bool:
        """Whether it has the same name with another id, or the same id with another name."""
        same_name, same_number = self.name == other.name, self.number == other.number
        return self.kind == other.kind and same_name != same_number


def ids_in_fragment(module: ModuleName, fragment: bytes) -> tuple[AccountId, ...]:
    """The accounts that a module adds, from its fragment of accounts; raises `QlumodError`."""
    return tuple(
        found
        for values, _ in in_fragment(module, "accounts", fragment, keyed)
        for kind, database in DATABASES.items()
        for found in ids_in_lines(kind, values.get(database.capitalize(), ""))
    )


def ids_in_lines(kind: str, text: str) -> Iterator[AccountId]:
    """The accounts in lines of passwd(5) or group(5); lines of another form are passed over."""
    for line in lines_of(text):
        name, *fields = line.split(":")
        if name and len(fields) >= 2 and is_id(fields[1]):
            yield AccountId(kind, int(fields[1]), name)


def services_of(nsswitch: str, kind: str) -> tuple[str, ...]:
    """The services that nsswitch.conf(5) names for the accounts of a kind, in their order."""
    for line in lines_of(nsswitch):
        database, colon, services = line.partition("#")[0].partition(":")
        if colon and database.strip() == DATABASES[kind]:
            return tuple(_SERVICE.findall(_ACTIONS.sub(" ", services)))
    return ("files",)


def differing(
    wanted: Iterable[AccountId], found: Mapping[str, Iterable[AccountId]]
) -> dict[tuple[AccountId, AccountId], tuple[str, ...]]:
    """The pairs of an account of modules and one of a machine that differ, with its services.

    `found` has the accounts by the service that knows them.
    """
    pairs: dict[tuple[AccountId, AccountId], tuple[str, ...]] = {}
    for account in sorted(set(wanted)):
        for service, others in found.items():
            for other in sorted(set(others)):
                if account.differs(other):
                    pair = account, other
                    pairs[pair] = (*pairs.get(pair, ()), service)
    return pairs
