"""The modules of a head node: registering the payloads that dpkg installed, and listing them."""

from dataclasses import dataclass

from qlumod.events import Listener
from qlumod.head.places import Places
from qlumod.head.registrar import held, read_registry, scan_modules, tell
from qlumod.head.retention import keep_fixed
from qlumod.model.image import CORE
from qlumod.model.registry import Registered, Registry, RegistryChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The result of checking the payloads."""

    registry: Registry
    changes: tuple[RegistryChange, ...]

    @property
    def damaged(self) -> tuple[Registered, ...]:
        """The modules that must not be used."""
        return tuple(entry for entry in self.registry if not entry.usable)


def register(places: Places, *, thorough: bool, listen: Listener) -> Registration:
    """Update the registry and run the hooks if it changed."""
    with held(places, listen):
        registry, changes = scan_modules(places, thorough=thorough, listen=listen)
        keep_fixed(places, listen)
    # Outside the lock: the hooks may build images, which takes the lock.
    tell(places, changes, listen)
    return Registration(registry=registry, changes=tuple(changes))


def registered_modules(places: Places) -> Registry:
    """The registry as last written, by stack group, in the order of `group_order`."""
    registry = read_registry(places)
    order = group_order(registry)
    return tuple(sorted(registry, key=lambda entry: (order.index(entry.stack_group), entry.key)))


def group_order(registry: Registry) -> tuple[str, ...]:
    """The stack groups in the order in which they are shown: that of core first, then by name.

    The group of modules whose manifests cannot be read is empty, and the last one.
    """
    first = {entry.stack_group for entry in registry if entry.module == CORE}
    groups = {entry.stack_group for entry in registry}
    return tuple(sorted(groups, key=lambda group: (not group, group not in first, group)))
