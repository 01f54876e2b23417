"""The units of systemd that an installation enabled: links in directories of targets."""

from collections.abc import Iterable

from qlumod.state.kind import matches_any

_LINKS = tuple(
    f"/etc/systemd/{manager}/*.{how}/*"
    for manager in ("system", "user")
    for how in ("wants", "requires")
)
"""As ``systemctl enable`` makes them (systemd.unit(5), [Install])."""


def enabled_units(paths: Iterable[str]) -> tuple[str, ...]:
    """The names of the units that links among these paths enable, sorted."""
    return tuple(sorted({path.rpartition("/")[2] for path in paths if _is_link(path)}))


def _is_link(path: str) -> bool:
    return path.startswith("/etc/systemd/") and matches_any(path, _LINKS)
