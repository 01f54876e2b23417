"""What takes the room in a layer, added up by package and by place."""

from qlumod.model.contents import PathLine
from qlumod.package.room import LayerPart, room

FILES = {
    "/usr/bin/large": ("tool", 400, 500.0),
    "/usr/bin/small": ("tool", 10, 4.0),
    "/usr/lib/firmware/card/a.bin": ("firmware", 300, 250.0),
    "/usr/lib/firmware/b.bin": ("firmware", 100, 100.0),
    "/usr/share/a/b/c/d": ("data", 90, 3.0),
    "/usr/share/a/e": ("data", 90, 8.5),
    "/var/cache/thing": ("<maker>", 5, 5.0),
}


def line(path: str, origin: str, size: int, kind: str = "f") -> PathLine:
    return PathLine(
        type=kind, mode=0o644, owner="root:root", size=size, digest="-", origin=origin, path=path
    )


LINES = (
    *(line(path, origin, size) for path, (origin, size, _) in FILES.items()),
    line("/usr/bin", "tool", 0, "d"),
    line("/usr/bin/link", "tool", 5, "l"),
)
FOUND = room(1000, {path: stored for path, (*_, stored) in FILES.items()}, LINES)


def test_packages_and_generators_have_what_their_files_take() -> None:
    assert FOUND.packages == (
        LayerPart(name="tool", stored=504, unpacked=410),
        LayerPart(name="firmware", stored=350, unpacked=400),
        LayerPart(name="data", stored=12, unpacked=180),
        LayerPart(name="<maker>", stored=5, unpacked=5),
    )


def test_a_place_that_takes_a_hundredth_is_told_apart_and_no_file_is_counted_twice() -> None:
    assert FOUND.places == (
        LayerPart(name="/usr/bin", stored=504, unpacked=410),
        LayerPart(name="/usr/lib/firmware/card", stored=250, unpacked=300),
        LayerPart(name="/usr/lib/firmware", stored=100, unpacked=100),
        LayerPart(name="/usr/share/a", stored=12, unpacked=180),
        LayerPart(name="/", stored=5, unpacked=5),
    )


def test_firmware_is_told_apart_and_the_rest_is_tables() -> None:
    assert (FOUND.total, FOUND.firmware, FOUND.without_firmware) == (1000, 350, 650)
    assert (FOUND.tables, FOUND.unpacked) == (130, 995)
