"""The plan of an image: all inputs are found and checked before anything is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod import __version__
from qlumod.head.choose import ModuleChoice, check_choice, choose
from qlumod.head.image_units import check_units
from qlumod.head.payloads import home_of, payload_in
from qlumod.head.places import Places
from qlumod.head.site import (
    SiteFile,
    check_files,
    listed_secrets,
    missing_secrets,
    root_password,
    root_password_file,
    site_files,
    site_secrets,
)
from qlumod.head.site_scripts import SiteScript, site_scripts
from qlumod.model.digests import Value, digest_value
from qlumod.model.image import CORE, Image, StackModule
from qlumod.model.manifest import LAYER, Manifest
from qlumod.model.names import Digest
from qlumod.model.public import Public
from qlumod.model.registry import Registered, Registry
from qlumod.model.secret import Secret
from qlumod.stack.order import stacked
from qlumod.stack.payload import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePart:
    """A module of the image: its entry in the registry, and its payload."""

    entry: Registered
    payload: Payload

    @property
    def manifest(self) -> Manifest:
        """The manifest of the module."""
        return self.payload.manifest

    @property
    def layer_size(self) -> int:
        """The bytes of its layer, which a node holds in memory."""
        file = self.manifest.file(LAYER)
        return file.size if file else 0

    @property
    def in_stack(self) -> StackModule:
        """The module as a stack lists it."""
        return StackModule(
            module=self.manifest.module,
            version=self.manifest.version,
            package_version=self.entry.package_version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlan:
    """All inputs of one generation of an image."""

    image: Image
    choice: ModuleChoice
    parts: tuple[ImagePart, ...]
    """Lowest first."""
    files: tuple[SiteFile, ...]
    scripts: tuple[SiteScript, ...]
    """The site's scripts, in the order in which they run."""
    secret_files: tuple[SiteFile, ...]
    """The files for secrets.tar."""
    unlisted: tuple[SiteFile, ...]
    """The files below the image's own secrets/ that none of its modules lists."""
    secrets: tuple[Secret, ...]
    root_password: bool
    """Whether the site supplies the hash of root's password."""
    inputs: Digest
    """The digest of all inputs of the stack except secrets: a digest would help to guess them."""

    @property
    def core(self) -> ImagePart:
        """The part of module core, which has the kernel."""
        return next(part for part in self.parts if part.manifest.module == CORE)

    @property
    def epoch(self) -> int:
        """The latest epoch of the modules."""
        return max(part.manifest.epoch for part in self.parts)

    @property
    def public(self) -> tuple[Public, ...]:
        """The paths that look like secrets and that the modules declare public."""
        found = {public for part in self.parts for public in part.manifest.public}
        return tuple(sorted(found, key=str))

    @property
    def missing(self) -> tuple[Secret, ...]:
        """The secrets that the site must still supply."""
        return missing_secrets(self.secret_files, self.secrets)


def make_plan(places: Places, image: Image, registry: Registry) -> ImagePlan:
    """Find and check all inputs of an image; raises `QlumodError`."""
    choice = choose(image, registry)
    parts = tuple(part_of(places, entry) for entry in choice.modules)
    check_choice(image, [part.manifest for part in parts])
    return plan_of(places, image, choice, parts)


def plan_of(
    places: Places,
    image: Image,
    choice: ModuleChoice,
    parts: Iterable[ImagePart],
    *,
    secrets: bool = True,
) -> ImagePlan:
    """Find and check what the site adds to modules that go together; raises `QlumodError`.

    `secrets` False leaves the site's secrets unread, which not everybody may read.
    """
    parts = _lowest_first(parts)
    wanted = _secrets(parts)
    files, scripts = site_files(places, image.name), site_scripts(places, image.name)
    found = site_secrets(places, image.name) if secrets else ()
    listed = listed_secrets(found, wanted)
    check_files(files, wanted)
    password = root_password_file(places, image.name)
    if password and secrets:
        listed = (*listed, root_password(password))
    check_units(image, (part.payload for part in parts), files)
    return ImagePlan(
        image=image,
        choice=choice,
        parts=parts,
        files=files,
        scripts=scripts,
        secret_files=listed,
        unlisted=tuple(file for file in found if _is_own(places, image, file, listed)),
        secrets=wanted,
        root_password=password is not None,
        inputs=digest_value(
            {
                **_inputs(image, parts, files),
                **_optional(image, scripts, has_password=password is not None),
            }
        ),
    )


def _is_own(places: Places, image: Image, file: SiteFile, listed: Sequence[SiteFile]) -> bool:
    """Whether a file belongs only to that image and is not packed into secrets.tar."""
    own = places.images / image.name
    return file.type != "d" and file not in listed and own in Path(file.source).parents


def part_of(places: Places, entry: Registered) -> ImagePart:
    """A registered module with its payload; raises `QlumodError`."""
    return ImagePart(entry=entry, payload=payload_in(home_of(places, entry)))


def _lowest_first(parts: Iterable[ImagePart]) -> tuple[ImagePart, ...]:
    by_module = {part.payload.module: part for part in parts}
    members = stacked(part.payload for part in by_module.values())
    return tuple(by_module[member.module] for member in members)


def _secrets(parts: Iterable[ImagePart]) -> tuple[Secret, ...]:
    found = {secret for part in parts for secret in part.manifest.secrets}
    return tuple(sorted(found, key=str))


def _inputs(
    image: Image, parts: Sequence[ImagePart], files: Sequence[SiteFile]
) -> Mapping[str, Value]:
    return {
        "qlumod": __version__,
        "image": image.name,
        "modules": [
            [
                part.manifest.module,
                part.entry.package_version,
                part.payload.digest,
            ]
            for part in parts
        ],
        "files": [
            [file.path, file.type, file.mode, file.user, file.group, file.content] for file in files
        ],
    }


def _optional(
    image: Image, scripts: Sequence[SiteScript], *, has_password: bool
) -> Mapping[str, Value]:
    """The inputs that only some images have: without them, the digest is what it always was."""
    found: dict[str, Value] = {
        "enable": image.enable,
        "disable": image.disable,
        "kernel arguments": image.kernel_arguments,
        "scripts": [script.content for script in scripts],
        "root password": has_password,
    }
    return {name: value for name, value in found.items() if value}
