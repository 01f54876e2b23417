"""Tables of fields: what one entry says is read, written, and the same in spec and manifest."""

import re
from dataclasses import fields as attributes_of
from types import SimpleNamespace

import pytest

from qlumod.errors import QlumodError
from qlumod.model.document import Reading, written
from qlumod.model.field_table import BLANKS, ONE, TEXT, Field, read_values, texts
from qlumod.model.fields import Fields, yes_or_no
from qlumod.model.manifest import MANIFEST_FIELDS, Manifest
from qlumod.model.module_file import parse_spec, spec_text
from qlumod.model.spec import ModuleSpec
from qlumod.model.spec_fields import SPEC_FIELDS
from tests.support.documents import SLURM, release

TABLE = (
    Field(name="Name", kind=ONE, required=True),
    Field(name="Long-Text", kind=TEXT, attribute="said", required=True),
    Field(name="Switched-On", kind=ONE, parse=yes_or_no, default=True),
    Field(name="Words", kind=BLANKS),
)
TEXT_OF_TABLE = "Name: a\nSwitched-On: no\nWords: b c\nLong-Text: d\n e\n"


def values(text: str) -> dict[str, object]:
    reading = Reading("file")
    (stanza,) = reading.stanzas(f"Format: 1\n{text}")
    found = read_values(Fields(reading, stanza), TABLE)
    reading.finish()
    return found


def test_a_table_reads_what_it_writes_and_a_text_comes_last() -> None:
    found = values(TEXT_OF_TABLE)
    assert found == {"name": "a", "said": "d\ne", "switched_on": False, "words": ("b", "c")}
    assert written(texts(TABLE, SimpleNamespace(**found))) == TEXT_OF_TABLE


def test_what_is_missing_has_its_default_which_is_not_written() -> None:
    found = values("Name: a\nLong-Text: d\n")
    assert found == {"name": "a", "said": "d", "switched_on": True, "words": ()}
    assert written(texts(TABLE, SimpleNamespace(**found))) == "Name: a\nLong-Text: d\n"


def test_required_fields_that_are_missing_are_told_once_each() -> None:
    with pytest.raises(QlumodError) as caught:
        values("Words: b\n")
    assert str(caught.value) == (
        "file:1: Name: the field is missing\nfile:1: Long-Text: the field is missing"
    )


def test_the_table_of_the_spec_has_all_its_attributes() -> None:
    known = {attribute.name for attribute in attributes_of(ModuleSpec)}
    assert {entry.attribute for entry in SPEC_FIELDS} == known - {"path", "digest", "lines"}


def test_a_spec_that_lacks_a_field_writes_nothing_of_it() -> None:
    (spec,) = parse_spec(SLURM, "slurm.module", release())
    names = re.findall("(?m)^([A-Z][A-Za-z-]+):", SLURM)
    assert re.findall("(?m)^([A-Z][A-Za-z-]+):", spec_text(spec)) == names


def test_the_table_of_the_manifest_has_all_its_attributes() -> None:
    known = [attribute.name for attribute in attributes_of(Manifest)]
    assert sorted(entry.attribute for entry in MANIFEST_FIELDS) == sorted(known)


def test_what_the_manifest_says_as_the_spec_does_has_the_same_name_and_kind() -> None:
    manifest = {entry.attribute: (entry.name, entry.kind) for entry in MANIFEST_FIELDS}
    spec = {e.attribute: (e.name, e.kind) for e in SPEC_FIELDS if e.in_manifest}
    assert spec.items() <= manifest.items()
