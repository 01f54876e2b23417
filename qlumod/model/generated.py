"""Generated packages: packages of compiled kernel modules, which are in no archive."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from qlumod.errors import QlumodError
from qlumod.model.build_option import option_text
from qlumod.model.fields import Fields
from qlumod.model.names import PackageName, kernel_release, package_name, package_version

ARCHIVE: Final = "generated"
"""The archive's name of a generated package, in locks and contents."""
RECIPE: Final = 2
"""The number of the way in which modules are compiled and packaged; it changes with their bytes."""

_DKMS = "-dkms"
_ENDS = ("-kernel", "-modules", "-module")
_SOURCES = re.compile(r"(\S+) \(= (\S+)\)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """The sources and the fields of a generated package; relations in Debian's syntax."""

    sources: PackageName
    """The package of dkms sources from which it is compiled, and which it replaces."""
    sources_version: str
    kernel: str
    """The kernel's release (uname -r)."""
    depends: tuple[str, ...] = ()
    build_depends: tuple[str, ...] = ()
    """The dependencies of the sources' package that only the build has, and no node."""
    provides: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    """With the sources' Breaks."""
    options: tuple[str, ...] = ()
    """The variables and options with which it is compiled (`qlumod.model.build_option`)."""

    def fields(self) -> Iterator[tuple[str, str | tuple[str, ...]]]:
        """The fields of the lock's stanza, in their order."""
        yield "Compiled-From", f"{self.sources} (= {self.sources_version})"
        yield "Kernel", self.kernel
        yield "Depends", ", ".join(self.depends)
        yield "Build-Depends", ", ".join(self.build_depends)
        yield "Provides", ", ".join(self.provides)
        yield "Conflicts", ", ".join(self.conflicts)
        if self.options:
            yield "Build-Options", self.options


def generated_name(sources: str, kernel: str) -> PackageName:
    """The name of the package that modules become: ``nvidia-kernel-dkms``: ``nvidia-kernel-6.1…``.

    It is the name that Debian and vendors give to modules compiled beforehand.
    """
    stem = sources.removesuffix(_DKMS)
    return package_name(f"{stem}-{kernel}" if stem.endswith(_ENDS) else f"{stem}-kernel-{kernel}")


def generated_version(sources: str, kernel: str) -> str:
    """The version of such a package, from those of sources and kernel (as module-assistant's)."""
    return f"{sources}+{kernel.rpartition(':')[2]}"


def parse_generated(fields: Fields) -> Generated | None:
    """Read a generated package from a stanza of the lock; None if it is not generated."""
    if not fields.has("Compiled-From"):
        return None
    name, version = fields.need("Compiled-From", _compiled_from, (PackageName(""), ""))
    return Generated(
        sources=name,
        sources_version=version,
        kernel=fields.need("Kernel", kernel_release, ""),
        depends=_relations(fields, "Depends"),
        build_depends=_relations(fields, "Build-Depends"),
        provides=_relations(fields, "Provides"),
        conflicts=_relations(fields, "Conflicts"),
        options=fields.rows("Build-Options", option_text) if fields.has("Build-Options") else (),
    )


def split_relations(text: str) -> tuple[str, ...]:
    """The relations of a dependency field, alternatives together."""
    return tuple(" ".join(part.split()) for part in text.split(",") if part.strip())


def _relations(fields: Fields, name: str) -> tuple[str, ...]:
    return fields.commas(name, str) if fields.has(name) else ()


def _compiled_from(text: str) -> tuple[PackageName, str]:
    found = _SOURCES.match(text)
    if not found:
        raise QlumodError(f"{text!r} is no package with its version: 'name (= version)'")
    return package_name(found[1]), package_version(found[2])
