"""The command that renews a lock, for remedies of errors."""

from qlumod.model.names import ArchName, FlavorName
from qlumod.model.release import Release


def renewing(release: Release, flavor: FlavorName, architecture: ArchName) -> str:
    """The command that renews a lock."""
    words = ["qlumod lock"]
    if flavor != release.default_flavor:
        words.append(f"--flavor {flavor}")
    if architecture != release.architectures[0]:
        words.append(f"--arch {architecture}")
    return " ".join(words)
