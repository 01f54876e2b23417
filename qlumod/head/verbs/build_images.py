"""Building the images of a head node."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener, Notice, about_image, step
from qlumod.head.definitions import defined_images, read_definition
from qlumod.head.deployment import deploy_generation, forget_unused
from qlumod.head.generations import generations, read_deployed
from qlumod.head.image_build import build_image, is_current
from qlumod.head.image_history import read_history
from qlumod.head.image_plan import ImagePlan, make_plan
from qlumod.head.places import Places
from qlumod.head.registrar import held, note_links, scan_modules, tell
from qlumod.head.retention import keep_fixed
from qlumod.model.history import Done
from qlumod.model.image import Deploy, ImageName
from qlumod.model.names import Digest
from qlumod.model.secret import Secret
from qlumod.system.processes.namespace import require


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOrder:
    """How images are to be built."""

    force: bool = False
    """Build images that are up to date, too."""
    dry_run: bool = False
    reason: str = ""
    """Why they are built, for the history."""
    inputs: Digest | None = None
    """Build only if these are the inputs, as a plan has shown them; None: whatever they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """The result for one image."""

    image: ImageName
    generation: str
    """Empty if nothing was built, since the image was up to date or for a dry run."""
    outdated: bool
    deployed: str | None
    """The generation that nodes get; None: none was deployed."""
    plan: ImagePlan
    missing: tuple[Secret, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The results of `build_images`: a fault of one image does not prevent the build of others."""

    images: tuple[BuiltImage, ...]
    faults: dict[ImageName, QlumodError] = field(default_factory=dict)
    """The error of each image that could not be built."""


def build_images(
    places: Places, names: Sequence[ImageName], order: BuildOrder, *, listen: Listener
) -> Built:
    """Build the images (without names, all) whose newest generation is out of date.

    Nodes get a new generation when it is deployed; at once if the image's definition says so.
    """
    built: list[BuiltImage] = []
    faults: dict[ImageName, QlumodError] = {}
    with held(places, listen):
        registry, changes = scan_modules(places, thorough=False, listen=listen)
        keep_fixed(places, listen)
        for name in names or defined_images(places):
            try:
                plan = make_plan(places, read_definition(places, name), registry)
                built.append(_build(places, plan, order, about_image(listen, name)))
            except QlumodError as fault:
                faults[name] = fault
    tell(places, changes, listen)
    return Built(images=tuple(built), faults=faults)


def _build(places: Places, plan: ImagePlan, order: BuildOrder, listen: Listener) -> BuiltImage:
    name = plan.image.name
    _require_inputs(plan, order.inputs)
    for reason in plan.choice.passed_over:
        listen(Caution(text=f"image {name}: a newer version is passed over: {reason}"))
    _caution_about_secrets(plan, listen)
    outdated = order.force or not is_current(places, plan)
    generation = ""
    if outdated and not order.dry_run:
        require()
        with step(listen, f"building image {name}", id="building-an-image"):
            generation = build_image(places, plan, reason=order.reason, listen=listen)
        note_links(places, (part.payload for part in plan.parts))
        _deploy_by_itself(places, plan, listen)
        forget_unused(places, name, listen=listen)
    elif not outdated:
        listen(Notice(text=f"image {name}: up to date"))
        # A run that was killed may have built it and not deployed it.
        if not order.dry_run:
            _deploy_by_itself(places, plan, listen)
    return BuiltImage(
        image=name,
        generation=generation,
        outdated=outdated,
        deployed=read_deployed(places, name),
        plan=plan,
        missing=plan.missing,
    )


def _deploy_by_itself(places: Places, plan: ImagePlan, listen: Listener) -> None:
    """Deploy the newest generation, if the image says so, and if it never was deployed.

    Who has gone back from it stays there until the next build.
    """
    name = plan.image.name
    if plan.image.deploy is not Deploy.AUTOMATIC:
        return
    newest = generations(places, name)[-1]
    events = read_history(places, name)
    was = {event.generation for event in events if event.done is Done.DEPLOYED}
    if newest != read_deployed(places, name) and newest not in was:
        deploy_generation(places, name, newest, reason="Deploy: automatic", listen=listen)


def _require_inputs(plan: ImagePlan, inputs: Digest | None) -> None:
    if inputs is not None and inputs != plan.inputs:
        raise QlumodError(
            f"image {plan.image.name}: what it would be built from has changed since it was shown: "
            f"the inputs are now {plan.inputs}",
            remedy=f"look again (qlumod image plan {plan.image.name}), and give these inputs",
            code="inputs-changed",
        )


def _caution_about_secrets(plan: ImagePlan, listen: Listener) -> None:
    for file in plan.unlisted:
        listen(
            Caution(
                text=f"{file.source} stays here: no module of the image lists {file.path} among "
                "its secrets, and a node takes no others"
            )
        )
