"""The last check before a commit: an apt client updates from the staged tree and resolves.

The client has no other archive. Dependencies of the new packages outside the suite (packages of the
distribution) are assumed to be installed; packages with a name of this repository must be in the
suite.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, step
from qlumod.packaging.debian.apt_client import AptClient, file_uri, make_apt_client
from qlumod.repository.format.index_entries import ALL, IndexEntry
from qlumod.repository.format.indexes import PACKAGES
from qlumod.repository.format.sources import sources_text
from qlumod.repository.publishing.snapshot_staging import Staging
from qlumod.repository.rules.relations import NEEDS, PRE_DEPENDS, PROVIDES, alternatives
from qlumod.system.disk.removal import remove_tree
from qlumod.system.processes.command import CommandFailed

_OWN = re.compile(r"((python3|dh)-)?qlumod(-.+)?\Z")
_MODULE = "-module-"
AT_ONCE = 500
"""The maximum number of packages per apt-get: 500 take 0.2 s, 4,000 take 2.8 s, and a command line
is limited to 2 MB."""


def try_staged(
    staging: Staging,
    offered: Callable[[str], Iterable[bytes]],
    added: Sequence[IndexEntry],
    *,
    architectures: Sequence[str],
    keyring: bytes,
    listen: Listener,
) -> None:
    """Test the staged tree with a client of each architecture; raises `QlumodError`.

    `offered` returns the text of an architecture's Packages, in parts of whole paragraphs.
    """
    with step(listen, "trying it with a real apt client"):
        for architecture in architectures:
            new = [one for one in added if one.architecture in (ALL, architecture)]
            inside = by_name(offered(architecture))
            client = make_apt_client(
                staging.client.absolute(),
                architecture=architecture,
                sources=sources_text(file_uri(staging.tree), [staging.suite], keyring),
                installed=stand_in(inside, new, architecture),
            )
            _update(client, listen)
            if new and not _are_marked(client, inside, new, listen):
                _resolve(client, new, staging.suite, listen)
            remove_tree(staging.client)


def stand_in(
    inside: Mapping[str, Iterable[bytes]], added: Iterable[IndexEntry], architecture: str
) -> str:
    """The dpkg status of a machine with all external dependencies of the added entries.

    `inside` are the paragraphs of the suite, as `by_name` returns them.
    """
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


def _are_marked(
    client: AptClient,
    inside: Mapping[str, Iterable[bytes]],
    added: Sequence[IndexEntry],
    listen: Listener,
) -> bool:
    """Whether marking all entries for installation shows that all can be installed.

    Marking 10,000 takes 0.1 s; a simulation with apt-get takes a hundred times as long. But only
    the simulation gives the reason for a failure, and tells whether packages that Pre-Depend on
    other new ones can be unpacked in some order (Policy 7.2).
    """
    if any(
        relation["name"] in inside
        for paragraphs in inside.values()
        for paragraph in paragraphs
        if b"\nPre-Depends:" in paragraph
        for relation in _related(paragraph.decode(), PRE_DEPENDS)
    ):
        return False
    return client.takes_all([(one.package, one.version) for one in added], listen=listen)


def _resolve(client: AptClient, added: Sequence[IndexEntry], suite: str, listen: Listener) -> None:
    """Try many packages at once, which is fast; then fewer, since some may conflict."""
    wanted = [f"{entry.package}={entry.version}" for entry in added]
    parts = [wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE)]
    raise_faults(
        QlumodError(
            f"{name} cannot be installed from {suite}; nothing was published",
            details=failed.tail,
            remedy="publish what it needs together with it",
        )
        for part in parts
        for name, failed in _failing(client, part, listen)
    )


def _failing(
    client: AptClient, wanted: Sequence[str], listen: Listener
) -> Iterator[tuple[str, CommandFailed]]:
    """The packages that cannot be installed even alone, found by bisection of failing groups."""
    failed = _fails(client, wanted, listen)
    if failed and len(wanted) == 1:
        yield wanted[0], failed
    elif failed:
        middle = len(wanted) // 2
        yield from _failing(client, wanted[:middle], listen)
        yield from _failing(client, wanted[middle:], listen)


def _fails(client: AptClient, wanted: Sequence[str], listen: Listener) -> CommandFailed | None:
    try:
        client.resolve(wanted, listen=listen)
    except CommandFailed as failed:
        return failed
    return None


def by_name(offered: Iterable[bytes]) -> dict[str, list[bytes]]:
    """The paragraphs of packages, by the names that each package has or provides.

    `offered` is the text of Packages, in parts of whole paragraphs.
    """
    found: dict[str, list[bytes]] = {}
    for part in offered:
        for paragraph in PACKAGES.pieces(part):
            for name in _names(paragraph):
                found.setdefault(name, []).append(paragraph)
    return found


def _names(paragraph: bytes) -> Iterator[str]:
    yield PACKAGES.key(paragraph)[0].decode()
    if b"\nProvides:" in paragraph:
        yield from (relation["name"] for relation in _related(paragraph.decode(), PROVIDES))


def _all_needs(added: Iterable[IndexEntry], inside: Mapping[str, Iterable[bytes]]) -> Iterator[Any]:
    """The relations of these entries, and of all packages that they need, recursively."""
    waiting = [entry.text for entry in added]
    seen: set[str] = set()
    while waiting:
        for relation in _related(waiting.pop(), NEEDS):
            yield relation
            if (name := relation["name"]) not in seen:
                seen.add(name)
                waiting.extend(paragraph.decode() for paragraph in inside.get(name, ()))


def _related(text: str, field: re.Pattern[str]) -> list[Any]:
    """All relations of a paragraph's field, each alternative separately."""
    return [relation for group in alternatives(text, field) for relation in group]


def _provided(relation: Any) -> str:
    """An entry for Provides that satisfies the relation."""
    operator, version = relation["version"] or ("=", "0")
    nudge = {"<<": "~", ">>": "+0"}.get(operator, "")
    return f"{relation['name']} (= {version}{nudge})"


def _own_prefixes(names: Iterable[str]) -> tuple[str, ...]:
    """The prefixes of the names of this suite's module packages, such as ``qlustar-module-``."""
    found = {name.partition(_MODULE)[0] for name in names if _MODULE in name}
    return tuple(sorted(prefix + _MODULE for prefix in found))


def _is_own(name: str, prefixes: tuple[str, ...]) -> bool:
    return bool(_OWN.match(name)) or name.startswith(prefixes)
