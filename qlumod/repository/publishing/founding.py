"""Creating a repository, and opening an existing one."""

from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.packaging.debian.apt_client import file_uri
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.settings import (
    Settings,
    Wishes,
    founded,
    kept,
    parse_settings,
    with_keys,
)
from qlumod.repository.format.sources import sources_text
from qlumod.system.disk.documents import MOST
from qlumod.system.disk.refusals import told


def settle_repository(layout: Layout, wishes: Wishes, *, rollover: bool = False) -> Settings:
    """The settings of the repository, or of a new one; writes nothing.

    `rollover` allows other signing keys, of which clients must have at least one.
    """
    layout.require_own()
    if layout.files.is_file(layout.settings):
        settings = _read(layout)
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
    """The settings of an existing repository."""
    if not layout.files.is_file(layout.settings):
        raise QlumodError(
            f"{layout.root} is no repository of qlumod",
            remedy=f"qlumod repo init {layout.root} --key FINGERPRINT",
        )
    return _read(layout)


def _read(layout: Layout) -> Settings:
    return parse_settings(layout.files.read(layout.settings, most=MOST), layout.settings)


def write_settings(
    layout: Layout, settings: Settings, public: bytes, proving: bytes | None = None
) -> None:
    """Write settings and keyrings if they are missing or changed; `public` are the signing keys.

    `proving` are the keys of other hosts whose proofs are accepted; None: no change.
    """
    files = {
        layout.keys: _all_keys(layout, public),
        **({} if proving is None else {layout.proving_keys: proving}),
        layout.root / settings.keyring: public,
        layout.settings: str(settings).encode(),
    }
    for path, data in files.items():
        _write_changed(layout, path, data)
    for folder in (layout.suites, layout.pool, layout.snapshots):
        layout.files.make(folder)


def write_sources(layout: Layout, settings: Settings, suite: str) -> str:
    """Write the .sources file for /etc/apt/sources.list.d/ of users; returns its text."""
    keyring = layout.files.read(layout.root / settings.keyring, most=MOST)
    text = sources_text(settings.uri or file_uri(layout.root), [suite], keyring)
    _write_changed(layout, layout.sources(suite), text.encode())
    return text


def _all_keys(layout: Layout, public: bytes) -> bytes:
    """All keys that have ever signed, the newest first, so that older snapshots can be verified."""
    there = layout.files.is_file(layout.keys)
    known = layout.files.read(layout.keys, most=MOST) if there else b""
    return known if known.startswith(public) else public + known


def _holds_strangers(layout: Layout) -> bool:
    with told(layout.root, "read"):
        return layout.root.exists() and any(entry != layout.own for entry in layout.root.iterdir())


def _write_changed(layout: Layout, path: Path, data: bytes) -> None:
    if not layout.files.is_file(path) or layout.files.read(path, most=MOST) != data:
        layout.files.write_whole(path, data)
