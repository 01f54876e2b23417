"""Choosing the version of the modules of an image, and checking that they are compatible."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.image import CORE, Image
from qlumod.model.manifest import INITRD, KERNEL, Manifest
from qlumod.model.names import ModuleName, ReleaseVersion
from qlumod.model.registry import Registered, Registry
from qlumod.model.stacks import gaps
from qlumod.stack.kernel import for_another_kernel


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
    found = tuple(manifests)
    raise_faults(
        QlumodError(f"image {image.name}: {what}", remedy=remedy)
        for what, remedy in (*_gaps(image, found), *_conflicts(found), *_kernels(found))
    )


def _gaps(image: Image, manifests: Sequence[Manifest]) -> Iterator[tuple[str, str]]:
    for manifest, required in gaps(manifests):
        yield (
            f"module {manifest.module} requires module {required}, which is not chosen",
            f"qlumod image edit {image.name} --add {required}, or --with-required in its place, "
            "which adds all that is missing",
        )


def _conflicts(manifests: Sequence[Manifest]) -> Iterator[tuple[str, str]]:
    for one, other in combinations(manifests, 2):
        if other.module in one.conflicts or one.module in other.conflicts:
            siblings = one.variant_of and one.variant_of == other.variant_of
            why = f": they are variants of {one.variant_of}" if siblings else ""
            yield (
                f"modules {one.module} and {other.module} exclude each other{why}",
                "take one of them out of the image's modules",
            )


def _kernels(manifests: Sequence[Manifest]) -> Iterator[tuple[str, str]]:
    core = next(manifest for manifest in manifests if manifest.module == CORE)
    if not core.kernel or core.file(KERNEL) is None or core.file(INITRD) is None:
        yield "module core brings no kernel and initrd", "install a core that does"
        return
    for manifest in for_another_kernel(manifests, core.kernel):
        yield (
            f"module {manifest.module} is made for kernel {manifest.kernel}, "
            f"core brings {core.kernel}",
            f"install a {manifest.module} that was built over this core",
        )
