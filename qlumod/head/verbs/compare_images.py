"""What differs between two generations, two images, or a generation and what would be built now."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.head.definitions import read_definition
from qlumod.head.generations import never_built, read_deployed, read_newest
from qlumod.head.image_survey import survey_image
from qlumod.head.places import Places
from qlumod.head.registrar import read_registry
from qlumod.head.stack_side import StackSide, generation_side, plan_side
from qlumod.model.content_changes import PackageChange, package_changes
from qlumod.model.image import ImageName, image_name
from qlumod.model.names import ModuleName
from qlumod.model.stack_lines import StackChanges, StackLines, stack_changes
from qlumod.system.disk.documents import read_document

PLAN, NEWEST, DEPLOYED = "plan", "newest", "deployed"
"""Words for a side beside the number of a generation."""
_UNITS = (b"/usr/lib/systemd/system/", b"/etc/systemd/system/")


@dataclass(frozen=True, slots=True, kw_only=True)
class StackDifference:
    """How the new side differs from the old one."""

    old: StackSide
    new: StackSide
    packages: tuple[PackageChange, ...]
    paths: StackChanges
    units: tuple[str, ...]
    """The services that both have and whose packages differ: a node that runs the old side
    restarts them to run the new one."""
    news: dict[ModuleName, tuple[str, ...]]
    """What the changelogs of the modules say of what is new, where they are installed."""

    @property
    def reboot(self) -> bool:
        """Whether the kernel differs."""
        return self.old.kernel != self.new.kernel

    @property
    def anything(self) -> bool:
        """Whether anything differs."""
        some = self.paths.count or self.packages or self.reboot
        return bool(some or self.old.modules != self.new.modules)

    def module_of(self, change: PackageChange) -> ModuleName:
        """The module that has a package that differs."""
        if change.new is not None:
            return self.new.packages[change.new]
        assert change.old is not None, "one of them is set"
        return self.old.packages[change.old]


def compare_image(
    places: Places, name: ImageName, old: str | None, new: str | None
) -> StackDifference:
    """Compare two sides of an image.

    A side is the number of a generation, `NEWEST`, `DEPLOYED` or `PLAN` (what would be built now);
    ``OTHER/SIDE`` is that of another image. The old one is by default what nodes get, else the
    newest generation; the new one what would be built now. Raises `QlumodError`.
    """
    read_definition(places, name)
    before = _side(places, name, old or _first(places, name))
    after = _side(places, name, new or PLAN)
    # The layer of the image's own does not exist yet in a plan, so it is not compared with it.
    paths = stack_changes(*_comparable(before, after))
    packages = package_changes(before.packages, after.packages)
    return StackDifference(
        old=before,
        new=after,
        packages=packages,
        paths=paths,
        units=tuple(_units(paths, {one.package for one in packages})),
        news=dict(_news(places, before, after)),
    )


def _first(places: Places, name: ImageName) -> str:
    return DEPLOYED if read_deployed(places, name) else NEWEST


def _side(places: Places, name: ImageName, text: str) -> StackSide:
    other, slash, word = text.rpartition("/")
    if slash:
        name = image_name(other)
    if word == PLAN:
        return _planned(places, name)
    if word == DEPLOYED:
        return generation_side(places, name, _deployed(places, name))
    if word == NEWEST:
        newest = read_newest(places, name)
        if newest is None:
            raise never_built(name)
        return generation_side(places, name, newest[0])
    return generation_side(places, name, word)


def _deployed(places: Places, name: ImageName) -> str:
    generation = read_deployed(places, name)
    if generation is None:
        raise QlumodError(
            f"image {name}: no generation is deployed",
            remedy=f"deploy one: qlumod image deploy {name}",
        )
    return generation


def _planned(places: Places, name: ImageName) -> StackSide:
    found = survey_image(places, read_definition(places, name), read_registry(places))
    if found.plan is None:
        raise QlumodError(
            f"image {name} cannot be built, so there is nothing to compare with",
            details=[problem.text for problem in found.problems],
            remedy=f"see: qlumod image plan {name}",
        )
    return plan_side(found.plan)


def _comparable(before: StackSide, after: StackSide) -> tuple[StackLines, StackLines]:
    """The lines of both sides; without those of the image's own layer if one side has none."""
    if before.generation is not None and after.generation is not None:
        return before.lines, after.lines
    return before.module_lines, after.module_lines


def _units(paths: StackChanges, packages: set[str]) -> Iterator[str]:
    changed = packages | paths.packages()
    for path in sorted(paths.new):
        folder, _, name = path.rpartition(b"/")
        if name.endswith(b".service") and f"{folder.decode()}/".encode() in _UNITS:
            line = paths.new[path]
            if path in paths.old and line.split(b"\t", 6)[5].decode("utf-8", "replace") in changed:
                yield name.decode("utf-8", "replace")


def _news(
    places: Places, before: StackSide, after: StackSide
) -> Iterator[tuple[ModuleName, tuple[str, ...]]]:
    """The entries of modules' changelogs that are newer than the old side."""
    for module, version in after.modules.items():
        was = before.modules.get(module)
        release = version.partition(" ")[0]
        found = sorted(places.documents.glob(f"*-module-{module}-*-{release}/{module}.changelog"))
        if was and was != version and found:
            yield module, tuple(_entries(read_document(found[0]), was.rpartition(" ")[2]))


def _entries(text: str, until: str) -> Iterator[str]:
    """The entries of a changelog, newest first, down to that of the package version `until`."""
    for entry in text.rstrip("\n").split("\n\n"):
        if entry.partition(" (")[0].rpartition(" ")[2] == until:
            return
        yield entry
