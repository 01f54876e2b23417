"""Repositories themselves: beginning one, looking it over, and keys to try them out."""

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
    """A repository that is there now."""

    directory: Path
    settings: Settings
    sources: str
    """The .sources text of its suites; empty as long as there are none."""


def init_repository(
    repository: Path,
    *,
    wishes: Wishes,
    suites: Sequence[str] = (),
    wait: float = 0.0,
    listen: Listener,
) -> Founded:
    """Begin a repository, or find that it is as wished; `suites` are those to come."""
    layout = Layout(root=repository.absolute())
    names = {suite_name(name) for name in suites}
    before = opened_settings(layout).keys if layout.files.is_file(layout.settings) else ()
    settings = settle_repository(layout, wishes, rollover=True)
    told = wishes.proving_keys is not None
    proving = public_keys(settings.proving_keys) if told else None
    with signing(settings.keys) as signers:
        able = signers()
        # One that clients have may go on beside the one that follows it.
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
    """Read all of a repository and compare it with what was signed."""
    layout = Layout(root=repository.absolute())
    return examine(layout, opened_settings(layout), listen=listen)


def trial_key(home: Path, name: str, *, expires: str) -> str:
    """Make a key without passphrase in a home of GnuPG; returns its fingerprint."""
    return make_key(home, name, expires=expires).fingerprint
