"""Choosing the version of the modules of an image, and checking that they are compatible."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.image import CORE, Image
from qlumod.model.image_problem import ImageProblem, Mend, ProblemKind
from qlumod.model.manifest import INITRD, KERNEL, Manifest
from qlumod.model.names import ModuleName, ReleaseVersion
from qlumod.model.registry import Registered, Registry
from qlumod.model.stacks import gaps
from qlumod.stack.kernel import for_another_kernel

_NUMBERS = re.compile(r"[0-9][0-9.]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleChoice:
    """The modules from which an image is built, all of one version; core first, then by name."""

    version: ReleaseVersion
    modules: tuple[Registered, ...]
    passed_over: tuple[str, ...]
    """The reasons why newer versions that the image also follows cannot be used."""


def choose(image: Image, registry: Registry) -> ModuleChoice:
    """Choose the newest version that the image follows and whose modules are all undamaged."""
    offered = {
        (entry.module, entry.version): entry
        for entry in registry
        if entry.flavor == image.flavor and entry.architecture == image.architecture
    }
    versions = sorted({v for _, v in offered if image.follows(v)}, reverse=True)
    passed_over: list[str] = []
    for version in versions:
        lacking = [
            reason
            for module in image.wanted
            if (reason := _lacking(module, version, offered.get((module, version))))
        ]
        if not lacking:
            return ModuleChoice(
                version=version,
                modules=tuple(offered[module, version] for module in image.wanted),
                passed_over=tuple(passed_over),
            )
        passed_over += lacking
    raise _no_version(image, passed_over, registry)


def _lacking(module: ModuleName, version: ReleaseVersion, found: Registered | None) -> str:
    if found is None:
        return f"{module} {version} is not there"
    return "" if found.usable else f"{module} {version} is damaged: {found.problem}"


def _no_version(image: Image, reasons: Sequence[str], registry: Registry) -> QlumodError:
    return QlumodError(
        f"image {image.name}: no version {image.version} ({image.flavor}, {image.architecture}) "
        "has all its modules",
        details=reasons or tuple(_elsewhere(image, registry)),
        remedy="install the packages of the missing modules, or change the image's Version, "
        f"Flavor or Modules in /etc/qlumod/images/{image.name}.image",
    )


def _elsewhere(image: Image, registry: Registry) -> Iterator[str]:
    """A line per module with its other registered versions, flavors and architectures."""
    for module in image.wanted:
        others = [entry for entry in registry if entry.module == module]
        labels = ", ".join(
            f"{entry.version} ({entry.flavor}, {entry.architecture})" for entry in others
        )
        yield f"{module}: there is {labels}" if labels else f"{module} is not there at all"


def check_choice(image: Image, manifests: Iterable[Manifest]) -> None:
    """Check that the modules are compatible; raises all faults together."""
    raise_faults(
        QlumodError(f"image {image.name}: {problem.text}", remedy=problem.remedy, code=problem.kind)
        for problem in misfits(manifests)
    )


def misfits(manifests: Iterable[Manifest]) -> tuple[ImageProblem, ...]:
    """The reasons why modules cannot be in one image: requirements, exclusions, kernels."""
    found = tuple(manifests)
    return (*_gaps(found), *_conflicts(found), *_kernels(found))


def absences(image: Image, registry: Registry) -> tuple[ImageProblem, ...]:
    """A problem for each module that no version has which the image follows, or is damaged there.

    It is about the version that has most of the modules, of these the newest.
    """
    version, offered = nearest(image, registry)
    return tuple(
        _absence(image, module, version, offered.get(module), registry)
        for module in image.wanted
        if module not in offered or not offered[module].usable
    )


def nearest(
    image: Image, registry: Registry
) -> tuple[ReleaseVersion | None, dict[ModuleName, Registered]]:
    """The followed version with most of the image's modules, and those modules; else None."""
    by_version: dict[ReleaseVersion, dict[ModuleName, Registered]] = {}
    for entry in registry:
        same = entry.flavor == image.flavor and entry.architecture == image.architecture
        if same and entry.module in image.wanted and image.follows(entry.version):
            by_version.setdefault(entry.version, {})[entry.module] = entry
    if not by_version:
        return None, {}
    best = max(by_version, key=lambda version: (_usable(by_version[version]), version))
    return best, by_version[best]


