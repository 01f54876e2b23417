"""Refusing packages that must not be redistributed in public suites, and trial builds in all."""

import re
from collections.abc import Iterable

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.names import REDISTRIBUTE
from qlumod.model.profile import RELEASED, profile_of
from qlumod.repository.format.index_entries import IndexEntry
from qlumod.repository.format.settings import Settings

_MARK = re.compile(rf"^{REDISTRIBUTE}: *no *$", re.MULTILINE | re.IGNORECASE)


def refuse_private(entries: Iterable[IndexEntry], suite: str, settings: Settings) -> None:
    """Raise for each entry that the suite must not offer."""
    if suite in settings.private:
        return
    raise_faults(
        QlumodError(
            f"{entry.title} must not be given to everybody (Redistribute: no), and {suite} is"
            " public",
            remedy="publish it in a private suite (qlumod repo init --private NAME marks one)",
        )
        for entry in entries
        if _MARK.search(entry.text)
    )


def refuse_trials(entries: Iterable[IndexEntry], profile: str) -> None:
    """Raise for each entry that was built in another profile than the published one."""
    raise_faults(
        QlumodError(
            f"{entry.title} was made in the profile {made}, for trials",
            remedy="build it without --profile; into a repository for trials: "
            f"qlumod publish --profile {made}",
        )
        for entry in entries
        if (made := profile_of(entry.version)) not in (RELEASED, profile)
    )
