"""Beginning a repository, and opening one that is there."""

from qlumod.errors import QlumodError
from qlumod.repository.layout import Layout
from qlumod.repository.settings import Settings, Wishes, founded, kept, read_settings
from qlumod.system.files import make_directories, read_bytes, told, write_whole
from qlumod.system.gpg import SigningKey
from qlumod.system.keys import armoured_key


def settle(layout: Layout, wishes: Wishes) -> Settings:
    """The settings of the repository, or those that it would begin with; writes nothing."""
    if layout.settings.is_file():
        return kept(read_settings(layout.settings), wishes, layout.settings)
    with told(layout.root, "read"):
        strangers = layout.root.exists() and any(
            entry != layout.own for entry in layout.root.iterdir()
        )
    if strangers:
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
            remedy=f"qlumod repo init --repository {layout.root} --key FINGERPRINT",
        )
    return read_settings(layout.settings)


def write_settings(layout: Layout, settings: Settings, key: SigningKey) -> None:
    """Write settings and keyring where they are not there yet."""
    files = {
        layout.root / settings.keyring: armoured_key(key),
        layout.settings: str(settings).encode(),
    }
    for path, data in files.items():
        if not path.is_file() or read_bytes(path) != data:
            write_whole(path, data)
    with told(layout.root):
        for folder in (layout.suites, layout.pool, layout.snapshots):
            make_directories(folder)
