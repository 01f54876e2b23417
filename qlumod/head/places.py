"""The paths on a head node, below a root directory that tests can choose."""

from dataclasses import dataclass
from pathlib import Path

from qlumod.model.payload_paths import MODULES


@dataclass(frozen=True, slots=True)
class Places:
    """The head node's files; `root` is ``/`` except in tests and for another root."""

    root: Path = Path("/")

    @property
    def modules(self) -> Path:
        """The payloads, as ``<module>/<flavor>/<arch>/<x.y.z>/``; dpkg owns these files."""
        return self.root / MODULES

    @property
    def state(self) -> Path:
        """The state directory of qlumod."""
        return self.root / "var/lib/qlumod"

    @property
    def registry(self) -> Path:
        """The registry of payloads and their status: a deb822 file."""
        return self.state / "registry"

    @property
    def verified(self) -> Path:
        """The cached digests of the payload files, so that a trigger need not read all."""
        return self.state / "verified"

    @property
    def lock(self) -> Path:
        """The lock that a process holds while it writes below `state`."""
        return self.state / "lock"

    @property
    def layers(self) -> Path:
        """The layers that stacks use, by digest: they survive an upgrade of their packages."""
        return self.state / "layers"

    @property
    def built(self) -> Path:
        """The built images: ``<image>/<generation>/`` and the link ``<image>/deployed``."""
        return self.state / "images"

    @property
    def in_use(self) -> Path:
        """Files with a line ``IMAGE GENERATION`` for each generation that nodes still need."""
        return self.state / "in-use.d"

    @property
    def runs(self) -> Path:
        """The events of the newest run that builds each image, ``<image>.events``."""
        return self.root / "run/qlumod"

    def events(self, image: str) -> Path:
        """The file of events of an image."""
        return self.runs / f"{image}.events"

    @property
    def settings(self) -> Path:
        """The directory of administrators' files: definitions of images, site files, hooks."""
        return self.root / "etc/qlumod"

    @property
    def images(self) -> Path:
        """The definitions, ``<image>.image``, and the site's files, ``<image>/copy/<path>``."""
        return self.settings / "images"

    @property
    def hooks(self) -> Path:
        """The programs to run after the registry has changed."""
        return self.settings / "registered.d"

    @property
    def kept(self) -> Path:
        """The apt configuration that excludes packages of modules from autoremove."""
        return self.root / "etc/apt/apt.conf.d/52qlumod-images"

    @property
    def documents(self) -> Path:
        """The documents of packages, among them the changelogs of modules."""
        return self.root / "usr/share/doc"

    @property
    def dpkg(self) -> Path:
        """The database of dpkg, to find the package of a payload."""
        return self.root / "var/lib/dpkg"

    def payload(self, path: Path) -> str:
        """The path of a payload's file for messages, without the root."""
        return f"/{path.relative_to(self.root)}"
