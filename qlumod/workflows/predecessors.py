"""What modules are compared with: the versions published before them."""

from collections.abc import Iterable

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.lock import Lock, LockedPredecessor
from qlumod.model.names import ModuleName
from qlumod.package.before import Predecessor, read_document
from qlumod.system.store import Store


def known_predecessor(lock: Lock, module: ModuleName, store: Store) -> Predecessor | None:
    """The predecessor that the lock names for a module, from the store; None: it names none."""
    locked = lock.predecessor_of(module)
    if locked is None:
        return None
    data = store.document(locked.sha256)
    if data is None:
        raise _unknown(locked)
    return Predecessor(
        module=module,
        version=locked.version,
        texts=read_document(data, f"{module} {locked.version}"),
    )


def require_predecessors(lock: Lock, modules: Iterable[ModuleName], store: Store) -> None:
    """Raise where the store does not know what these modules are compared with."""
    locked = (lock.predecessor_of(module) for module in modules)
    raise_faults(
        _unknown(found) for found in locked if found and store.document(found.sha256) is None
    )


def _unknown(locked: LockedPredecessor) -> QlumodError:
    return QlumodError(
        f"cannot tell what changed in module {locked.module}: the store knows nothing of "
        f"{locked.version}, the version that the lock compares it with",
        remedy="qlumod fetch --repository DIR, where it was published",
    )
