"""Deploying generations of images, going back, pinning, and removing what is not needed."""

from collections.abc import Sequence
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.head.definitions import defined_images, read_definition
from qlumod.head.deployment import (
    deploy_generation,
    forget_unused,
    require_generation,
    require_intact,
    unused_generations,
)
from qlumod.head.generations import generations, never_built, point_deployed, read_deployed
from qlumod.head.image_history import event, read_history, record
from qlumod.head.places import Places
from qlumod.head.registrar import held
from qlumod.model.history import Done, History, deployed_before, pinned
from qlumod.model.image import ImageName


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The result of a deployment."""

    image: ImageName
    generation: str
    """The generation that nodes get from now on, or would get."""
    before: str | None
    """The generation that they got until now; None: none."""
    done: bool
    """False for a dry run, and if it was deployed already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageHistory:
    """The history of an image, and what is true now."""

    image: ImageName
    events: History
    """Oldest first."""
    generations: tuple[str, ...]
    """The generations that are still there, oldest first."""
    deployed: str | None
    pinned: frozenset[str]


def deploy_image(
    places: Places,
    name: ImageName,
    generation: str | None,
    *,
    reason: str,
    dry_run: bool,
    listen: Listener,
) -> Deployment:
    """Deploy a generation of an image (None: the newest one when this is called)."""
    chosen = generation or _generations(places, name)[-1]
    with held(places, listen):
        _generations(places, name)
        return _deploy(places, name, chosen, reason=reason, dry_run=dry_run, listen=listen)


def roll_back_image(
    places: Places, name: ImageName, *, reason: str, dry_run: bool, listen: Listener
) -> Deployment:
    """Deploy again what was deployed before.

    Refuses if somebody else has deployed a generation while this waited for the lock.
    """
    seen = read_deployed(places, name)
    with held(places, listen):
        there, now = _generations(places, name), read_deployed(places, name)
        if now != seen:
            raise QlumodError(
                f"image {name}: generation {now} was deployed meanwhile, in the place of {seen}",
                remedy=f"see by whom: qlumod image history {name}",
                code="deployed-changed",
            )
        if now is None:
            raise QlumodError(
                f"image {name}: no generation is deployed, so there is none to go back to",
                remedy=f"deploy one: qlumod image deploy {name}",
            )
        earlier = deployed_before(read_history(places, name), there, now)
        if earlier is None:
            raise QlumodError(
                f"image {name}: there is no generation to go back to from generation {now}",
                details=[f"the generations are {', '.join(there)}"],
                remedy=f"choose one: qlumod image deploy {name} GENERATION",
            )
        return _deploy(places, name, earlier, reason=reason, dry_run=dry_run, listen=listen)


def pin_image(
    places: Places,
    name: ImageName,
    generation: str,
    *,
    release: bool,
    reason: str,
    listen: Listener,
) -> None:
    """Keep a generation until it is released; `release` releases it."""
    with held(places, listen):
        _generations(places, name)
        require_generation(places, name, generation)
        is_pinned = generation in pinned(read_history(places, name))
        if is_pinned == release:
            done = Done.UNPINNED if release else Done.PINNED
            record(places, name, event(done, generation, reason), listen=listen)


def image_history(places: Places, name: ImageName) -> ImageHistory:
    """The history of an image; raises `QlumodError`."""
    read_definition(places, name)
    events = read_history(places, name)
    return ImageHistory(
        image=name,
        events=events,
        generations=generations(places, name),
        deployed=read_deployed(places, name),
        pinned=pinned(events),
    )


def collect_generations(
    places: Places, names: Sequence[ImageName], *, keep: int, dry_run: bool, listen: Listener
) -> dict[ImageName, tuple[str, ...]]:
    """Remove the generations that may go, of the named images (none: of all); returns them."""
    with held(places, listen):
        removed: dict[ImageName, tuple[str, ...]] = {}
        for name in names or defined_images(places):
            _generations(places, name) if names else ()
            removed[name] = (
                unused_generations(places, name, keep=keep, listen=listen)
                if dry_run
                else forget_unused(places, name, keep=keep, listen=listen)
            )
    return removed


def _generations(places: Places, name: ImageName) -> tuple[str, ...]:
    """The generations of an image that is defined and was built."""
    read_definition(places, name)
    there = generations(places, name)
    if not there:
        raise never_built(name)
    return there


def _deploy(
    places: Places,
    name: ImageName,
    generation: str,
    *,
    reason: str,
    dry_run: bool,
    listen: Listener,
) -> Deployment:
    require_intact(places, name, generation)
    before = read_deployed(places, name)
    done = not dry_run and before != generation
    if not dry_run and not done:
        # Links as of earlier versions, or of a run that was killed.
        point_deployed(places, name, generation)
    if done:
        deploy_generation(places, name, generation, reason=reason, listen=listen)
    return Deployment(image=name, generation=generation, before=before, done=done)
