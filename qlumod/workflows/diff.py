"""The differences between versions of modules: of two packages, or of two snapshots."""

from collections.abc import Mapping
from pathlib import Path

from qlumod.package.predecessor_changes import Comparison, compared, listed_version
from qlumod.repository.format.layout import Layout
from qlumod.repository.maintenance.published import payloads, published_as
from qlumod.repository.publishing.founding import opened_settings


def compare_payloads(old: Path, new: Path) -> tuple[Comparison, ...]:
    """Compare two payload packages, or two payload directories."""
    return (compared(listed_version(old), listed_version(new)),)


def compare_published(repository: Path, old: str, new: str) -> tuple[Comparison, ...]:
    """Compare the modules of two suites or snapshots; only those that differ.

    The newest version of each module is compared.
    """
    layout = Layout(root=repository.absolute())
    opened_settings(layout)
    before, after = _payloads(layout, old), _payloads(layout, new)
    return tuple(
        compared(
            listed_version(before[key]) if key in before else None,
            listed_version(after[key]) if key in after else None,
        )
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    )


def _payloads(layout: Layout, name: str) -> Mapping[tuple[str, ...], Path]:
    return {
        key: path
        for found in published_as(layout, name)
        for key, path in payloads(found, layout).items()
    }
