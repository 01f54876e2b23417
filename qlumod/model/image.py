"""Images: the definition of an image, and the stack that was built from it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from qlumod.errors import QlumodError
from qlumod.model.boot_arguments import kernel_arguments
from qlumod.model.document import Reading, written
from qlumod.model.fields import Fields
from qlumod.model.manifest import PayloadFile
from qlumod.model.names import (
    ArchName,
    Digest,
    FlavorName,
    ModuleName,
    ReleaseVersion,
    arch_name,
    digest,
    flavor_name,
    module_name,
    require_short,
    unit_name,
)
from qlumod.model.numbers import epoch, number
from qlumod.model.public import Public, parse_public
from qlumod.model.secret import Secret, parse_secret

CORE = ModuleName("core")
"""The module that is part of every image."""
KEPT = 3
"""The number of newest generations that stay, to which an administrator may want to go back."""
SUFFIX = ".image"
"""The ending of the file that defines an image; no image's name has it."""
ALL = "all"
"""The word for all images (``qlustar-image-reconfigure all``); no image can have this name."""
COMMON = "common"
"""The directory of the site's files for all images; no image can have this name."""

ImageName = NewType("ImageName", str)
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._+-]*\Z")
_FOLLOWED = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){0,2}\Z")


def image_name(text: str) -> ImageName:
    """Check an image's name, which becomes a directory's; raises `QlumodError`."""
    require_short(text, "image")
    if not _IMAGE.match(text) or ".." in text:
        raise QlumodError(
            f"{text!r} is no image name: it holds lower-case letters, digits, '-', '+', '_' and "
            "'.', and begins with a letter or a digit"
        )
    if text.endswith(SUFFIX):
        raise QlumodError(f"{text!r} is no image name: it ends as definitions do ({SUFFIX})")
    if text == ALL:
        raise QlumodError(f"{text!r} is no image name: it stands for all images")
    if text == COMMON:
        raise QlumodError(f"{text!r} is no image name: it stands for the files of all images")
    return ImageName(text)


def image_version(text: str) -> str:
    """Check an image's version; raises `QlumodError`."""
    if not _FOLLOWED.match(text):
        raise QlumodError(f"{text!r} is no image version: it has the form x.y.z, x.y or x")
    return text


class Deploy(StrEnum):
    """When nodes get a new generation."""

    BY_HAND = "by-hand"
    """When an administrator deploys it."""
    AUTOMATIC = "automatic"
    """At their next boot after it was built."""


def deploy_policy(text: str) -> Deploy:
    """Read the value of a field Deploy; raises `QlumodError`."""
    try:
        return Deploy(text)
    except ValueError:
        raise QlumodError(f"{text!r} is neither 'by-hand' nor 'automatic'") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The content of ``/etc/qlumod/images/<name>.image``."""

    name: ImageName
    version: str
    """A concrete version, or a meta-version that follows the newest one."""
    flavor: FlavorName
    architecture: ArchName
    modules: tuple[ModuleName, ...]
    """The chosen modules without core, sorted."""
    description: str = ""
    enable: tuple[str, ...] = ()
    """systemd units to enable in the image, sorted."""
    disable: tuple[str, ...] = ()
    """systemd units to disable in the image, sorted."""
    kernel_arguments: str = ""
    """Arguments for the kernel of its nodes, which the boot side adds to its own."""
    deploy: Deploy = Deploy.BY_HAND

    @property
    def wanted(self) -> tuple[ModuleName, ...]:
        """All modules of the image, core first."""
        return CORE, *(module for module in self.modules if module != CORE)

    @property
    def is_fixed(self) -> bool:
        """Whether its version is a fixed x.y.z."""
        return self.version.count(".") == 2

    def follows(self, version: ReleaseVersion) -> bool:
        """Whether the image may be built from modules of that version."""
        return self.version in (str(version), *version.meta)


def image_fields(image: Image) -> dict[str, str | Sequence[str]]:
    """The fields of an image's definition without Format, in order; empty ones are not written."""
    return {
        "Image": image.name,
        "Version": image.version,
        "Flavor": image.flavor,
        "Architecture": image.architecture,
        "Modules": image.wanted,
        "Enable": image.enable,
        "Disable": image.disable,
        "Kernel-Arguments": image.kernel_arguments,
        "Description": image.description,
        "Deploy": "" if image.deploy is Deploy.BY_HAND else str(image.deploy),
    }


def image_text(image: Image) -> str:
    """Write an image's definition."""
    return written([("Format", "1"), *image_fields(image).items()])


