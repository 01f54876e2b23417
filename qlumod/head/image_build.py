"""Building an image: writing a complete generation, which becomes the newest one."""

import time
from dataclasses import asdict
from pathlib import Path

from qlumod.events import Listener
from qlumod.head.generations import (
    SECRETS,
    STACK,
    commit_generation,
    faults_of_generation,
    generation_path,
    next_generation,
    read_newest,
    staged_generation,
)
from qlumod.head.image_history import event, record
from qlumod.head.image_plan import ImagePart, ImagePlan
from qlumod.head.inside import INITRD as OWN_INITRD
from qlumod.head.inside import OWN_LAYER
from qlumod.head.kept_lists import keep_lists
from qlumod.head.places import Places
from qlumod.head.pool import keep_layer, take
from qlumod.head.site import PASSWORD_ON_NODES, packed
from qlumod.head.site_work import SiteWork
from qlumod.model.digests import digest_bytes
from qlumod.model.document import readable
from qlumod.model.history import Done
from qlumod.model.image import Stack, StackLayer, parse_stack, stack_text
from qlumod.model.manifest import INITRD, KERNEL, LAYER, PayloadFile
from qlumod.packaging.choice import packaging_place
from qlumod.system.disk.files import write_new
from qlumod.system.disk.regular_files import file_sum
from qlumod.system.disk.removal import remove_tree
from qlumod.system.processes.namespace import call_inside


def is_current(places: Places, plan: ImagePlan) -> bool:
    """Whether the newest generation is equal to what would be built now."""
    newest = read_newest(places, plan.image.name)
    if newest is None:
        return False
    generation, stack = newest
    directory = generation_path(places, plan.image.name, generation)
    return (
        stack.inputs == plan.inputs
        and is_complete(directory, stack)
        and file_sum(directory / SECRETS).sha256 == digest_bytes(packed(plan.secret_files))
    )


def is_complete(directory: Path, stack: Stack) -> bool:
    """Whether a generation has all its files, with their sizes."""
    return not any(faults_of_generation(directory, stack))


def build_image(places: Places, plan: ImagePlan, *, reason: str, listen: Listener) -> str:
    """Write a new generation; needs the lock. Returns its name.

    Nodes do not get it before it is deployed.
    """
    name, began = plan.image.name, time.monotonic()
    with staged_generation(places, name) as staging:
        layers = tuple(keep_layer(places, *_source(part, LAYER)) for part in plan.parts)
        own = _write_own_layer(plan, layers, staging, listen)
        stack = Stack(
            image=name,
            version=plan.choice.version,
            flavor=plan.image.flavor,
            architecture=plan.image.architecture,
            epoch=plan.epoch,
            inputs=plan.inputs,
            kernel_release=plan.core.manifest.kernel,
            kernel=_take(plan.core, KERNEL, staging),
            initrd=_initrd(plan, staging),
            modules=tuple(part.in_stack for part in plan.parts),
            layers=(*(_stack_layer(part) for part in plan.parts), own),
            secrets=plan.secrets,
            public=plan.public,
            kernel_arguments=plan.image.kernel_arguments,
        )
        write_new(staging / STACK, readable(stack_text(stack), STACK, parse_stack))
        keep_lists(plan.parts, staging)
        write_new(staging / SECRETS, packed(plan.secret_files), mode=0o600)
        generation = next_generation(places, name)
        built = event(
            Done.BUILT,
            generation,
            reason,
            seconds=round(time.monotonic() - began),
            inputs=plan.inputs,
        )
        record(places, name, built, listen=listen)
        commit_generation(places, name, staging, generation)
    return generation


def _secrets_list(plan: ImagePlan) -> list[str]:
    """The lines of the list of secrets that a node accepts."""
    password = [f"{PASSWORD_ON_NODES} root"] if plan.root_password else []
    return [*map(str, plan.secrets), *password]


def _source(part: ImagePart, path: str) -> tuple[Path, PayloadFile]:
    file = part.manifest.file(path)
    assert file is not None, f"{part.manifest.module} was checked to have {path}"
    return part.payload.directory / path, file


def _take(part: ImagePart, path: str, staging: Path) -> PayloadFile:
    """Put a file of core into the generation."""
    source, file = _source(part, path)
    take(source, staging / source.name, file)
    return PayloadFile(path=source.name, sha256=file.sha256, size=file.size)


def _initrd(plan: ImagePlan, staging: Path) -> PayloadFile:
    """The initrd that was generated for the stack, else core's."""
    own = staging / OWN_INITRD
    if not own.exists():
        return _take(plan.core, INITRD, staging)
    found = file_sum(own)
    return PayloadFile(path=own.name, sha256=found.sha256, size=found.size)


def _stack_layer(part: ImagePart) -> StackLayer:
    _, file = _source(part, LAYER)
    # As a URL, the path leads from images/<image>/<generation>/ to layers/.
    path = f"../../../layers/{file.sha256}.squashfs"
    return StackLayer(
        name=part.manifest.module,
        file=PayloadFile(path=path, sha256=file.sha256, size=file.size),
    )


def _work(plan: ImagePlan) -> SiteWork:
    image = plan.image
    return SiteWork(
        image=image.name,
        units=[("Enable", image.enable), ("Disable", image.disable)],
        scripts=plan.scripts,
    )


def _write_own_layer(
    plan: ImagePlan, layers: tuple[Path, ...], staging: Path, listen: Listener
) -> StackLayer:
    output = staging / f"{OWN_LAYER}.squashfs"
    directories = (part.payload.directory for part in plan.parts)
    call_inside(
        "qlumod.head.inside:build_image_inside",
        {
            "modules": [
                [str(directory), str(layer)]
                for directory, layer in zip(directories, layers, strict=True)
            ],
            "own": {
                "files": [asdict(file) for file in plan.files],
                "secrets": _secrets_list(plan),
                "work": asdict(_work(plan)),
            },
            "packaging": packaging_place(plan.core.manifest.packaging),
            "epoch": plan.epoch,
            "scratch": str(staging / "scratch"),
            "output": str(output),
        },
        listen=listen,
    )
    remove_tree(staging / "scratch")
    output.chmod(0o644)
    found = file_sum(output)
    return StackLayer(
        name=OWN_LAYER,
        file=PayloadFile(path=output.name, sha256=found.sha256, size=found.size),
    )
