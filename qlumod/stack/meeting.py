"""Modules that meet in a stack only: neither was built with the other in sight."""

import gzip
import os
from collections.abc import Iterable, Sequence, Set
from pathlib import Path, PurePosixPath

from qlumod.events import Listener
from qlumod.model.contents import parse_contents
from qlumod.stack.chroot import in_root
from qlumod.stack.inside import inside
from qlumod.stack.member import Member, below
from qlumod.state.clashes import Layer
from qlumod.state.diverted import Diversion
from qlumod.state.table import DROPPED
from qlumod.state.triggers import Activation
from qlumod.system.run import run


def meeting_layers(members: Sequence[Member]) -> tuple[Layer, ...]:
    """What there is to compare, lowest first; nothing where all stand upon each other.

    Where they do, each build has seen to all that is below it, and nothing need be read.
    """
    if all(_stands_upon_all(members, at) for at in range(len(members))):
        return ()
    return tuple(
        Layer(
            module=member.module,
            lines=parse_contents(
                gzip.decompress(member.contents.read_bytes()).decode(), str(member.contents)
            ),
            wins=member.manifest.wins,
            stands_upon=below(member, members),
        )
        for member in members
    )


def _stands_upon_all(members: Sequence[Member], at: int) -> bool:
    return below(members[at], members).issuperset(member.module for member in members[:at])


def divert(root: Path, diversions: Iterable[Diversion]) -> None:
    """Give files the names under which dpkg would have unpacked them."""
    for diversion in diversions:
        place, other = _named(root, diversion.path), _named(root, diversion.other)
        if os.path.lexists(other):
            # The same package is in a module that knows the diversion.
            place.unlink()
        else:
            other.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            place.rename(other)


def _named(root: Path, path: str) -> Path:
    whole = PurePosixPath(path)
    return inside(root, str(whole.parent)) / whole.name


def activate(root: Path, unheard: Set[Activation], *, epoch: int, listen: Listener) -> None:
    """Let packages see what other modules brought for them, as dpkg would have done."""
    for trigger, package in sorted(unheard):
        words = ("dpkg-trigger", "--no-await", f"--by-package={package}", trigger)
        run(in_root(root, *words, epoch=epoch), listen=listen)
    run(in_root(root, "dpkg", "--triggers-only", "--pending", epoch=epoch), listen=listen)
    _tidy(root)


def _tidy(root: Path) -> None:
    """Take away what dpkg leaves behind whenever it runs."""
    for rule in DROPPED:
        for pattern in rule.patterns:
            if not pattern.startswith("**/"):
                for path in root.glob(pattern.lstrip("/")):
                    if path.is_symlink() or not path.is_dir():
                        path.unlink()
