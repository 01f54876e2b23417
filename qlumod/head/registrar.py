"""Updating the registry after dpkg added or removed payloads, and running the hooks."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener
from qlumod.head.image_moves import complete_interrupted
from qlumod.head.known_digests import after_links, remember_digests, remembered_digests
from qlumod.head.payloads import find_payloads, home_of, verified
from qlumod.head.places import Places
from qlumod.model.document import readable
from qlumod.model.payload_paths import MANIFEST
from qlumod.model.registry import (
    Registered,
    Registry,
    RegistryChange,
    changes_text,
    parse_registry,
    registry_changes,
    registry_text,
)
from qlumod.packaging.debian.dpkg_query import package_versions
from qlumod.stack.payload import Payload
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.documents import read_document
from qlumod.system.disk.files import write_whole
from qlumod.system.disk.locking import locked
from qlumod.system.disk.ownership import strangers
from qlumod.system.disk.scratch import scratch
from qlumod.system.processes.command import CommandFailed, command
from qlumod.system.processes.run import run

PATIENCE = 600.0
"""The seconds to wait for another run on the head node: the build of a large image may take that
long."""


@contextmanager
def held(places: Places, listen: Listener) -> Iterator[None]:
    """Hold the head node's lock, which is needed to write below /var/lib/qlumod and of images."""
    make_directories(places.state)
    with locked(places.lock, wait=PATIENCE, listen=listen):
        complete_interrupted(places)
        yield


def scan_modules(
    places: Places, *, thorough: bool, listen: Listener
) -> tuple[Registry, Sequence[RegistryChange]]:
    """Check all payloads and write the registry; needs the lock. Returns registry and changes."""
    known = {} if thorough else remembered_digests(places.verified)
    entries, digests = verified(find_payloads(places, listen), known, listen)
    registry = _with_package_versions(places, entries)
    changes = registry_changes(_old_registry(places, listen), registry)
    if digests != known:
        remember_digests(places.verified, digests)
    if changes or not places.registry.exists():
        text = registry_text(registry)
        write_whole(places.registry, readable(text, str(places.registry), parse_registry))
    return registry, changes


def note_links(places: Places, payloads: Iterable[Payload]) -> None:
    """Note that this run has made links to files of payloads; needs the lock."""
    known = remembered_digests(places.verified)
    files = [
        payload.directory / file.path for payload in payloads for file in payload.manifest.files
    ]
    now = after_links(known, files)
    if now != known:
        remember_digests(places.verified, now)


def read_registry(places: Places) -> Registry:
    """Read the registry; raises `QlumodError` if it is missing."""
    if not places.registry.exists():
        raise QlumodError(
            f"there is no registry of modules ({places.payload(places.registry)})",
            remedy="run: qlumod register",
        )
    return parse_registry(read_document(places.registry), str(places.registry))


def tell(places: Places, changes: Sequence[RegistryChange], listen: Listener) -> None:
    """Run the hooks; a failing hook is reported and has no other effect."""
    if not changes or not places.hooks.is_dir():
        return
    if refusals := tuple(_strangers_hooks(places)):
        for refusal in refusals:
            listen(Caution(text=f"no program in {places.payload(places.hooks)} is run: {refusal}"))
        return
    with scratch() as directory:
        told = directory / "changes"
        told.write_text(changes_text(changes), encoding="utf-8")
        try:
            run(
                command(
                    "run-parts", f"--arg={told}", places.hooks,
                    environment={"QLUMOD_ROOT": str(places.root)},
                ),
                listen=listen,
            )  # fmt: skip
        except CommandFailed as failure:
            said = "; ".join(failure.tail) or failure.brief
            listen(Caution(text=f"a program in {places.payload(places.hooks)} failed: {said}"))


def _strangers_hooks(places: Places) -> Iterator[QlumodError]:
    """An error for each reason not to run the hooks as root."""
    for path in (places.settings, places.hooks, *sorted(places.hooks.iterdir())):
        yield from strangers(path)


def _old_registry(places: Places, listen: Listener) -> Registry:
    if not places.registry.exists():
        return ()
    try:
        return read_registry(places)
    except QlumodError as fault:
        listen(Caution(text=f"the registry is made anew, it cannot be read: {fault.brief}"))
        return ()


def _with_package_versions(places: Places, entries: Sequence[Registered]) -> Registry:
    paths = {
        entry.key: places.payload(home_of(places, entry).directory / MANIFEST) for entry in entries
    }
    versions = package_versions(places.dpkg, list(paths.values()))
    return tuple(
        replace(entry, package_version=versions.get(paths[entry.key], "")) for entry in entries
    )
