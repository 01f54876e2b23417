"""Beginning a repository, and opening one that is there."""

from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.repository.layout import Layout
from qlumod.repository.settings import Settings, Wishes, founded, kept, read_settings, with_keys
from qlumod.repository.sources import sources_text
from qlumod.system.apt_client import file_uri
from qlumod.system.files import make_directories, read_bytes, told, write_whole


def settle(layout: Layout, wishes: Wishes, *, rollover: bool = False) -> Settings:
    """The settings of the repository, or those that it would begin with; writes nothing.

    `rollover` lets other keys sign, of which clients have one already.
    """
    if layout.settings.is_file():
        settings = read_settings(layout.settings)
        if rollover:
            settings = with_keys(settings, wishes)
        return kept(settings, wishes, layout.settings)
    if _holds_strangers(layout):
        raise QlumodError(
            f"{layout.root} is no repository of qlumod, and not empty",
            remedy="name an empty directory, or one that does not exist yet",
        )
    return founded(wishes)


def opened_settings(layout: Layout) -> Settings:
    """The settings of a repository that must be there."""
    if not layout.settings.is_file():
        raise QlumodError(
            f"{layout.root} is no repository of qlumod",
            remedy=f"qlumod repo init {layout.root} --key FINGERPRINT",
        )
    return read_settings(layout.settings)


def write_settings(layout: Layout, settings: Settings, public: bytes) -> None:
    """Write settings and keyrings where they are not there yet; `public` are the keys that sign."""
    files = {
        layout.keys: _all_keys(layout, public),
        layout.root / settings.keyring: public,
        layout.settings: str(settings).encode(),
    }
    for path, data in files.items():
        _write_changed(path, data)
    with told(layout.root):
        for folder in (layout.suites, layout.pool, layout.snapshots):
            make_directories(folder)


def write_sources(layout: Layout, settings: Settings, suite: str) -> str:
    """Write the .sources file that users put into /etc/apt/sources.list.d/; returns its text."""
    keyring = read_bytes(layout.root / settings.keyring)
    text = sources_text(settings.uri or file_uri(layout.root), [suite], keyring)
    _write_changed(layout.sources(suite), text.encode())
    return text


def _all_keys(layout: Layout, public: bytes) -> bytes:
    """All that ever signed, so that older snapshots can be checked; the newest come first."""
    known = read_bytes(layout.keys) if layout.keys.is_file() else b""
    return known if known.startswith(public) else public + known


def _holds_strangers(layout: Layout) -> bool:
    with told(layout.root, "read"):
        return layout.root.exists() and any(entry != layout.own for entry in layout.root.iterdir())


def _write_changed(path: Path, data: bytes) -> None:
    if not path.is_file() or read_bytes(path) != data:
        write_whole(path, data)
