"""A head node in a directory, with payloads whose layers are a few bytes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod.cli.register import lines
from qlumod.errors import raise_faults
from qlumod.events import Event
from qlumod.head.generations import generations
from qlumod.head.places import Places
from qlumod.head.verbs.build_images import BuildOrder, Built, build_images
from qlumod.head.verbs.define_images import NewImage, create_image
from qlumod.head.verbs.deploy_images import deploy_image
from qlumod.head.verbs.modules import Registration, register
from qlumod.model.image import ImageName
from qlumod.model.manifest import Manifest, PayloadFile, manifest_text
from qlumod.model.names import ArchName, Digest, FlavorName, ModuleName, ReleaseVersion
from qlumod.model.public import Public
from qlumod.model.secret import Secret

KERNEL = "6.1.0-1-amd64"
CORE_FILES = {"boot/vmlinuz": b"kernel", "boot/initrd.img": b"initrd"}


@dataclass(frozen=True)
class HeadNode:
    """A root directory, and what was announced while it was looked after."""

    root: Path
    heard: list[Event]

    @property
    def places(self) -> Places:
        return Places(self.root)

    def look(self, *, thorough: bool = False) -> Registration:
        return register(self.places, thorough=thorough, listen=self.heard.append)

    def payload(self, module: str, version: str = "14.0.0", flavor: str = "bookworm") -> Path:
        return self.places.modules / module / flavor / "amd64" / version

    def add(self, module: str, version: str = "14.0.0", **options: object) -> Path:
        """Put a payload where dpkg would."""
        flavor = str(options.get("flavor", "bookworm"))
        directory = self.payload(module, version, flavor)
        for path, data in payload_files(module, version, **options).items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_bytes(data)
        return directory

    def create(self, name: str = "compute", *modules: str) -> None:
        """Define an image of some modules (none: slurm)."""
        chosen = [ModuleName(module) for module in modules or ("slurm",)]
        create_image(
            self.places, NewImage(name=ImageName(name), modules=chosen), listen=self.heard.append
        )

    def build(self, *names: str, force: bool = False, dry_run: bool = False) -> Built:
        """Build images (none: all); raises the faults of all."""
        order = BuildOrder(force=force, dry_run=dry_run)
        images = [ImageName(name) for name in names]
        built = build_images(self.places, images, order, listen=self.heard.append)
        raise_faults(built.faults.values())
        return built

    def newest(self, name: str = "compute") -> Path:
        """The directory of the newest generation of an image."""
        found = generations(self.places, ImageName(name))
        return self.places.built / name / (found[-1] if found else "0")

    def deploy(self, name: str = "compute") -> None:
        """Deploy the newest generation of an image."""
        deploy_image(
            self.places, ImageName(name), None, reason="", dry_run=False, listen=self.heard.append
        )

    def hook(self, name: str, script: str) -> None:
        self.places.hooks.mkdir(parents=True, exist_ok=True)
        (self.places.hooks / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.places.hooks / name).chmod(0o755)


def payload_files(
    module: str,
    version: str = "14.0.0",
    *,
    flavor: str = "bookworm",
    requires: tuple[str, ...] | None = None,
    conflicts: tuple[str, ...] = (),
    variant_of: str | None = None,
    kernel: str | None = None,
    secrets: tuple[Secret, ...] = (),
    public: tuple[Public, ...] = (),
    group: str = "HPC Stack",
    epoch: int = 1_700_000_000,
    files: Mapping[str, bytes] | None = None,
) -> dict[str, bytes]:
    """The files of a payload by relative path, its manifest included."""
    core = module == "core"
    given = {
        "layer.squashfs": f"layer of {module} {version}".encode(),
        **(CORE_FILES if core else {}),
        **(files or {}),
    }
    manifest = Manifest(
        module=ModuleName(module),
        title=module.title(),
        stack_group="Cluster OS" if core else group,
        description=f"The module {module}",
        version=ReleaseVersion.parse(version),
        flavor=FlavorName(flavor),
        architecture=ArchName("amd64"),
        requires=tuple(
            map(ModuleName, requires if requires is not None else () if core else ("core",))
        ),
        conflicts=tuple(map(ModuleName, conflicts)),
        variant_of=ModuleName(variant_of) if variant_of else None,
        wins=(),
        kernel=kernel if kernel is not None else KERNEL if core else "",
        epoch=epoch,
        packages=1,
        unpacked_size=100,
        secrets=secrets,
        public=public,
        files=tuple(
            PayloadFile(path=path, sha256=Digest(hashlib.sha256(data).hexdigest()), size=len(data))
            for path, data in sorted(given.items())
        ),
    )
    return {"manifest": manifest_text(manifest).encode(), **given}


def said(registration: Registration) -> list[str]:
    """What a look found, as people read it."""
    return lines(registration)
