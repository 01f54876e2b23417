"""The last look before a commit: a real apt client updates from the staged tree and resolves.

The client has no other archive. What the new packages need from outside the suite (the
distribution's packages) is taken for installed; what has a name of this repository's own must be
in the suite.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, step
from qlumod.repository.entries import ALL, Entry
from qlumod.repository.relations import NEEDS, PROVIDES, alternatives
from qlumod.repository.sources import sources_text
from qlumod.repository.staging import Staging
from qlumod.system.apt_client import AptClient, file_uri, make_apt_client
from qlumod.system.files import remove_tree
from qlumod.system.run import CommandFailed

_OWN = re.compile(r"((python3|dh)-)?qlumod(-.+)?\Z")
_MODULE = "-module-"
AT_ONCE = 500
"""How many packages one apt-get is asked for: its time grows faster than their number."""


def try_staged(
    staging: Staging,
    entries: Sequence[Entry],
    added: Sequence[Entry],
    *,
    architectures: Sequence[str],
    keyring: bytes,
    listen: Listener,
) -> None:
    """Let a client of each architecture use the staged tree; raises `QlumodError`."""
    with step(listen, "trying it with a real apt client"):
        for architecture in architectures:
            visible = [one for one in entries if one.architecture in (ALL, architecture)]
            new = [one for one in added if one.architecture in (ALL, architecture)]
            client = make_apt_client(
                staging.client.absolute(),
                architecture=architecture,
                sources=sources_text(file_uri(staging.tree), [staging.suite], keyring),
                installed=stand_in(visible, new, architecture),
                often=len(new) > AT_ONCE,
            )
            _update(client, listen)
            _resolve(client, new, staging.suite, listen)
            remove_tree(staging.client)


def stand_in(entries: Sequence[Entry], added: Sequence[Entry], architecture: str) -> str:
    """The dpkg status of a machine that has all that the added entries need from elsewhere."""
    inside = _by_name(entries)
    own = _own_prefixes(inside)
    provided = sorted(
        {
            _provided(relation)
            for relation in _all_needs(added, inside)
            if relation["name"] not in inside and not _is_own(relation["name"], own)
        }
    )
    return "".join(
        f"{name}: {value}\n"
        for name, value in {
            "Package": "everything-else",
            "Status": "install ok installed",
            "Version": "1",
            "Architecture": architecture,
            "Multi-Arch": "allowed",
            "Maintainer": "qlumod",
            **({"Provides": ", ".join(provided)} if provided else {}),
            "Description": "stands for the packages of the distribution",
        }.items()
    )


def _update(client: AptClient, listen: Listener) -> None:
    try:
        client.update(listen=listen)
    except CommandFailed as failed:
        raise QlumodError(
            "a real apt client refuses what would be published; nothing was published",
            details=failed.details,
        ) from failed


def _resolve(client: AptClient, added: Sequence[Entry], suite: str, listen: Listener) -> None:
    """Try many at once, which is quick; then one by one, since some may exclude each other."""
    wanted = [f"{entry.package}={entry.version}" for entry in added]
    raise_faults(
        QlumodError(
            f"{name} cannot be installed from {suite}; nothing was published",
            details=failed.tail,
            remedy="publish what it needs together with it",
        )
        for start in range(0, len(wanted), AT_ONCE)
        for name, failed in _failing(client, wanted[start : start + AT_ONCE], listen)
    )


def _failing(
    client: AptClient, wanted: Sequence[str], listen: Listener
) -> Iterator[tuple[str, CommandFailed]]:
    if _fails(client, wanted, listen):
        for name in wanted:
            if failed := _fails(client, [name], listen):
                yield name, failed


def _fails(client: AptClient, wanted: Sequence[str], listen: Listener) -> CommandFailed | None:
    try:
        client.resolve(wanted, listen=listen)
    except CommandFailed as failed:
        return failed
    return None


def _by_name(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The entries by what they are called and what they provide."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        provides = [relation["name"] for relation in _related(entry, PROVIDES)]
        for name in (entry.package, *provides):
            found.setdefault(name, []).append(entry)
    return found


def _all_needs(added: Iterable[Entry], inside: Mapping[str, list[Entry]]) -> Iterator[Any]:
    """What these entries need, and what that needs, and so on."""
    waiting = list(added)
    seen = set(waiting)
    while waiting:
        for relation in _related(waiting.pop(), NEEDS):
            yield relation
            fresh = [entry for entry in inside.get(relation["name"], ()) if entry not in seen]
            seen.update(fresh)
            waiting.extend(fresh)


def _related(entry: Entry, field: re.Pattern[str]) -> list[Any]:
    """All relations of a field, alternatives one by one."""
    return [relation for group in alternatives(entry, field) for relation in group]


def _provided(relation: Any) -> str:
    """A version that satisfies the relation."""
    operator, version = relation["version"] or ("=", "0")
    nudge = {"<<": "~", ">>": "+0"}.get(operator, "")
    return f"{relation['name']} (= {version}{nudge})"


def _own_prefixes(names: Iterable[str]) -> tuple[str, ...]:
    """What the module packages of this suite begin with, such as ``qlustar-module-``."""
    found = {name.partition(_MODULE)[0] for name in names if _MODULE in name}
    return tuple(sorted(prefix + _MODULE for prefix in found))


def _is_own(name: str, prefixes: tuple[str, ...]) -> bool:
    return bool(_OWN.match(name)) or name.startswith(prefixes)
