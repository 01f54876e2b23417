"""Building the images of a head node."""

from collections.abc import Sequence
from dataclasses import dataclass

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Caution, Listener, Notice, step
from qlumod.head.definitions import defined_images, read_definition
from qlumod.head.image_build import build_image, is_current
from qlumod.head.image_plan import ImagePlan, make_plan
from qlumod.head.places import Places
from qlumod.head.registrar import held, scan_modules, tell
from qlumod.head.retention import keep_fixed
from qlumod.model.image import ImageName
from qlumod.model.secret import Secret
from qlumod.system.processes.namespace import require


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """The result of `build_images` for one image."""

    image: ImageName
    generation: str
    """Empty if nothing was built, since the image was up to date or for a dry run."""
    outdated: bool
    plan: ImagePlan
    missing: tuple[Secret, ...]


def build_images(
    places: Places,
    names: Sequence[ImageName],
    *,
    force: bool,
    dry_run: bool,
    listen: Listener,
) -> tuple[BuiltImage, ...]:
    """Build the images (without names, all) whose current generation is out of date.

    A fault of one image does not prevent the build of others: all faults are raised at the end.
    """
    built: list[BuiltImage] = []
    faults: list[QlumodError] = []
    with held(places, listen):
        registry, changes = scan_modules(places, thorough=False, listen=listen)
        keep_fixed(places, listen)
        for name in names or defined_images(places):
            try:
                plan = make_plan(places, read_definition(places, name), registry)
                built.append(_build(places, plan, force=force, dry_run=dry_run, listen=listen))
            except QlumodError as fault:
                faults.append(fault)
    tell(places, changes, listen)
    raise_faults(faults)
    return tuple(built)


def _build(
    places: Places, plan: ImagePlan, *, force: bool, dry_run: bool, listen: Listener
) -> BuiltImage:
    name = plan.image.name
    for reason in plan.choice.passed_over:
        listen(Caution(text=f"image {name}: a newer version is passed over: {reason}"))
    _caution_about_secrets(plan, listen)
    outdated = force or not is_current(places, plan)
    generation = ""
    if outdated and not dry_run:
        require()
        with step(listen, f"building image {name}"):
            generation = build_image(places, plan, listen)
    elif not outdated:
        listen(Notice(text=f"image {name}: up to date"))
    return BuiltImage(
        image=name, generation=generation, outdated=outdated, plan=plan, missing=plan.missing
    )


def _caution_about_secrets(plan: ImagePlan, listen: Listener) -> None:
    for file in plan.unlisted:
        listen(
            Caution(
                text=f"{file.source} stays here: no module of the image lists {file.path} among "
                "its secrets, and a node takes no others"
            )
        )
