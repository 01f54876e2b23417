"""Creating and checking repositories, and making keys for tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import raise_faults
from qlumod.events import Listener
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.layout import suite as suite_name
from qlumod.repository.format.settings import Settings, Wishes
from qlumod.repository.maintenance.fsck import Findings, examine
from qlumod.repository.publishing.founding import (
    opened_settings,
    settle_repository,
    write_settings,
    write_sources,
)
from qlumod.repository.publishing.snapshot_staging import opened
from qlumod.system.keys.gpg import make_key
from qlumod.system.keys.signers import public_keys, signing


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """A created or existing repository."""

    directory: Path
    settings: Settings
    sources: str
    """The .sources text of its suites; empty without suites."""


def init_repository(
    repository: Path,
    *,
    wishes: Wishes,
    suites: Sequence[str] = (),
    wait: float = 0.0,
    listen: Listener,
) -> Founded:
    """Create a repository, or check that it has the requested settings.

    `suites` are suites that will be published: their .sources are written, too.
    """
    layout = Layout(root=repository.absolute())
    names = {suite_name(name) for name in suites}
    before = opened_settings(layout).keys if layout.files.is_file(layout.settings) else ()
    settings = settle_repository(layout, wishes, rollover=True)
    told = wishes.proving_keys is not None
    proving = public_keys(settings.proving_keys) if told else None
    with signing(settings.keys) as signers:
        able = signers()
        # An existing key that clients have may sign together with its successor.
        raise_faults(able.faults(key for key in settings.keys if key not in before))
        with opened(layout, wait=wait, listen=listen):
            write_settings(layout, settings, able.public, proving)
    names.update(layout.suite_names())
    return Founded(
        directory=layout.root,
        settings=settings,
        sources="\n".join(write_sources(layout, settings, name) for name in sorted(names)),
    )


def check_repository(repository: Path, *, listen: Listener) -> Findings:
    """Read the whole repository and compare it with the signed digests."""
    layout = Layout(root=repository.absolute())
    return examine(layout, opened_settings(layout), listen=listen)


def trial_key(home: Path, name: str, *, expires: str) -> str:
    """Make a key without passphrase in a GnuPG home directory; returns its fingerprint."""
    return make_key(home, name, expires=expires).fingerprint
