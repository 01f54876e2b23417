"""Draw docs/architecture.svg, and fill in docs/architecture.md, from the import contracts.

    python upkeep/architecture.py

The contracts stand in pyproject.toml. Each contract of the type ``layers`` becomes a drawing of its
floors and a table of its rooms; what a room is for is the first line of its docstring. The text of
the page around the tables is written by hand. A test fails where page and contracts differ.
"""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
PICTURE = ROOT / "docs" / "architecture.svg"

BEGIN = "<!-- made by upkeep/architecture.py -->"
END = "<!-- end of what is made -->"

WIDTH, MARGIN, GAP, BOX, HEAD = 960, 40, 12, 40, 40
"""Of the drawing: its width, the space beside boxes and between them, heights of box and title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The floors of one ``layers`` contract, the top one first; each has the modules on it."""

    title: str
    floors: tuple[tuple[str, ...], ...]


def houses(contracts: Iterable[Mapping[str, Any]]) -> tuple[House, ...]:
    """The house of each ``layers`` contract; a contract with several containers has several."""
    return tuple(
        House(
            title=": ".join(filter(None, (contract["name"], _short(container)))),
            floors=tuple(_floors(contract["layers"], container)),
        )
        for contract in contracts
        if contract["type"] == "layers"
        for container in contract.get("containers", [""])
    )


def _floors(layers: Iterable[str], container: str) -> Iterator[tuple[str, ...]]:
    """The full names of the modules of each layer, as import-linter understands them."""
    for layer in layers:
        names = (name.strip(" ()") for name in re.split(r"[|:]", layer))
        yield tuple(f"{container}.{name}" if container else name for name in names)


def picture(drawn: Sequence[House]) -> str:
    """The drawing of all houses below each other, as SVG."""
    body: list[str] = []
    top = 0
    for house in drawn:
        body += [*_title(house, top), *_arrow(house, top), *_boxes(house, top)]
        top += _height(house)
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + GAP}"'
            ' font-family="sans-serif" font-size="15" text-anchor="middle">',
            '<rect width="100%" height="100%" fill="#ffffff"/>',
            *body,
            "</svg>\n",
        )
    )


def _height(house: House) -> int:
    return HEAD + len(house.floors) * (BOX + GAP)


def _title(house: House, top: int) -> Iterator[str]:
    yield (
        f'<text x="{MARGIN}" y="{top + 26}" text-anchor="start" font-weight="bold">'
        f"{escape(house.title)}</text>"
    )


def _arrow(house: House, top: int) -> Iterator[str]:
    """The direction of imports, beside the floors."""
    x, begin, end = MARGIN // 2, top + HEAD, top + _height(house) - GAP
    yield (
        f'<path d="M {x} {begin} V {end} m -6 -10 l 6 10 l 6 -10"'
        ' fill="none" stroke="#33526e" stroke-width="2"/>'
    )


def _boxes(house: House, top: int) -> Iterator[str]:
    for number, floor in enumerate(house.floors):
        y = top + HEAD + number * (BOX + GAP)
        width = (WIDTH - 2 * MARGIN + GAP) / len(floor)
        for place, name in enumerate(floor):
            x = MARGIN + place * width
            yield (
                f'<rect x="{x:.1f}" y="{y}" width="{width - GAP:.1f}" height="{BOX}" rx="5"'
                ' fill="#e8f0f7" stroke="#33526e"/>'
            )
            yield f'<text x="{x + (width - GAP) / 2:.1f}" y="{y + 25}">{_short(name)}</text>'


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def section(contracts: Sequence[Mapping[str, Any]], purposes: Mapping[str, str]) -> str:
    """The part of the page that is made: the rooms of each house, and the other contracts."""
    tables = ("\n".join(_table(house, purposes)) for house in houses(contracts))
    others = [f"- {each['name']}" for each in contracts if each["type"] != "layers"]
    return "\n\n".join((BEGIN, *tables, "Other contracts:", "\n".join(others), END))


def _table(house: House, purposes: Mapping[str, str]) -> Iterator[str]:
    yield f"{house.title}:\n"
    yield "| room | what it is for |"
    yield "|---|---|"
    for floor in house.floors:
        for name in floor:
            yield f"| `{name}` | {purposes[name]} |"


def purpose(name: str) -> str:
    """The first line of the docstring of a module of this checkout."""
    path = ROOT.joinpath(*name.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def made() -> dict[Path, str]:
    """What page and picture should be, by their files."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    drawn = houses(contracts)
    names = {name for house in drawn for floor in house.floors for name in floor}
    filled = section(contracts, {name: purpose(name) for name in names})
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    return {PICTURE: picture(drawn), PAGE: before + filled + rest.partition(END)[2]}


if __name__ == "__main__":
    for path, text in made().items():
        path.write_text(text, encoding="utf-8")
