"""Kernel arguments of an image: text that is added to those of the boot configuration."""

from qlumod.errors import QlumodError

MOST = 1024
"""The most characters: a kernel takes 2048 (COMMAND_LINE_SIZE), and the boot side adds its own."""
_OF_THE_BOOT_SIDE = ("boot", "qlumod.stack", "qlumod.digest", "qlumod.secrets")


def kernel_arguments(text: str) -> str:
    """Check kernel arguments, and put one blank between them; raises `QlumodError`."""
    arguments = text.split()
    spoken = " ".join(arguments)
    if len(spoken) > MOST:
        raise QlumodError(f"these are {len(spoken)} characters, and a kernel may take {MOST}")
    if not (spoken.isascii() and spoken.isprintable()):
        raise QlumodError(f"{spoken!r} has characters that are not printable ASCII")
    if spoken.count('"') % 2:
        raise QlumodError(f"{spoken!r} has a quotation mark that is not closed")
    for argument in arguments:
        name = argument.partition("=")[0]
        if name in _OF_THE_BOOT_SIDE:
            raise QlumodError(
                f"{argument!r} belongs to the boot configuration, which says what a node boots"
            )
    return spoken
