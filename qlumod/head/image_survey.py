"""What building an image would do, and all that speaks against it: nothing is written or locked."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError, singles
from qlumod.head.choose import ModuleChoice, absences, choose, misfits, nearest
from qlumod.head.generations import generation_path, read_newest
from qlumod.head.image_build import is_complete, is_current
from qlumod.head.image_plan import ImagePart, ImagePlan, part_of, plan_of
from qlumod.head.places import Places
from qlumod.head.site import SECRETS
from qlumod.model.image import COMMON, Image, Stack
from qlumod.model.image_problem import ImageProblem, ProblemKind
from qlumod.model.registry import Registered, Registry
from qlumod.model.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSurvey:
    """What a build of an image would do."""

    image: Image
    modules: tuple[ImagePart, ...]
    """Those that are there, of the version that would be chosen."""
    passed_over: tuple[str, ...]
    """Why newer versions cannot be used."""
    problems: tuple[ImageProblem, ...]
    plan: ImagePlan | None
    """None: there are problems, or the caller may not read the secrets."""
    changes: tuple[str, ...]
    """How it differs from the newest generation: a line each. Empty: it is up to date."""
    missing: tuple[Secret, ...] | None
    """The secrets that the site must still supply; None: the caller may not read them."""

    @property
    def kernel(self) -> str:
        """The kernel release of core; empty: there is none."""
        return next((one.manifest.kernel for one in self.modules if one.manifest.kernel), "")


def survey_image(places: Places, image: Image, registry: Registry) -> ImageSurvey:
    """Look at all inputs of an image as the registry has them."""
    problems: list[ImageProblem] = []
    choice = _choice(image, registry)
    if choice is None:
        problems += absences(image, registry)
    entries = choice.modules if choice else tuple(nearest(image, registry)[1].values())
    modules = tuple(_parts(places, entries, problems))
    problems += misfits(one.manifest for one in modules)
    plan = None
    readable = _may_read_secrets(places, image)
    if choice and not problems:
        try:
            plan = plan_of(places, image, choice, modules, secrets=readable)
        except QlumodError as fault:
            problems += [_problem(ProblemKind.SITE_FILES, single) for single in singles(fault)]
    return ImageSurvey(
        image=image,
        modules=modules,
        passed_over=choice.passed_over if choice else (),
        problems=tuple(problems),
        plan=plan,
        changes=() if plan is None else tuple(_changes(places, plan, secrets=readable)),
        missing=plan.missing if plan and readable else None,
    )


def _choice(image: Image, registry: Registry) -> ModuleChoice | None:
    try:
        return choose(image, registry)
    except QlumodError:
        return None


def _parts(
    places: Places, entries: Sequence[Registered], problems: list[ImageProblem]
) -> Iterator[ImagePart]:
    for entry in entries:
        try:
            yield part_of(places, entry)
        except QlumodError as fault:
            # A damaged module is a problem already.
            if entry.usable:
                problems.append(_problem(ProblemKind.DAMAGED, fault))


def _problem(kind: ProblemKind, fault: QlumodError) -> ImageProblem:
    return ImageProblem(kind=kind, text=fault.brief, remedy=fault.remedy)


def _changes(places: Places, plan: ImagePlan, *, secrets: bool) -> Iterator[str]:
    """A line for each difference from the newest generation."""
    newest = read_newest(places, plan.image.name)
    if newest is None:
        yield "it was never built"
        return
    generation, stack = newest
    of_modules = tuple(_module_changes(plan, stack))
    yield from of_modules
    directory = generation_path(places, plan.image.name, generation)
    if not is_complete(directory, stack):
        yield f"generation {generation} is damaged"
    elif stack.inputs != plan.inputs and not of_modules:
        yield "the definition, the site's files or qlumod have changed"
    elif secrets and stack.inputs == plan.inputs and not is_current(places, plan):
        yield "the site's secrets have changed"


def _module_changes(plan: ImagePlan, stack: Stack) -> Iterator[str]:
    before = {one.module: one.full_version for one in stack.modules}
    now = {part.manifest.module: part.in_stack.full_version for part in plan.parts}
    for module in sorted(before.keys() | now.keys()):
        if module not in now:
            yield f"module {module} is removed"
        elif module not in before:
            yield f"module {module} is added"
        elif before[module] != now[module]:
            yield f"module {module}: {before[module]} → {now[module]}"


def _may_read_secrets(places: Places, image: Image) -> bool:
    places_of_secrets = (places.images / owner / SECRETS for owner in (COMMON, image.name))
    return all(_may_read(place) for place in places_of_secrets)


def _may_read(place: Path) -> bool:
    return not place.exists() or os.access(place, os.R_OK | os.X_OK)
