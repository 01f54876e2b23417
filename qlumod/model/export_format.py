"""The forms in which an image is exported; pure."""

from enum import StrEnum


class ExportFormat(StrEnum):
    """The form of an export."""

    SQUASHFS = "squashfs"
    TAR = "tar"
    OCI = "oci"


ENDINGS = {
    ".oci.tar": ExportFormat.OCI,
    ".oci": ExportFormat.OCI,
    ".tar": ExportFormat.TAR,
    ".squashfs": ExportFormat.SQUASHFS,
    ".sqfs": ExportFormat.SQUASHFS,
}
"""The format of a file by the ending of its name."""


def format_of(name: str) -> ExportFormat | None:
    """The format by the ending of a file's name; None: it says none."""
    return next((form for end, form in ENDINGS.items() if name.endswith(end)), None)
