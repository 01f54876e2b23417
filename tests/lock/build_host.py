"""A small build host: archives of small .debs, an apt that knows them, and a directory of specs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Event
from qlumod.lock.fetching.fetch import Fetched
from qlumod.lock.verbs.solve_lock import Wish
from qlumod.model.address import Address
from qlumod.packaging.debian import apt, apt_indexes
from qlumod.system.disk.store import Store
from qlumod.system.keys.gpg import SigningKey
from qlumod.workflows import lock as workflow
from qlumod.workflows.workplace import Workplace
from tests.support.archive import SmallArchive, make_archive
from tests.support.debs import make_deb

_MADE: dict[str, bytes] = {}
"""The .debs that were made already, by what was asked for."""


def small_deb(folder: Path, name: str, version: str, **given: object) -> Path:
    """As `make_deb`; what was made once is only copied."""
    wanted = repr((name, version, sorted(given.items())))
    file = folder / f"{name}_{version.rpartition(':')[2]}_all.deb"
    if wanted not in _MADE:
        assert make_deb(folder, name, version, **given) == file  # type: ignore[arg-type]
        _MADE[wanted] = file.read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_MADE[wanted])
    return file


class BuildHost:
    """One release with one flavor, whose packages come from archives made here."""

    def __init__(self, top: Path, key: SigningKey) -> None:
        self.top = top
        self.key = key
        self.specs = top / "module-specs"
        self.cache = top / "cache"
        self.events: list[Event] = []
        self.addresses: Sequence[Address] = ()
        """Where archives are, as somebody says."""
        self.apt_config = top / "host.conf"
        """The APT_CONFIG of the host; see `host_knows`."""
        self.apt_config.write_text(f'Dir "{top}/host";\n')
        self.specs.mkdir()
        (self.specs / "accounts").write_text("Format: 1\n")
        self.release()
        self.spec("core", "hello", requires="")

    @property
    def place(self) -> Workplace:
        return Workplace(
            specs=self.specs, cache=self.cache, addresses=self.addresses, host=self.apt_config
        )

    @property
    def store(self) -> Store:
        return self.place.packages

    @property
    def archive(self) -> Path:
        return self.top / "archive"

    def deb(self, name: str, version: str = "1", **given: object) -> Path:
        """Make a small .deb; `given` as `make_deb` takes it."""
        return small_deb(self.top / "debs", name, version, **given)

    def offer(self, *debs: Path, **given: object) -> SmallArchive:
        """Publish these .debs in the host's archive, and what every root has."""
        # Made elsewhere: a test may have made one of the same name and version.
        folder = self.top / "own"
        own = [
            small_deb(folder, "base-files", "1", fields={"Essential": "yes"}),
            small_deb(folder, "apt", "1", depends="base-files"),
            small_deb(folder, "hello", "1"),
        ]
        names = {deb.name for deb in debs}
        return self.publish(
            "archive", [*(deb for deb in own if deb.name not in names), *debs], **given
        )

    def publish(self, name: str, debs: Sequence[Path], **given: object) -> SmallArchive:
        return make_archive(self.top / name, debs, **{"key": self.key, **given})  # type: ignore[arg-type]

    def host_knows(self, archive: SmallArchive, uri: str = "") -> None:
        """Let the host's apt read an archive, and the release name it by Origin and Label only.

        `uri` is how the host's sources name it, if not by its directory.
        """
        source = apt.AptSource(
            archive="host",
            uri=uri or f"{archive.uri}/",
            suites=(archive.suite,),
            components=(archive.component,),
            keyring=archive.keyring,
        )
        root = apt.make_root(self.top / "host", architecture="amd64", sources=[source], settings=())
        apt_indexes.update(root)
        self.apt_config = root.config
        self.release(URI="", Origin="Test", Label="Test")

    def trust(self, keyring: Path) -> None:
        """Put a keyring where the host's apt has them."""
        keyrings = self.top / "host/etc/apt/keyrings"
        keyrings.mkdir(parents=True, exist_ok=True)
        (keyrings / keyring.name).write_bytes(keyring.read_bytes())

    def release(self, *, extra: str = "", **fields: str) -> None:
        """Write the release file; `fields` replace those of its archive ``test``."""
        archive = {
            "Archive": "test",
            "Flavors": "bookworm",
            "URI": f"file://{self.archive}",
            "Suites": "stable",
            "Components": "main",
            "Key": str(self.archive / "keyring.gpg"),
            **fields,
        }
        stanza = "".join(f"{name}: {value}\n" for name, value in archive.items() if value)
        (self.specs / "release").write_text(
            "Format: 1\nVersion: 14.0.0\nPrefix: qlustar\nOrigin: Test\nLabel: Test\n"
            "Maintainer: Test <test@example.org>\nFlavors: bookworm\nDefault-Flavor: bookworm\n"
            f"Architectures: amd64\n\n{stanza}{extra}"
        )

    def spec(
        self,
        module: str,
        *packages: str,
        requires: str = "core",
        fields: Mapping[str, str] | None = None,
        variants: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Write a module's spec; its first package stands in line 7, or 6 without Requires."""
        lines = [
            "Format: 1",
            f"Module: {module}",
            f"Title: {module}",
            "Stack-Group: Test",
            *([f"Requires: {requires}"] if requires else ()),
            "Packages:",
            *(f" {package}," for package in packages),
            *(f"{name}: {value}" for name, value in (fields or {}).items()),
            f"Description: the module {module}",
        ]
        for variant in variants:
            lines += ["", *(f"{name}: {value}" for name, value in variant.items())]
        (self.specs / f"{module}.module").write_text("\n".join(lines) + "\n")

    def lock(
        self, *, update: Sequence[str] | None = None, dry_run: bool = False
    ) -> workflow.Locked:
        return workflow.lock(
            self.place,
            Wish(update=update),
            dry_run=dry_run,
            listen=self.events.append,
        )

    def fetch(self, *modules: str, **given: object) -> Fetched:
        return workflow.fetch_modules(
            self.place,
            modules,
            listen=self.events.append,
            **given,  # type: ignore[arg-type]
        )

    def refusal(self, **given: object) -> str:
        """The whole text of the error that `lock` ends with, the host's directory as ``TOP``."""
        try:
            self.lock(**given)  # type: ignore[arg-type]
        except QlumodError as error:
            return self.plain(str(error))
        raise AssertionError("the lock was made")

    def plain(self, text: str) -> str:
        return text.replace(str(self.top), "TOP").replace(self.key.fingerprint, "KEY")


def table(locked: workflow.Locked) -> dict[str, str]:
    """``version · modules · reason`` of each package."""
    return {
        p.package: f"{p.version} · {' '.join(p.modules)} · {p.reason}" for p in locked.lock.packages
    }


def versions(locked: workflow.Locked) -> dict[str, str]:
    """The version of each package."""
    return {p.package: p.version for p in locked.lock.packages}
