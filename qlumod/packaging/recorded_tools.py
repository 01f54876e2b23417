"""The tools that a lock records: a host with other tools makes no bytes for that lock.

The identity of a layer and of a reference installation contains the tools of the lock. If another
host's tools made them, a shared cache would hold bytes under the identity of others. Therefore only
`supplied` hands out locked packages to install.
"""

from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.model.lock import Lock
from qlumod.model.names import PackagingName
from qlumod.packaging.choice import packaging_named
from qlumod.packaging.installer import Order, Supply
from qlumod.system.disk.workshop import Workshop
from qlumod.system.processes.host_release import host_release


def supplied(
    order: Order,
    lock: Lock,
    directory: Path,
    *,
    packaging: PackagingName,
    workshop: Workshop,
    listen: Listener,
) -> Supply:
    """Put exactly the locked packages of an order into a new directory, for an installation.

    It is the only caller of `Installer.freeze`. Raises `QlumodError` if this host's tools differ
    from those in the lock.
    """
    require_tools(lock, packaging)
    installer = packaging_named(packaging).installer
    return installer.freeze(order, directory, workshop=workshop, listen=listen)


def require_tools(lock: Lock, packaging: PackagingName) -> None:
    """Raise if this host's tools differ from those in the lock: the bytes would differ."""
    others = other_tools(lock, packaging)
    if others:
        raise QlumodError(
            f"{_title(lock)} was made with other tools, which would build other bytes",
            details=others,
            remedy=f"build on a machine with {lock.host}; or let the lock belong to machines with "
            f"{host_release()}: `qlumod lock --move-host`, which keeps the packages"
            if _of_other_hosts(lock)
            else "build where these versions are, or run `qlumod lock`, which keeps the packages "
            "and records the tools of this machine",
        )


def require_same_host(lock: Lock, packaging: PackagingName) -> None:
    """Raise if a lock belongs to machines with another release and other tools than this one.

    Otherwise the tools in the lock of a team would change with the machine on which it is made, and
    the bytes of all modules with them.
    """
    others = other_tools(lock, packaging) if _of_other_hosts(lock) else ()
    if others:
        raise QlumodError(
            f"{_title(lock)} belongs to machines with {lock.host}, and this one has "
            f"{host_release()}: with its tools, all modules would get other bytes",
            details=others,
            remedy=f"run it on a machine with {lock.host}, or with --dry-run; or let the lock "
            f"belong to machines with {host_release()}: --move-host, which keeps the packages",
        )


def _title(lock: Lock) -> str:
    return f"the lock of {lock.version} for {lock.flavor} and {lock.architecture}"


def _of_other_hosts(lock: Lock) -> bool:
    return bool(lock.host) and lock.host != host_release()


def other_tools(lock: Lock, packaging: PackagingName) -> tuple[str, ...]:
    """The differences between this host's tools and those in the lock, a line each."""
    here, locked = dict(packaging_named(packaging).tools()), dict(lock.tools)
    return tuple(
        f"{name}: the lock has {locked.get(name, 'none')}, this machine {here.get(name, 'none')}"
        for name in sorted(locked.keys() | here.keys())
        if here.get(name) != locked.get(name)
    )
