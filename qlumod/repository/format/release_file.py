"""The text of a Release file: the names of a suite, and the digests of its indexes."""

import time
from collections.abc import Mapping

from qlumod.repository.format.index_entries import ALL
from qlumod.repository.format.layout import COMPONENT
from qlumod.repository.format.settings import Settings
from qlumod.system.disk.regular_files import Sum

DESPITE_TRIAL = "Qlumod-Despite-Trial"
"""The field with the reason to publish packages that apt could not install in the trial."""


def suite_release_text(
    settings: Settings,
    *,
    suite: str,
    architectures: tuple[str, ...],
    date: int,
    valid_until: int | None,
    despite: str,
    files: Mapping[str, Sum],
) -> str:
    """The text of a Release file; `files` are the indexes by their path below the suite.

    `despite` is the reason to publish packages that apt could not install in the trial, if any.
    """
    fields = {
        "Origin": settings.origin,
        "Label": settings.label,
        "Suite": suite,
        "Codename": suite,
        "Date": release_date(date),
        "Valid-Until": release_date(valid_until) if valid_until is not None else "",
        "Acquire-By-Hash": "yes",
        # For apt 2.7 and later: --snapshot and Snapshot: select one by its time.
        "Snapshots": f"{settings.uri.rstrip('/')}/snapshots/@SNAPSHOTID@/" if settings.uri else "",
        # Without No-Support-for-Architecture-all, so that a head node of any architecture can
        # follow. Packages of `all` are in every other index, too: some mirrors look there.
        "Architectures": " ".join((ALL, *architectures)),
        "Components": COMPONENT,
        "Description": f"{settings.label} {suite}",
        DESPITE_TRIAL: despite,
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    sums = [f" {files[path].sha256} {files[path].size:>16} {path}" for path in sorted(files)]
    return "\n".join((*lines, "SHA256:", *sums)) + "\n"


def release_date(epoch: int) -> str:
    """A time in the format of Release files."""
    return time.strftime("%a, %d %b %Y %H:%M:%S UTC", time.gmtime(epoch))
