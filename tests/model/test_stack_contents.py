"""The paths and the units of a stack are those of its layers, from the lowest one up."""

from qlumod.model.contents import PathLine
from qlumod.model.stack_contents import LayerContents, StackUnit, stack_paths, stack_units

UNITS = "/usr/lib/systemd/system"
OWN = "/etc/systemd/system"


def line(path: str, type_: str = "f", digest: str = "-", size: int = 1) -> PathLine:
    return PathLine(
        type=type_, mode=0o644, owner="root:root", size=size, digest=digest, origin="x", path=path
    )


def link(path: str, target: str) -> PathLine:
    return line(path, "l", target)


def layer(name: str, *lines: PathLine) -> LayerContents:
    return LayerContents(layer=name, lines=lines)


def test_the_uppermost_layer_decides() -> None:
    core = layer(
        "core", line("/a"), line("/b", "d"), line("/b/c"), line("/d", "d"), line("/d/e"),
        line("/bb"), line("/f", "d"), line("/f/g"),
    )  # fmt: skip
    top = layer("top", line("/a"), line("/b", "w"), line("/d"), line("/f", "d"))
    found = [(each.line.path, each.layer) for each in stack_paths([core, top])]
    assert found == [
        ("/a", "top"), ("/bb", "core"), ("/d", "top"), ("/f", "top"), ("/f/g", "core")
    ]  # fmt: skip


def test_sizes_count_hard_links_once_and_no_directories() -> None:
    contents = layer(
        "core", line("/a", size=5), line("/b", "h", "/a", 5), line("/c", "d"), line("/d", "w"),
        link("/e", "a"),
    )  # fmt: skip
    assert (contents.unpacked_size, contents.files) == (5, 3)


def units(*lines: PathLine) -> dict[str, StackUnit]:
    return {unit.name: unit for unit in stack_units(stack_paths([layer("core", *lines)]))}


def test_a_unit_is_enabled_by_links_of_others_and_by_its_own_other_names() -> None:
    found = units(
        line(f"{UNITS}/a.service"),
        line(f"{UNITS}/b.service"),
        line(f"{UNITS}/c@.service"),
        line(f"{UNITS}/d.socket"),
        line(f"{UNITS}/e.txt"),
        line(f"{UNITS}/f.service.d", "d"),
        link(f"{UNITS}/multi-user.target.wants/a.service", "../a.service"),
        link(f"{OWN}/b-alias.service", f"{UNITS}/b.service"),
        link(f"{OWN}/x.target.requires/c@1.service", f"{UNITS}/c@.service"),
        line(f"{OWN}/y.target.wants", "d"),
    )
    assert {name: unit.state for name, unit in found.items()} == {
        "a.service": "enabled",
        "b.service": "enabled",
        "b-alias.service": "alias",
        "c@.service": "enabled",
        "d.socket": "disabled",
    }
    assert found["c@.service"].enabled_by == (f"{OWN}/x.target.requires/c@1.service",)
    assert found["b-alias.service"].alias_of == "b.service"


def test_a_masked_unit_and_one_that_the_site_replaces_are_those_below_etc() -> None:
    found = units(
        line(f"{UNITS}/a.service"),
        line(f"{UNITS}/b.service"),
        link(f"{OWN}/a.service", "/dev/null"),
        link(f"{OWN}/z.target.wants/a.service", f"{UNITS}/a.service"),
        line(f"{OWN}/b.service"),
    )
    assert (found["a.service"].state, found["b.service"].path) == ("masked", f"{OWN}/b.service")
