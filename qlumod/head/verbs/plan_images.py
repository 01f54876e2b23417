"""What builds of images would do, and the state of all images: nothing is written or locked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qlumod.errors import QlumodError
from qlumod.head.build_runs import is_running, read_run, unit_of
from qlumod.head.definitions import defined_images, read_definition
from qlumod.head.generations import STAGING, generation_path, generations
from qlumod.head.image_survey import ImageSurvey, survey_image
from qlumod.head.image_users import users_of
from qlumod.head.places import Places
from qlumod.head.registrar import read_registry
from qlumod.head.verbs.define_images import NewImage, image_of
from qlumod.head.verbs.show_images import ShownImage, with_generations
from qlumod.model.build_run import BuildRun
from qlumod.model.image import ImageName
from qlumod.model.names import ArchName, FlavorName, ModuleName
from qlumod.model.registry import Registered, Registry
from qlumod.system.disk.locking import holder_of

UNNAMED = ImageName("unnamed")
"""The name of an image that is planned without a definition."""
_ROUNDING = 2
"""The seconds that whole seconds, of the beginning and the duration of a run, may lack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageWish:
    """What is to be planned: an image, with other modules or another version; None: as it is."""

    name: ImageName | None = None
    """None: an image that is not defined."""
    modules: Sequence[ModuleName] | None = None
    version: str | None = None
    flavor: FlavorName | None = None
    architecture: ArchName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """A build that runs now."""

    since: int
    """Seconds since 1970, UTC."""
    holder: str
    """The process that builds, such as ``process 12 on head``."""
    unit: str | None
    """The unit of systemd that it is part of; None: none that is known."""
    events: str | None
    """The path of its events as lines of JSON; None: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastBuild:
    """The newest run that built, or should have built, an image."""

    events: str
    """The path of its events as lines of JSON."""
    run: BuildRun


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageState:
    """An image as `overview` tells of it."""

    name: ImageName
    shown: ShownImage | None
    """None: its definition or a generation cannot be read."""
    survey: ImageSurvey | None
    building: Building | None
    last_build: LastBuild | None
    """The newest run whose events are kept, if it has ended."""
    fault: QlumodError | None

    @property
    def state(self) -> str:
        """``broken``, ``building``, ``never-built``, ``would-change`` or ``up-to-date``."""
        if self.building:
            return "building"
        if self.fault or self.survey is None or self.survey.problems or self.shown is None:
            return "broken"
        if not self.shown.generation:
            return "never-built"
        return "would-change" if self.survey.changes else "up-to-date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All modules and images of a head node."""

    registry: Registry
    images: tuple[ImageState, ...]

    def users_of(self, entry: Registered) -> tuple[ImageName, ...]:
        """The images that may be built from a module, by their definitions."""
        return users_of(entry, (one.shown.image for one in self.images if one.shown))


def plan_image(places: Places, wish: ImageWish) -> ImageSurvey:
    """What a build would do, of an image as it is or as it could be; raises `QlumodError`."""
    registry = read_registry(places)
    if wish.name is None:
        new = NewImage(
            name=UNNAMED,
            modules=wish.modules or (),
            version=wish.version,
            flavor=wish.flavor,
            architecture=wish.architecture,
        )
        return survey_image(places, image_of(new, registry), registry)
    image = read_definition(places, wish.name)
    changed = replace(
        image,
        modules=image.modules if wish.modules is None else tuple(sorted(set(wish.modules))),
        version=wish.version or image.version,
        flavor=wish.flavor or image.flavor,
        architecture=wish.architecture or image.architecture,
    )
    return survey_image(places, changed, registry)


def overview(places: Places) -> Overview:
    """The modules, and the images with their states; one broken image does not hide the others."""
    registry = read_registry(places) if places.registry.exists() else ()
    holder = holder_of(places.lock)
    return Overview(
        registry=registry,
        images=tuple(_state(places, name, registry, holder) for name in defined_images(places)),
    )


def _state(places: Places, name: ImageName, registry: Registry, holder: str | None) -> ImageState:
    run = read_run(places, name)
    building = _building(places, name, holder, run)
    last_build = _last_build(places, name, run)
    try:
        image = read_definition(places, name)
        return ImageState(
            name=name,
            shown=with_generations(places, image),
            survey=survey_image(places, image, registry),
            building=building,
            last_build=last_build,
            fault=None,
        )
    except QlumodError as fault:
        return ImageState(
            name=name,
            shown=None,
            survey=None,
            building=building,
            last_build=last_build,
            fault=fault,
        )


def _last_build(places: Places, name: ImageName, run: BuildRun | None) -> LastBuild | None:
    if run is None or is_running(run) or _was_built_since(places, name, run):
        return None
    return LastBuild(events=places.payload(places.events(name)), run=run)


def _was_built_since(places: Places, name: ImageName, run: BuildRun) -> bool:
    """Whether the newest generation comes from a later run, whose events are not there."""
    names = generations(places, name)
    if not names:
        return False
    made = generation_path(places, name, names[-1]).stat().st_mtime
    return made > (run.ended or run.began) + _ROUNDING


def _building(
    places: Places, name: ImageName, holder: str | None, run: BuildRun | None
) -> Building | None:
    """The build of an image: it holds the lock, and its new generation is not complete yet."""
    if holder is None:
        return None
    try:
        status = (places.built / name / STAGING).stat()
    except OSError:
        return None
    return Building(
        since=int(status.st_mtime),
        holder=holder,
        unit=unit_of(holder),
        events=places.payload(places.events(name)) if run and run.process == holder else None,
    )
