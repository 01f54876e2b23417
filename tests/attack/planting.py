"""Planting secrets into what an installation leaves, and asking the gate of a build for them."""

import itertools
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qlumod.events import ignore
from qlumod.layer.gate import Gate
from qlumod.layer.select import Selection
from qlumod.layer.shipped import Shipped
from qlumod.packaging.debian.initramfs_tools import INITRAMFS_TOOLS
from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.packaging.debian.state.state_table import STATE_TABLE
from qlumod.state.delta import plan_delta
from qlumod.system.disk.tree_scan import scan
from qlumod.system.disk.within import Root
from tests.secrets.harmless import harmless
from tests.secrets.harmless_again import harmless_again
from tests.secrets.held_out import held_out
from tests.secrets.held_out_again import held_out_again
from tests.secrets.held_out_services import held_out_services
from tests.secrets.held_out_services_again import held_out_services_again
from tests.secrets.made import Planted
from tests.secrets.planted import planted
from tests.secrets.red_team import red_team

LOTS = {
    "that the readers were written for": planted,
    "chosen afterwards": held_out,
    "chosen after that": held_out_again,
    "that a red team planted, and were missed": red_team,
    "of services": held_out_services,
    "of further services": held_out_services_again,
}
ELSEWHERE = "/srv"
"""Where a kind is planted whose own path no layer has: shared state, and what is dropped."""


@dataclass(frozen=True)
class Lot:
    """Some kinds of secrets, and those of them that the gate did not find."""

    name: str
    kinds: int
    missed: tuple[str, ...]


def lots() -> Iterator[Lot]:
    """Plant each lot, and look what is found."""
    for name, plant in LOTS.items():
        all_of_it = tuple(plant())
        missed = tuple(kind for kind, found in _outcomes(all_of_it) if not found)
        yield Lot(name, len(all_of_it), missed)


def false_alarms() -> tuple[str, ...]:
    """The harmless files that the gate takes for secrets."""
    plants = [(path, path, data) for path, data in (*harmless(), *harmless_again())]
    return tuple(path for path, found in _outcomes(plants) if found)


def _outcomes(plants: Iterable[Planted]) -> Iterator[tuple[str, bool]]:
    """Each kind, and whether it was found: in as few trees as paths that come twice allow."""
    by_path: dict[str, list[Planted]] = {}
    for plant in plants:
        by_path.setdefault(plant[1], []).append(plant)
    for together in itertools.zip_longest(*by_path.values()):
        yield from _asked([plant for plant in together if plant])


def _asked(plants: Iterable[Planted]) -> Iterator[tuple[str, bool]]:
    with tempfile.TemporaryDirectory(prefix="qlumod-planted-") as place:
        tree = Root(Path(place))
        places = {}
        for kind, path, data in plants:
            places[kind] = f"{ELSEWHERE}{path}" if STATE_TABLE.rule_of(path) else path
            tree.write(places[kind], data)
        tree.place.chmod(0o755)
        entries = scan(tree.place)
        gate = Gate(
            tree=tree,
            chosen=Selection(entries, plan_delta(entries, {}, table=STATE_TABLE), STATE_TABLE),
            shipped=Shipped({}, frozenset(), "md5"),
            database=DEBIAN.database,
            declared={},
            owners={},
            initrd=INITRAMFS_TOOLS,
            answers=DEBIAN.answers,
            listen=ignore,
        )
        found = {suspect.path for suspect in gate.suspects({})}
        yield from ((kind, path in found) for kind, path in places.items())
