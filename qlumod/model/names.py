"""The names of modules, flavors, versions and packages, and the parts of package names."""

import re
from dataclasses import dataclass
from typing import NewType, Self

from qlumod.errors import QlumodError
from qlumod.model.numbers import number

ModuleName = NewType("ModuleName", str)
"""Lower-case letters, digits, ``-``, ``+`` and ``.``, as a package name may have (Policy 5.6.1)."""
FlavorName = NewType("FlavorName", str)
"""The distribution from which a module is made: a code name such as ``bookworm``."""
ArchName = NewType("ArchName", str)
"""A Debian architecture: ``amd64``."""
PackageName = NewType("PackageName", str)
"""The name of a Debian binary package (Policy 5.6.1)."""
PackagingName = NewType("PackagingName", str)
"""What the packages of a distribution are: ``deb``."""
DEB = PackagingName("deb")
"""Debian's, which a flavor has where the release does not say otherwise."""
REDISTRIBUTE = "Qlumod-Redistribute"
"""The field of packages that must not be given to everybody: ``no``."""

LONGEST = 100
"""The maximum length of a name that is part of file names, which may have 255 bytes."""

Digest = NewType("Digest", str)
"""A SHA-256 digest: 64 lower-case hexadecimal digits."""

_MODULE = re.compile(r"[a-z0-9][a-z0-9+.-]*\Z")
_WORD = re.compile(r"[a-z][a-z0-9]*\Z")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+\Z")
_UNIT = re.compile(
    r"[A-Za-z0-9:_.@-]+\.(service|socket|target|timer|path|mount|automount|swap|slice)\Z"
)
_PACKAGE_VERSION = re.compile(r"([0-9]+:)?[0-9][A-Za-z0-9.+~-]*\Z")
_KERNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]*\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\Z")


def require_short(text: str, what: str) -> None:
    """Raise if a name is too long to be part of a file name; `what` says what it names."""
    if len(text) > LONGEST:
        raise QlumodError(
            f"{text[:40]!r}… is no {what} name: it has more than {LONGEST} characters"
        )


def module_name(text: str) -> ModuleName:
    """Check a module's name; raises `QlumodError`."""
    require_short(text, "module")
    if not _MODULE.match(text) or ".." in text:
        raise QlumodError(
            f"{text!r} is no module name: it holds lower-case letters, digits, '-', '+' and '.', "
            "and begins with a letter or a digit"
        )
    return ModuleName(text)


def flavor_name(text: str) -> FlavorName:
    """Check a flavor's name; raises `QlumodError`."""
    if not _WORD.match(text):
        raise QlumodError(f"{text!r} is no flavor: it is a code name such as 'bookworm'")
    return FlavorName(text)


def packaging_name(text: str) -> PackagingName:
    """Check the name of a packaging; raises `QlumodError`."""
    if not _WORD.match(text):
        raise QlumodError(f"{text!r} is no packaging: it is a name such as 'deb'")
    return PackagingName(text)


def arch_name(text: str) -> ArchName:
    """Check the name of an architecture; raises `QlumodError`."""
    if not _WORD.match(text):
        raise QlumodError(f"{text!r} is no architecture: it is a name such as 'amd64'")
    return ArchName(text)


def package_name(text: str) -> PackageName:
    """Check the name of a binary package; raises `QlumodError`."""
    if not _PACKAGE.match(text):
        raise QlumodError(f"{text!r} is no package name (Debian Policy 5.6.1)")
    return PackageName(text)


def package_version(text: str) -> str:
    """Check the version of a Debian package; raises `QlumodError`."""
    if not _PACKAGE_VERSION.match(text):
        raise QlumodError(f"{text!r} is no version of a package (Debian Policy 5.6.12)")
    return text


def digest(text: str) -> Digest:
    """Check a SHA-256 digest; raises `QlumodError`."""
    if not _DIGEST.match(text):
        raise QlumodError(f"{text!r} is no SHA-256 digest: it has 64 hexadecimal digits")
    return Digest(text)


def kernel_release(text: str) -> str:
    """Check a kernel release; raises `QlumodError`."""
    if not _KERNEL.match(text):
        raise QlumodError(f"{text!r} is no kernel release, as uname -r prints it")
    return text


def unit_name(text: str) -> str:
    """Check the name of a systemd unit; raises `QlumodError`."""
    if not _UNIT.match(text):
        raise QlumodError(f"{text!r} is no systemd unit: it has a name such as 'slurmd.service'")
    return text


@dataclass(frozen=True, slots=True, order=True)
class ReleaseVersion:
    """The concrete version ``x.y.z`` of a release."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``14.0.0``; raises `QlumodError`."""
        found = _VERSION.match(text)
        if not found:
            raise QlumodError(f"{text!r} is no release version: it has the form x.y.z")
        return cls(*(number(part) for part in found.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def meta(self) -> tuple[str, str]:
        """The meta-versions that follow this one: ``("14.0", "14")``."""
        return f"{self.major}.{self.minor}", str(self.major)


def suite_name(version: ReleaseVersion, flavor: FlavorName) -> str:
    """Name the suite that a release is published in: ``14.0-bookworm``."""
    return f"{version.meta[0]}-{flavor}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulePackage:
    """The parts of a payload's package name, ``qlustar-module-slurm-bookworm-amd64-14.0.0``.

    `version` is a concrete ``x.y.z`` or a meta-version ``x.y`` or ``x``.
    """

    prefix: str
    module: ModuleName
    flavor: FlavorName
    arch: ArchName
    version: str

    def __str__(self) -> str:
        return f"{self.prefix}-module-{self.module}-{self.flavor}-{self.arch}-{self.version}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Split a name from the right, since module names contain hyphens, digits and dots."""
        head, *tail = text.rsplit("-", 3)
        prefix, found, module = head.partition("-module-")
        if not found or len(tail) != 3:
            raise QlumodError(f"{text!r} is no name of a module package")
        flavor, arch, version = tail
        if not re.fullmatch(r"[0-9]+(\.[0-9]+){0,2}", version):
            raise QlumodError(f"{text!r} is no name of a module package: {version!r} is no version")
        return cls(
            prefix=prefix,
            module=module_name(module),
            flavor=flavor_name(flavor),
            arch=arch_name(arch),
            version=version,
        )


def short_package(prefix: str, module: ModuleName) -> str:
    """Name the short package that users type: ``qlustar-module-slurm``."""
    return f"{prefix}-module-{module}"
