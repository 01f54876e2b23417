"""The modules that a lock leaves out, because their archives cannot be used."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.lock import Lock
from qlumod.model.names import FlavorName, ModuleName
from qlumod.model.spec import ModuleSpec
from qlumod.system.disk.store import Store


def modules_without(
    specs: Sequence[ModuleSpec],
    flavor: FlavorName,
    *,
    missing: Mapping[str, QlumodError],
    kept: Lock | None,
    moving: Collection[str],
    store: Store,
) -> dict[ModuleName, str]:
    """The modules that need a missing archive, or a module that does, and why.

    A module of the old lock stays if the store has its packages. It is left out only if it may
    move: a reviewed lock must not lose a module because of a network failure.
    """
    found: dict[ModuleName, str] = {}
    faults = []
    for spec in specs:
        reason = next((f"it requires {name}" for name in spec.requires if name in found), "")
        if not (kept and _stored(spec.module, missing, kept, store)):
            reason = reason or _reason(spec, flavor, missing)
        if not reason:
            continue
        found[spec.module] = reason
        if kept and spec.module in dict(kept.specs) and spec.module not in moving:
            faults.append(_gone(spec, reason, flavor, missing))
    raise_faults(faults)
    return found


def _reason(spec: ModuleSpec, flavor: FlavorName, missing: Mapping[str, QlumodError]) -> str:
    named = (missing.get(archive) for archive in spec.archives_for(flavor))
    return next((fault.brief for fault in named if fault), "")


def _stored(
    module: ModuleName, missing: Mapping[str, QlumodError], kept: Lock, store: Store
) -> bool:
    packages = (*kept.of(module), *kept.building(module))
    return bool(packages) and all(
        package.archive not in missing or store.has(package.sha256) for package in packages
    )


def _gone(
    spec: ModuleSpec, reason: str, flavor: FlavorName, missing: Mapping[str, QlumodError]
) -> QlumodError:
    return QlumodError(
        f"{spec.module} is in the lock, and its packages cannot be had any more: {reason}",
        details=_details(spec, flavor, missing),
        remedy="name another place of the archive with --archive NAME=URI, or let the module go:"
        f" qlumod lock --update {spec.module}",
    )


def _details(
    spec: ModuleSpec, flavor: FlavorName, missing: Mapping[str, QlumodError]
) -> Iterator[str]:
    for archive in spec.archives_for(flavor):
        if archive in missing:
            yield from missing[archive].details
