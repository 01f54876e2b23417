"""Where things lie on a head node, below a root directory that tests choose."""

from dataclasses import dataclass
from pathlib import Path

from qlumod.model.payload_paths import MODULES


@dataclass(frozen=True, slots=True)
class Places:
    """The head node's files; `root` is ``/`` but in tests and when another root is looked after."""

    root: Path = Path("/")

    @property
    def modules(self) -> Path:
        """The payloads, as ``<module>/<flavor>/<arch>/<x.y.z>/``; dpkg owns what is in here."""
        return self.root / MODULES

    @property
    def state(self) -> Path:
        """All that the head node keeps for itself."""
        return self.root / "var/lib/qlumod"

    @property
    def registry(self) -> Path:
        """What the payloads are and whether they are whole: a deb822 file."""
        return self.state / "registry"

    @property
    def verified(self) -> Path:
        """The digests of the payload files as they lie, so that a trigger need not read all."""
        return self.state / "verified"

    @property
    def lock(self) -> Path:
        """Held by whoever writes below `state`."""
        return self.state / "lock"

    @property
    def layers(self) -> Path:
        """The layers that stacks use, by digest, so that they outlive their packages' upgrade."""
        return self.state / "layers"

    @property
    def built(self) -> Path:
        """The built images: ``<image>/<generation>/`` and the link ``<image>/current``."""
        return self.state / "images"

    @property
    def settings(self) -> Path:
        """What people write: definitions of images, files of the site, hooks."""
        return self.root / "etc/qlumod"

    @property
    def images(self) -> Path:
        """The definitions, ``<image>.image``, and the site's files, ``<image>/copy/<path>``."""
        return self.settings / "images"

    @property
    def hooks(self) -> Path:
        """Programs to run after the registry has changed."""
        return self.settings / "registered.d"

    @property
    def kept(self) -> Path:
        """What tells apt which packages of modules stay though nothing needs them any more."""
        return self.root / "etc/apt/apt.conf.d/52qlumod-images"

    @property
    def dpkg(self) -> Path:
        """The database of the package manager, to learn which package brought a payload."""
        return self.root / "var/lib/dpkg"

    def payload(self, path: Path) -> str:
        """Name a payload's file as people know it, whatever the root is."""
        return f"/{path.relative_to(self.root)}"
