"""Comparing the ids of the modules' accounts with those that a head node knows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod.events import Caution, Listener
from qlumod.head.payloads import home_of
from qlumod.head.places import Places
from qlumod.head.registrar import read_registry
from qlumod.model.lines import lines_of
from qlumod.model.registry import Registered
from qlumod.stack.payload import STATE
from qlumod.state.account_ids import (
    DATABASES,
    AccountId,
    differing,
    ids_in_fragment,
    ids_in_lines,
    services_of,
)
from qlumod.state.kind import decoded_lines
from qlumod.system.disk.documents import read_small
from qlumod.system.disk.within import Root
from qlumod.system.processes.command import CommandFailed, command
from qlumod.system.processes.run import attempt

FRAGMENT = "accounts"
FILES = "files"
"""The service of /etc/passwd and /etc/group."""
_SOME_UNKNOWN = 2
"""The status of getent if it did not find all keys."""

_Owners = Mapping[AccountId, tuple[Registered, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDifference:
    """An account of modules, and one of the head node with the same name or the same id."""

    account: AccountId
    modules: tuple[Registered, ...]
    found: AccountId
    services: tuple[str, ...]
    """The services of nsswitch.conf(5) that know it."""

    @property
    def problem(self) -> str:
        """``other-id``: of the same name; ``other-name``: of the same id."""
        return "other-id" if self.account.name == self.found.name else "other-name"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReport:
    """What was compared, and what differs."""

    accounts: tuple[AccountId, ...]
    services: tuple[str, ...]
    differences: tuple[AccountDifference, ...]


def check_accounts(places: Places, *, listen: Listener) -> AccountReport:
    """Compare the accounts of all registered modules with those that the head node knows.

    Each service is asked by itself, since the first that knows a name hides the others. Of another
    root than this machine's, only passwd and group are read.
    """
    owners = _owners(places, listen)
    found = dict(_known_here(owners) if places.root == Path("/") else _in_files(places.root))
    return AccountReport(
        accounts=tuple(sorted(owners)),
        services=tuple(found),
        differences=tuple(
            AccountDifference(
                account=account, modules=owners[account], found=other, services=services
            )
            for (account, other), services in differing(owners, found).items()
        ),
    )


def _owners(places: Places, listen: Listener) -> _Owners:
    """The accounts of the modules, with the modules that create each."""
    owners: dict[AccountId, tuple[Registered, ...]] = {}
    for entry in read_registry(places):
        path = home_of(places, entry).directory / STATE / FRAGMENT
        if not entry.usable:
            listen(Caution(text=f"{entry.label} is damaged: its accounts are not compared"))
        elif path.exists():
            for account in ids_in_fragment(entry.module, read_small(path)):
                owners[account] = (*owners.get(account, ()), entry)
    return owners


def _in_files(root: Path) -> Iterator[tuple[str, tuple[AccountId, ...]]]:
    inside = Root(root)
    paths = {kind: f"/etc/{database}" for kind, database in DATABASES.items()}
    yield (
        FILES,
        tuple(
            account
            for kind, path in paths.items()
            if inside.is_file(path)
            for account in ids_in_lines(kind, decoded_lines(inside.read(path)))
        ),
    )


def _known_here(wanted: Iterable[AccountId]) -> Mapping[str, tuple[AccountId, ...]]:
    """What each service of this machine knows of the wanted names and ids."""
    root = Root(Path("/"))
    path = "/etc/nsswitch.conf"
    nsswitch = decoded_lines(root.read(path)) if root.is_file(path) else ""
    found: dict[str, tuple[AccountId, ...]] = defaultdict(tuple)
    for kind in DATABASES:
        keys = {
            key
            for account in wanted
            if account.kind == kind
            for key in (account.name, str(account.number))
        }
        for service in services_of(nsswitch, kind):
            found[service] += tuple(_asked(service, kind, sorted(keys)))
    return found


def _asked(service: str, kind: str, keys: list[str]) -> Iterator[AccountId]:
    """The accounts with these names and ids: a directory is not listed, which it may refuse."""
    if not keys:
        return
    call = command("getent", "--service", service, DATABASES[kind], "--", *keys)
    status, lines, said = attempt(call)
    if status not in (0, _SOME_UNKNOWN):
        raise CommandFailed(call, status, lines_of(decoded_lines(said)))
    yield from ids_in_lines(kind, decoded_lines(lines))
