"""Fill in docs/formats.md from the tables of fields.

    python upkeep/formats.py

The table of the module spec's fields is made of `SPEC_FIELDS`: those that are required come first.
The text of the page around it is written by hand. A test fails where page and table differ.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from qlumod.model.spec_fields import SPEC_FIELDS, SpecField

PAGE = Path(__file__).resolve().parents[1] / "docs" / "formats.md"

BEGIN = "<!-- made by upkeep/formats.py -->"
END = "<!-- end of what is made -->"


def table(fields: Iterable[SpecField]) -> Iterator[str]:
    """The lines of a table of fields; those that are told elsewhere have no row."""
    yield "| field | | value |"
    yield "|---|---|---|"
    for entry in sorted(fields, key=lambda entry: not entry.required):
        if entry.doc:
            value = ": ".join(filter(None, (entry.kind.said, entry.doc)))
            yield f"| `{entry.name}` | {'required' if entry.required else ''} | {value} |".replace(
                "|  |", "| |"
            )


def made() -> str:
    """What the page should be."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    filled = "\n".join((BEGIN, "", *table(SPEC_FIELDS), "", END))
    return before + filled + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(made(), encoding="utf-8")
