"""The page about the architecture shows the import contracts."""

import xml.etree.ElementTree as ET

from upkeep.architecture import House, houses, made, picture, section

CONTRACTS = [
    {
        "name": "Down only",
        "type": "layers",
        "layers": ["qlumod.top", "(qlumod.left) | qlumod.right"],
    },
    {"name": "A & B are pure", "type": "forbidden"},
    {
        "name": "Inside",
        "type": "layers",
        "layers": ["high", "low : deep"],
        "containers": ["qlumod.left", "qlumod.right"],
    },
]  # fmt: skip


def test_the_page_is_what_the_contracts_make_of_it() -> None:
    for path, text in made().items():
        assert path.read_text() == text, "run: python upkeep/architecture.py"


def test_a_house_has_the_floors_of_a_contract_in_each_of_its_containers() -> None:
    assert houses(CONTRACTS) == (
        House(title="Down only", floors=(("qlumod.top",), ("qlumod.left", "qlumod.right"))),
        House(
            title="Inside: left",
            floors=(("qlumod.left.high",), ("qlumod.left.low", "qlumod.left.deep")),
        ),
        House(
            title="Inside: right",
            floors=(("qlumod.right.high",), ("qlumod.right.low", "qlumod.right.deep")),
        ),
    )


def test_each_room_is_drawn_with_its_name() -> None:
    drawn = ET.fromstring(picture(houses(CONTRACTS)))
    assert [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")] == [
        "Down only", "top", "left", "right",
        "Inside: left", "high", "low", "deep",
        "Inside: right", "high", "low", "deep",
    ]  # fmt: skip


def test_what_a_room_is_for_stands_in_the_table_and_what_draws_nothing_in_a_list() -> None:
    text = section(CONTRACTS[:2], {f"qlumod.{name}": name for name in ("top", "left", "right")})
    assert text == (
        "<!-- made by upkeep/architecture.py -->\n\n"
        "Down only:\n\n"
        "| room | what it is for |\n|---|---|\n"
        "| `qlumod.top` | top |\n| `qlumod.left` | left |\n| `qlumod.right` | right |\n\n"
        "Other contracts:\n\n"
        "- A & B are pure\n\n"
        "<!-- end of what is made -->"
    )
