"""What stands on what: orders, circles and gaps."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlumod.model.names import ModuleName
from qlumod.model.stacks import Circle, gaps, in_order


@dataclass(frozen=True)
class Module:
    module: ModuleName
    requires: tuple[ModuleName, ...] = ()
    conflicts: tuple[ModuleName, ...] = ()


def modules(**requires: str) -> list[Module]:
    return [
        Module(ModuleName(name), tuple(map(ModuleName, below.split())))
        for name, below in requires.items()
    ]


NAMES = [ModuleName(name) for name in "abcdefgh"]


@st.composite
def some(draw: st.DrawFn) -> list[Module]:
    """Modules without circles, in any order; each requires some that come first in a hidden one."""
    hidden = draw(st.permutations(NAMES))
    made = [
        Module(name, tuple(draw(st.lists(st.sampled_from(hidden[:at]), unique=True))) if at else ())
        for at, name in enumerate(hidden)
    ]
    return draw(st.permutations(made))


@given(some())
def test_each_is_the_first_by_name_of_those_whose_requirements_are_there(
    found: list[Module],
) -> None:
    order = in_order(found)
    for at, one in enumerate(order):
        placed = {below.module for below in order[:at]}
        ready = [m.module for m in order[at:] if placed.issuperset(m.requires)]
        assert one.module == min(ready)


@pytest.mark.parametrize(
    ("requires", "way"),
    [
        ({"a": "a"}, "a → a"),
        ({"core": "", "b": "core c", "c": "b"}, "b → c → b"),
        ({"a": "d", "d": "c", "c": "e", "e": "d"}, "c → e → d → c"),
    ],
)
def test_a_circle_is_told_from_its_first_module_on(requires: dict[str, str], way: str) -> None:
    with pytest.raises(Circle, match=f"^modules require each other in a circle: {way}\n"):
        in_order(modules(**requires))


def test_what_is_required_and_missing_is_told_with_who_requires_it() -> None:
    found = modules(a="b x", b="y x", c="")
    assert [(one.module, below) for one, below in gaps(found)] == [
        ("a", "x"), ("b", "y"), ("b", "x"),
    ]  # fmt: skip
    assert [one.module for one in in_order(found)] == ["b", "a", "c"]
