"""The files with which worlds are opened: installed packages, and pins."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from qlumod.model.stanzas import normalised, stanza_text
from qlumod.packaging.debian.archives.root import HELD_SUITE
from qlumod.packaging.debian.solving.apt_cache import BEYOND_ALL
from qlumod.packaging.debian.solving.records import stanza_of
from qlumod.packaging.debian.solving.seen_archives import SeenArchives
from qlumod.packaging.debian.solving.solver_order import Frame
from qlumod.packaging.solving.solution import Chosen

_CACHE = ".bin"


class Frames:
    """Writes the files of worlds into a directory of their own."""

    def __init__(self, folder: Path, archives: SeenArchives) -> None:
        self._folder = folder
        self._archives = archives
        self._written = 0
        folder.mkdir(exist_ok=True)

    def frame(
        self,
        archives: Sequence[str],
        installed: Sequence[Chosen],
        pins: Mapping[str, str],
        barred: Sequence[str] = (),
    ) -> Frame:
        """The files of a world for a module that names these archives."""
        self._written += 1
        name = "-".join(("with", *sorted(archives)))
        frame = Frame(
            status=self._folder / f"status-{self._written}",
            preferences=self._folder / f"preferences-{self._written}",
            sources=self._folder / f"{name}.sources",
            cache=self._folder / f"{name}{_CACHE}",
            first=self._archives.first(archives),
        )
        frame.status.write_text(_status_text(installed), encoding="utf-8")
        frame.preferences.write_text(_pins_text(pins, barred), encoding="utf-8")
        if not frame.sources.exists():
            frame.sources.write_text(self._archives.seen_with(archives), encoding="utf-8")
        return frame

    def close(self) -> None:
        """Remove the files but apt's caches, which the next run in this root takes again.

        apt compares a cache with the indexes (pkgcachegen.cc, CheckValidity), and makes another one
        if they have changed.
        """
        for path in sorted(self._folder.iterdir()):
            if path.suffix != _CACHE:
                path.unlink()


def _status_text(installed: Iterable[Chosen]) -> str:
    """A status file with these packages installed."""
    return "\n".join(map(_status, installed))


def _pins_text(pins: Mapping[str, str], barred: Collection[str] = ()) -> str:
    """Preferences that leave each package one version only; held packages are for pins only.

    Barred packages have no version.
    """
    return "\n".join(
        (
            f"Package: *\nPin: release a={HELD_SUITE}\nPin-Priority: 100\n",
            *(
                f"Package: {package}\nPin: version {version}\nPin-Priority: {BEYOND_ALL}\n"
                for package, version in sorted(pins.items())
                if package not in barred
            ),
            *(f"Package: {name}\nPin: version *\nPin-Priority: -1\n" for name in sorted(barred)),
        )
    )


def _status(chosen: Chosen) -> str:
    """The stanza of a package when it is installed; raises `QlumodError`."""
    status = {"Package": chosen.package, "Status": "install ok installed"}
    return stanza_text({**status, **normalised(stanza_of(chosen)).fields, **status})
