"""The job of building one layer: all its inputs, and the identity computed from them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from qlumod.model.accounts import Accounts
from qlumod.model.digests import Value, digest_value
from qlumod.model.lock import Lock, LockedPackage
from qlumod.model.names import Digest, ModuleName, PackagingName
from qlumod.model.project import Project
from qlumod.model.spec import ModuleSpec, with_requirements
from qlumod.system.disk.own_code import code_digest

ENTRIES = ("layer/payload_build.py", "layer/compile.py")
"""The entry points of a build: this code determines a layer's bytes, and what is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Below:
    """A payload of a required module."""

    module: ModuleName
    identity: Digest
    """In the cache the identity of its job; if it is installed, the digest of its manifest."""
    installed: Path | None = None
    """The directory in which a package has installed it; None: it is in the cache."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A module to build over the layers of the modules that it requires (`below`, all of them)."""

    spec: ModuleSpec
    project: Project
    lock: Lock
    below: tuple[Below, ...]
    """The payloads of the required modules, lowest first."""

    @property
    def packages(self) -> tuple[LockedPackage, ...]:
        return self.lock.of(self.spec.module)

    @property
    def packaging(self) -> PackagingName:
        """The kind of its packages."""
        return self.project.release.packaging_of(self.lock.flavor)

    @property
    def epoch(self) -> int:
        """The time of all files that are made, in seconds."""
        return self.lock.epoch_of(self.spec.module)

    @property
    def generated(self) -> tuple[LockedPackage, ...]:
        """Those of them that are compiled kernel modules."""
        return self.lock.generated(self.spec.module)

    @property
    def to_compile(self) -> tuple[LockedPackage, ...]:
        """The packages installed for compiling them, which are never in the layer."""
        return self.lock.to_compile(self.spec.module, self._stack)

    @property
    def to_make(self) -> tuple[LockedPackage, ...]:
        """All packages of archives that are needed to make the layer if nothing is compiled yet."""
        taken = {*self.lock.to_make(self.spec.module, self._stack), *self.restoring}
        return tuple(sorted(taken, key=lambda package: package.package))

    @property
    def restoring(self) -> tuple[LockedPackage, ...]:
        """Packages of modules below whose left-out paths it restores."""
        restored, below = self.spec.restore_for(self.lock.flavor), set(self._stack)
        return tuple(
            package
            for package in self.lock.packages
            if below.intersection(package.modules)
            and any(one.names(package.package) for one in restored)
        )

    @property
    def accounts(self) -> Accounts:
        """The entries of the account table that these packages make."""
        return self.project.accounts.made_by((p.package for p in self.packages), self.lock.flavor)

    @property
    def _stack(self) -> tuple[ModuleName, ...]:
        below = with_requirements(self.spec.requires, self.project.specs)
        return tuple(lower.module for lower in below)

    @property
    def _release(self) -> Value:
        """The part of the release that determines the layer's bytes.

        The effect of its archives is in the packages, and other flavors have none.
        """
        release = self.project.release
        return [
            str(release.version),
            release.profile,
            self.packaging,
            list(release.excludes),
            list(release.includes),
            str(release.compression),
        ]

    @cached_property
    def identity(self) -> Digest:
        """The digest of everything that determines the layer's bytes."""
        return digest_value(
            {
                "code": code_digest(*ENTRIES),
                "spec": self.spec.digest,
                "release": self._release,
                "accounts": repr((self.accounts.users, self.accounts.groups)),
                "packages": [_package(package) for package in self.packages],
                "restoring": [_package(package) for package in self.restoring],
                "architecture": self.lock.architecture,
                "flavor": self.lock.flavor,
                "epoch": self.epoch,
                "tools": [list(tool) for tool in self.lock.tools],
                "below": [[lower.module, lower.identity] for lower in self.below],
            }
        )


def _package(package: LockedPackage) -> Value:
    return [package.package, package.version, package.architecture, package.sha256, package.archive]