def parse_image(text: str, path: str) -> Image:
    """Read an image's definition; raises `QlumodError`."""
    reading = Reading(path)
    stanzas = reading.stanzas(text)
    reading.finish()
    for extra in stanzas[1:]:
        reading.fault(extra.line, "an image's definition is one stanza")
    fields = Fields(reading, stanzas[0])
    modules = fields.words("Modules", module_name)
    image = Image(
        name=fields.need("Image", image_name, ImageName("")),
        version=fields.need("Version", image_version, ""),
        flavor=fields.need("Flavor", flavor_name, FlavorName("")),
        architecture=fields.need("Architecture", arch_name, ArchName("")),
        modules=tuple(sorted(module for module in modules if module != CORE)),
        description=fields.text("Description").strip() if fields.has("Description") else "",
        enable=tuple(sorted(fields.words("Enable", unit_name))),
        disable=tuple(sorted(fields.words("Disable", unit_name))),
        kernel_arguments=fields.one("Kernel-Arguments", kernel_arguments, ""),
        deploy=fields.one("Deploy", deploy_policy, Deploy.BY_HAND),
    )
    for unit in sorted(set(image.enable) & set(image.disable)):
        fields.fault("Disable", f"the unit {unit!r} stands under Enable, too")
    fields.done()
    reading.finish()
    return image


@dataclass(frozen=True, slots=True, kw_only=True)
class StackLayer:
    """A layer of a stack; `file.path` is relative to the stack file."""

    name: str
    """The module's name, or ``image`` for the image's own layer."""
    file: PayloadFile


@dataclass(frozen=True, slots=True, kw_only=True)
class StackModule:
    """A module of a stack."""

    module: ModuleName
    version: ReleaseVersion
    package_version: str

    @property
    def full_version(self) -> str:
        """The version with that of its package: ``14.0.0 14.0.0-1``."""
        return f"{self.version} {self.package_version}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The content of ``/var/lib/qlumod/images/<image>/<generation>/stack``; a node boots by it."""

    image: ImageName
    version: ReleaseVersion
    flavor: FlavorName
    architecture: ArchName
    epoch: int
    inputs: Digest
    """The digest of all inputs of the stack except secrets."""
    kernel_release: str
    kernel: PayloadFile
    initrd: PayloadFile
    modules: tuple[StackModule, ...]
    """Lowest first, as the layers are."""
    layers: tuple[StackLayer, ...]
    secrets: tuple[Secret, ...]
    public: tuple[Public, ...] = ()
    kernel_arguments: str = ""
    """The image's own kernel arguments."""


def stack_text(stack: Stack) -> str:
    """Write a stack. The boot script in the initrd reads it with sed: keep lines as they are."""
    return written(
        [
            ("Format", "1"),
            ("Image", stack.image),
            ("Version", str(stack.version)),
            ("Flavor", stack.flavor),
            ("Architecture", stack.architecture),
            ("Epoch", str(stack.epoch)),
            ("Inputs", stack.inputs),
            ("Kernel-Release", stack.kernel_release),
            ("Kernel-Arguments", stack.kernel_arguments),
            ("Kernel", str(stack.kernel)),
            ("Initrd", str(stack.initrd)),
            ("Modules", [_module_text(module) for module in stack.modules]),
            ("Layers", [f"{layer.file} {layer.name}" for layer in stack.layers]),
            ("Secrets", [str(secret) for secret in stack.secrets]),
            ("Public", [str(public) for public in stack.public]),
        ]
    )


def parse_stack(text: str, path: str) -> Stack:
    """Read a stack; raises `QlumodError`."""
    reading = Reading(path)
    stanzas = reading.stanzas(text)
    reading.finish()
    fields = Fields(reading, stanzas[0])
    nothing = PayloadFile(path="", sha256=Digest(""), size=0)
    stack = Stack(
        image=fields.need("Image", image_name, ImageName("")),
        version=fields.need("Version", ReleaseVersion.parse, ReleaseVersion(0, 0, 0)),
        flavor=fields.need("Flavor", flavor_name, FlavorName("")),
        architecture=fields.need("Architecture", arch_name, ArchName("")),
        epoch=fields.need("Epoch", epoch, 0),
        inputs=fields.need("Inputs", digest, Digest("")),
        kernel_release=fields.need("Kernel-Release", str, ""),
        kernel=fields.need("Kernel", _file, nothing),
        initrd=fields.need("Initrd", _file, nothing),
        modules=fields.rows("Modules", _module),
        layers=fields.rows("Layers", _layer),
        secrets=fields.rows("Secrets", parse_secret),
        public=fields.rows("Public", parse_public),
        kernel_arguments=fields.one("Kernel-Arguments", kernel_arguments, ""),
    )
    fields.done()
    reading.finish()
    return stack


def _module_text(module: StackModule) -> str:
    return f"{module.module} {module.full_version}"


def _words(text: str, least: int, most: int, form: str) -> Sequence[str]:
    words = text.split()
    if not least <= len(words) <= most:
        raise QlumodError(f"{text!r} has not the form {form!r}")
    return words


def _file(text: str) -> PayloadFile:
    sha256, size, path = _words(text, 3, 3, "SHA256 SIZE PATH")
    return PayloadFile(path=path, sha256=digest(sha256), size=number(size))


def _layer(text: str) -> StackLayer:
    *file, name = _words(text, 4, 4, "SHA256 SIZE PATH NAME")
    return StackLayer(name=name, file=_file(" ".join(file)))


def _module(text: str) -> StackModule:
    module, version, *package = _words(text, 2, 3, "MODULE VERSION PACKAGE-VERSION")
    return StackModule(
        module=module_name(module),
        version=ReleaseVersion.parse(version),
        package_version="".join(package),
    )
