"""The path of an installed payload, and the names of the files that describe it."""

from qlumod.model.names import ArchName, FlavorName, ModuleName

MANIFEST = "manifest"
"""The manifest's file name in a payload directory."""
MODULES = "usr/share/qlumod/modules"
"""Where packages install payloads, relative to the root."""


def payload_home(
    module: ModuleName, flavor: FlavorName, architecture: ArchName, version: object
) -> str:
    """Where a payload is installed: ``usr/share/qlumod/modules/slurm/bookworm/amd64/14.0.0``."""
    return f"{MODULES}/{module}/{flavor}/{architecture}/{version}"


def packages_file(module: ModuleName) -> str:
    """The name of the file that lists a payload's packages."""
    return f"{module}.packages.version.gz"


def contents_file(module: ModuleName) -> str:
    """The name of the file that lists the paths of a payload's layer."""
    return f"{module}.contents.gz"
