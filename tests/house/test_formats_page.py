"""The page about formats has the fields of the module spec from their table."""

from dataclasses import replace

from qlumod.model.spec_fields import SPEC_FIELDS
from upkeep.formats import PAGE, made, table


def test_the_page_is_what_the_table_makes_of_it() -> None:
    assert PAGE.read_text() == made(), "run: python upkeep/formats.py"


def test_every_field_has_a_row_but_those_that_are_told_elsewhere() -> None:
    told = [entry.name for entry in SPEC_FIELDS if not entry.doc]
    assert told == ["Variant-Of"]
    assert len(list(table(SPEC_FIELDS))) == 2 + len(SPEC_FIELDS) - len(told)


def test_required_fields_come_first() -> None:
    fields = {entry.name: entry for entry in SPEC_FIELDS}
    first, last = replace(fields["Title"], doc="a"), replace(fields["Exclude"], doc="b")
    assert list(table([last, first]))[2:] == [
        "| `Title` | required | a |",
        "| `Exclude` | | list by blanks: b |",
    ]
