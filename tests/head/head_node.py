"""A head node in a directory, with payloads whose layers are a few bytes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod.cli.register import lines
from qlumod.events import Event
from qlumod.head.places import Places
from qlumod.head.verbs.modules import Registration, register
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