def _usable(offered: Mapping[ModuleName, Registered]) -> int:
    return sum(entry.usable for entry in offered.values())


def _absence(
    image: Image,
    module: ModuleName,
    version: ReleaseVersion | None,
    found: Registered | None,
    registry: Registry,
) -> ImageProblem:
    if found is not None:
        return ImageProblem(
            kind=ProblemKind.DAMAGED,
            text=f"module {module} {found.version} is damaged: {found.problem}",
            remedy="install its package again, then: qlumod register",
            module=module,
            mend=Mend(install=(module,)),
        )
    followed = version or image.version
    heirs = _successors(image, module, version, registry)
    others = sorted(
        {
            entry.version
            for entry in registry
            if (entry.module, entry.flavor, entry.architecture)
            == (module, image.flavor, image.architecture)
        }
    )
    there = f"; there is {', '.join(map(str, others))}" if others else ""
    instead = f"; {' or '.join(heirs)} may be its successor" if heirs else ""
    return ImageProblem(
        kind=ProblemKind.NOT_THERE,
        text=f"module {module} {followed} is not there{there}{instead}",
        remedy=f"install its package, or take {module} out of the image's modules"
        + (f" and add {heirs[0]}" if heirs else ""),
        module=module,
        mend=Mend(
            add=heirs[:1],
            install=(module,),
            remove=(module,),
            version=others[-1].meta[0] if others else "",
        ),
    )


def _successors(
    image: Image, module: ModuleName, version: ReleaseVersion | None, registry: Registry
) -> tuple[ModuleName, ...]:
    """The modules of a version that differ from a vanished one in numbers only: ``beegfs-8-client``
    for ``beegfs-7-client``, by their names or titles.
    """
    titles = {_family(entry.title) for entry in registry if entry.module == module and entry.title}
    found = {
        entry.module
        for entry in registry
        if (entry.version, entry.flavor, entry.architecture)
        == (version, image.flavor, image.architecture)
        and entry.module not in image.wanted
        and (_family(entry.module) == _family(module) or _family(entry.title) in titles)
    }
    return tuple(sorted(found))


def _family(name: str) -> str:
    return _NUMBERS.sub("", name)


def _gaps(manifests: Sequence[Manifest]) -> Iterator[ImageProblem]:
    for manifest, required in gaps(manifests):
        yield ImageProblem(
            kind=ProblemKind.MISSING_REQUIREMENT,
            text=f"module {manifest.module} requires module {required}, which is not chosen",
            remedy=f"qlumod image edit IMAGE --add {required}, or --with-required in its place, "
            "which adds all that is missing",
            module=manifest.module,
            other=required,
            mend=Mend(add=(required,), remove=(manifest.module,)),
        )


def _conflicts(manifests: Sequence[Manifest]) -> Iterator[ImageProblem]:
    for one, other in combinations(manifests, 2):
        if other.module in one.conflicts or one.module in other.conflicts:
            siblings = one.variant_of and one.variant_of == other.variant_of
            why = f": they are variants of {one.variant_of}" if siblings else ""
            yield ImageProblem(
                kind=ProblemKind.VARIANTS if siblings else ProblemKind.CONFLICT,
                text=f"modules {one.module} and {other.module} exclude each other{why}",
                remedy="take one of them out of the image's modules",
                module=one.module,
                other=other.module,
                mend=Mend(remove=(one.module, other.module)),
            )


def _kernels(manifests: Sequence[Manifest]) -> Iterator[ImageProblem]:
    core = next((manifest for manifest in manifests if manifest.module == CORE), None)
    if core is None:
        return
    if not core.kernel or core.file(KERNEL) is None or core.file(INITRD) is None:
        yield ImageProblem(
            kind=ProblemKind.NO_KERNEL,
            text="module core brings no kernel and initrd",
            remedy="install a core that does",
            module=CORE,
            mend=Mend(install=(CORE,)),
        )
        return
    for manifest in for_another_kernel(manifests, core.kernel):
        yield ImageProblem(
            kind=ProblemKind.KERNEL,
            text=f"module {manifest.module} is made for kernel {manifest.kernel}, "
            f"core brings {core.kernel}",
            remedy=f"install a {manifest.module} that was built over this core",
            module=manifest.module,
            mend=Mend(install=(manifest.module,)),
        )
