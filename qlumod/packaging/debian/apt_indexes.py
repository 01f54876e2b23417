"""The indexes of a private root's sources: fetched and checked by apt."""

import re
from collections.abc import Sequence
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Event, Listener, Output, ignore, step
from qlumod.packaging.debian.apt import AptRoot, AptSource, write_private
from qlumod.system.processes.command import CommandFailed, command
from qlumod.system.processes.run import capture
from qlumod.system.processes.stalling import STALL, Growing, run_unless_stalled


class AptFailed(QlumodError):
    """apt failed; `reasons` are its lines of errors and warnings."""

    def __init__(self, brief: str, reasons: Sequence[str], *, remedy: str = "") -> None:
        super().__init__(brief, details=reasons, remedy=remedy)
        self.reasons = tuple(reasons)


def update(
    root: AptRoot, *, only: AptSource | None = None, stall: float = STALL, listen: Listener = ignore
) -> None:
    """Fetch the indexes of the root's sources; the failure of a single suite is a failure.

    `only` restricts the update to one source; the indexes of the others are kept. `stall` is the
    seconds after which a stalled archive fails.
    """
    said: list[str] = []

    def take(event: Event) -> None:
        if isinstance(event, Output):
            said.append(event.line)
        listen(event)

    words = _alone(root, only) if only else ()
    call = command("apt-get", "-q", *words, "update", environment=root.environment)
    try:
        with step(listen, "Reading the archives' indexes"):
            run_unless_stalled(
                call,
                Growing(root.lists / "partial"),
                what="the archives' indexes",
                stall=stall,
                listen=take,
            )
    except CommandFailed as failure:
        raise _refused(reasons_of(said) or failure.tail) from failure


def _alone(root: AptRoot, source: AptSource) -> tuple[str, ...]:
    path = root.path / "alone.sources"
    write_private(path, source.stanza)
    return (
        "-o", f"Dir::Etc::sourcelist={path}",
        "-o", "Dir::Etc::sourceparts=/dev/null",
        "-o", "APT::Get::List-Cleanup=false",
    )  # fmt: skip


def release_files(root: AptRoot) -> dict[str, Path]:
    """The InRelease files (or Release, if there is none) of a root's lists.

    The keys are the `plain_uri` of each source's base.
    """
    call = command(
        "apt-get", "indextargets", "--format", "$(BASE_URI)\t$(FILENAME)", "Identifier: Packages",
        environment=root.environment,
    )  # fmt: skip
    starts = {
        path.name.removesuffix(name): path
        for name in ("Release", "InRelease")
        for path in sorted(root.lists.glob(f"*_{name}"))
    }
    found: dict[str, Path] = {}
    for line in capture(call).decode().splitlines():
        base, _, index = line.partition("\t")
        holding = [start for start in starts if Path(index).name.startswith(start)]
        if holding:
            found[plain_uri(base)] = starts[max(holding, key=len)]
    return found


def plain_uri(uri: str) -> str:
    """An address as apt writes it: that of a local file has one slash only."""
    return re.sub(r"^file:/+", "file:/", uri)


def reasons_of(lines: Sequence[str]) -> tuple[str, ...]:
    """apt's own errors and warnings in its output, each once."""
    return tuple(dict.fromkeys(line for line in lines if re.match(r"[EW]: ", line)))


_REMEDIES = (
    (r"NO_PUBKEY|Missing key", "name the keyring that holds this key in the archive's field Key"),
    (
        r"EXPKEYSIG|EXPSIG|not live|key is expired|[Ee]xpired on",
        "the archive's key has expired: install the archive's current keyring package",
    ),
    (r"REVKEYSIG", "the archive's key was revoked: ask its owner before anything else"),
    (r"BADSIG|NODATA", "a proxy or a mirror changed the file: use another mirror"),
    (
        r"is not signed|does not have a Release file",
        "use the archive's signed suite, if it has any",
    ),
    (
        r"is expired|is not valid yet",
        "use a mirror that is up to date, and look at the clock; of an archive of snapshots say so:"
        " Expired-Because in its stanza of the release file, or of qlumod.conf",
    ),
    (
        r"Hash Sum mismatch|unexpected size",
        "the mirror is being renewed: try again in some minutes",
    ),
    (
        r"Could not resolve|Failed to fetch|Could not connect|Temporary failure",
        "look at the network and at the host's own apt: does `apt update` work?",
    ),
)


def _refused(reasons: Sequence[str]) -> AptFailed:
    text = "\n".join(reasons)
    remedy = next((remedy for sign, remedy in _REMEDIES if re.search(sign, text)), "")
    return AptFailed("cannot read the archives' indexes: apt refuses them", reasons, remedy=remedy)
