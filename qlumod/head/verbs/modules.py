"""The modules of a head node: taking in what dpkg brought, and listing what there is."""

from dataclasses import dataclass

from qlumod.events import Listener
from qlumod.head.places import Places
from qlumod.head.registrar import held, read_registry, scan_modules, tell
from qlumod.head.retention import keep_fixed
from qlumod.model.registry import Registered, Registry, RegistryChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a look at the payloads found."""

    registry: Registry
    changes: tuple[RegistryChange, ...]

    @property
    def damaged(self) -> tuple[Registered, ...]:
        """The modules that must not be used."""
        return tuple(entry for entry in self.registry if not entry.usable)


def register(places: Places, *, thorough: bool, listen: Listener) -> Registration:
    """Bring the registry up to date and run the hooks for what changed."""
    with held(places, listen):
        registry, changes = scan_modules(places, thorough=thorough, listen=listen)
        keep_fixed(places, listen)
    # The hooks may build images, and need the lock themselves.
    tell(places, changes, listen)
    return Registration(registry=registry, changes=tuple(changes))


def registered_modules(places: Places) -> Registry:
    """The registry as it was written last, by stack group."""
    return tuple(sorted(read_registry(places), key=lambda entry: (entry.stack_group, entry.key)))
