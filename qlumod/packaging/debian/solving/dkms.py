"""Kernel modules to compile: for which kernel, the generated package, and its dependencies.

Only the solver's own process imports this, as it does `apt_cache`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import apt_pkg

from qlumod.errors import QlumodError
from qlumod.model.generated import Generated, generated_name, generated_version, split_relations
from qlumod.model.names import PackageName
from qlumod.model.stanzas import ControlStanza, normalised
from qlumod.packaging.debian.solving.records import stanza_of
from qlumod.packaging.solving.problem import Request
from qlumod.packaging.solving.solution import Chosen
from qlumod.packaging.solving.world import Kernel, Made

_HEADERS = "linux-headers-"
_LIBRARY = "libc6-dev"
_FAMILIES = (_HEADERS, "linux-kbuild-", "linux-compiler-")
"""The prefixes of the names of packages that belong to one kernel and have its version."""
_IMAGE = re.compile(r"linux-image-([0-9].*?)(-unsigned)?")

Offers = Mapping[str, Collection[str]]
"""The versions of the packages of a stack by name; an unversioned Provides has the version ''."""


_ANY = Kernel(package="linux-image-0", release="0", version="0")
"""A kernel for queries that do not depend on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DkmsPackage:
    """A generated package as apt sees it."""

    name: str
    version: str
    architecture: str
    source: str
    section: str
    how: Generated
    sources: Chosen
    kernel: Kernel

    @property
    def chosen(self) -> Chosen:
        """The package as if it were in an index."""
        fields = {
            "Package": self.name,
            "Version": self.version,
            "Architecture": self.architecture,
            "Source": self.source,
            "Section": self.section,
            "Depends": ", ".join(self.how.depends),
            "Conflicts": ", ".join(self.how.conflicts),
            "Provides": ", ".join(self.how.provides),
        }
        stanza = "".join(f"{name}: {text}\n" for name, text in fields.items() if text)
        return Chosen(package=self.name, version=self.version, record=stanza, index="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dkms:
    """How sources for dkms are compiled, for one architecture."""

    architecture: str

    def kernel_of(self, stack: Iterable[Chosen], place: str) -> Kernel:
        """The only kernel among the packages of the modules below; `place` is for errors."""
        found = [
            Kernel(package=chosen.package, release=image[1], version=chosen.version)
            for chosen in stack
            if (image := _IMAGE.fullmatch(chosen.package)) and not image[1].endswith("-dbg")
        ]
        if len(found) != 1:
            raise QlumodError(
                f"{place} has kernel modules, and not one kernel is below it",
                details=[f"there is: {kernel.package}" for kernel in found],
                remedy="a module below asks for one linux-image-…",
            )
        return found[0]

    def tools(self, kernel: Kernel, place: str) -> tuple[Request, ...]:
        """The headers of exactly that kernel, dkms, and the C library's headers.

        Sources that call a ``configure`` compile programs; Debian's gcc only recommends libc6-dev.
        """
        headers = Request(
            name=f"{_HEADERS}{kernel.release}", operator="=", version=kernel.version, place=place
        )
        return headers, Request(name="dkms"), Request(name=_LIBRARY)

    def pins(self, kernel: Kernel) -> dict[str, str]:
        """Packages that belong to the kernel have its version."""
        return {f"{family}*": kernel.version for family in _FAMILIES}

    def without_kernels(self, versions: Mapping[str, str]) -> dict[str, str]:
        """Versions without those of packages that belong to a kernel."""
        return {name: v for name, v in versions.items() if not name.startswith(_FAMILIES)}

    def made_of(
        self, sources: Chosen, kernel: Kernel | None, options: tuple[str, ...] = ()
    ) -> DkmsPackage:
        """The package generated from dkms sources, without dependencies: see `settled`."""
        kernel = kernel or _ANY
        section = normalised(stanza_of(sources))
        source = section.get("Source", sources.package)
        return DkmsPackage(
            name=generated_name(sources.package, kernel.release),
            version=generated_version(sources.version, kernel.version),
            architecture=self.architecture,
            source=source if "(" in source else f"{source} ({sources.version})",
            section=section.get("Section", "kernel"),
            sources=sources,
            kernel=kernel,
            how=Generated(
                sources=PackageName(sources.package),
                sources_version=sources.version,
                kernel=kernel.release,
                build_depends=_relations(section, "Pre-Depends", "Depends"),
                provides=(
                    f"{sources.package} (= {sources.version})",
                    *_relations(section, "Provides"),
                ),
                conflicts=_relations(section, "Conflicts", "Breaks"),
                options=options,
            ),
        )

    def settled(self, made: Iterable[Made], stack: Iterable[Chosen]) -> Iterator[DkmsPackage]:
        """Copy those dependencies of the sources that the node's packages satisfy.

        All others are for compiling, or are missing in the spec; the lock lists them for review.
        """
        offers = _offers(stack)
        for one in made:
            assert isinstance(one, DkmsPackage)
            met = tuple(part for part in one.how.build_depends if _is_met(part, offers))
            unmet = tuple(part for part in one.how.build_depends if part not in met)
            how = replace(one.how, depends=(one.kernel.package, *met), build_depends=unmet)
            yield replace(one, how=how)


def _relations(section: ControlStanza, *fields: str) -> tuple[str, ...]:
    return tuple(part for field in fields for part in split_relations(section.get(field, "")))


def _offers(stack: Iterable[Chosen]) -> Offers:
    offers: dict[str, set[str]] = {}
    for chosen in stack:
        offers.setdefault(chosen.package, set()).add(chosen.version)
        provides = normalised(stanza_of(chosen)).get("Provides")
        for ((name, version, _),) in apt_pkg.parse_depends(provides) if provides else ():
            offers.setdefault(name, set()).add(version)
    return offers


def _is_met(relation: str, offers: Offers) -> bool:
    (alternatives,) = apt_pkg.parse_depends(relation)
    return any(
        not operator or (offered and apt_pkg.check_dep(offered, operator, version))
        for name, version, operator in alternatives
        for offered in offers.get(name, ())
    )
