"""The modules of a head node: registering the payloads that dpkg installed, and listing them."""

from dataclasses import dataclass

from qlumod.events import Listener
from qlumod.head.places import Places
from qlumod.head.registrar import held, read_registry, scan_modules, tell
from qlumod.head.retention import keep_fixed
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
    """The registry as last written, by stack group."""
    return tuple(sorted(read_registry(places), key=lambda entry: (entry.stack_group, entry.key)))
