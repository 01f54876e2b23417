"""The architectures of Debian: a misspelt one would get an index that no client reads."""

import difflib

from qlumod.errors import QlumodError
from qlumod.model.names import ArchName

ARCHITECTURES = frozenset((
    "alpha", "amd64", "arc", "arm", "arm64", "armeb", "armel", "armhf", "hppa", "hurd-amd64",
    "hurd-i386", "i386", "ia64", "kfreebsd-amd64", "kfreebsd-i386", "loong64", "m68k", "mips",
    "mips64", "mips64el", "mipsel", "nios2", "or1k", "powerpc", "powerpcspe", "ppc64", "ppc64el",
    "riscv64", "s390", "s390x", "sh4", "sparc", "sparc64", "x32",
))  # fmt: skip
"""Those that Debian and its ports have or had; dpkg's own tables also have those of no archive."""
_OF_SOURCES = ("any", "source")
_ALL = "all"
_ELSEWHERE = {
    "noarch": _ALL, "x86_64": "amd64", "x86-64": "amd64", "i486": "i386", "i586": "i386",
    "i686": "i386", "x86": "i386", "aarch64": "arm64", "armv7l": "armhf", "armv7hl": "armhf",
    "ppc64le": "ppc64el", "loongarch64": "loong64",
}  # fmt: skip
"""What others call an architecture of Debian."""


def package_architecture(text: str) -> str:
    """Check the architecture of a binary package; raises `QlumodError`."""
    return _ALL if text == _ALL else client_architecture(text)


def client_architecture(text: str) -> ArchName:
    """Check the architecture of a machine; raises `QlumodError`."""
    if text in ARCHITECTURES:
        return ArchName(text)
    raise QlumodError(f"{text!r} is no architecture of Debian: {_advice(text)}")


def _advice(text: str) -> str:
    if text in _OF_SOURCES or text.startswith("any-") or text.endswith("-any"):
        return "it belongs into debian/control of a source; a package has one, such as 'amd64'"
    if known := _ELSEWHERE.get(text.lower()):
        return f"Debian calls it {known!r}"
    close = difflib.get_close_matches(text, (*sorted(ARCHITECTURES), _ALL), n=1)
    return f"did you mean {close[0]!r}?" if close else "it has names such as 'amd64' and 'all'"
