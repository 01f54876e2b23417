"""Mounts as builds need them, in namespaces."""

from pathlib import Path

from qlumod.events import Listener, ignore
from qlumod.system.disk.mount import overlay
from qlumod.system.processes.namespace import call_inside


def pile_up(*, listen: Listener, place: str, count: int) -> list[str]:
    """Inside: mount directories upon each other; the names of all that is seen in the pile."""
    lower = [Path(place, "layers", str(number)) for number in range(count)]
    target, upper, work = (Path(place, name) for name in ("root", "upper", "work"))
    for path in (*lower, target, upper, work):
        path.mkdir(parents=True)
        (path / f"of-{path.name}").touch()
    with overlay(lower, target, upper=upper, work=work):
        return sorted(path.name for path in target.iterdir())


def test_many_layers_below_a_long_path_find_room_in_the_options_of_mount(tmp_path: Path) -> None:
    place = tmp_path / ("long:" * 20) / ("er, " * 20)
    found = call_inside(
        "tests.system.test_mount:pile_up", {"place": str(place), "count": 100}, listen=ignore
    )
    assert found == sorted([*(f"of-{number}" for number in range(100)), "of-upper"])
