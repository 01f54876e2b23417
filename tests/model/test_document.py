"""Documents are read as deb822(5) says, and as python-debian reads them, but with line numbers."""

import string

import pytest
from debian.deb822 import Deb822
from hypothesis import given
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.model.document import Reading, Stanza, readable
from qlumod.model.manifest import parse_manifest

NAMES = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=8).filter(
    lambda name: name[0] != "-" and name.lower() != "format"
)
VALUES = st.text(string.ascii_letters + " :#-.,é\u00a0", max_size=12)
FIELDS = st.tuples(NAMES, VALUES, st.lists(VALUES.filter(lambda text: text.strip()), max_size=3))
STANZAS = st.lists(st.lists(FIELDS, min_size=1, max_size=4), max_size=4)


def written(stanzas: list[list[tuple[str, str, list[str]]]], comment: str) -> str:
    """The text of stanzas, with a comment above each field and each further line."""
    texts = ["Format: 1\nFirst: yes\n"]
    for stanza in stanzas:
        lines = [
            f"{comment}{line}\n"
            for name, value, more in stanza
            for line in (f"{name}: {value}", *(f" {text}" for text in more))
        ]
        texts.append("".join(lines))
    return "\n".join(texts)


def distinct(stanza: list[tuple[str, str, list[str]]]) -> bool:
    names = [name.lower() for name, _, _ in stanza]
    return len(names) == len(set(names))


def values(stanza: Stanza) -> dict[str, str]:
    return {field.name: "\n ".join(line.text for line in field.lines) for field in stanza.fields}


@given(STANZAS.filter(lambda stanzas: all(map(distinct, stanzas))), st.sampled_from(["", "# a:\n"]))
def test_what_python_debian_reads_is_read(
    stanzas: list[list[tuple[str, str, list[str]]]], comment: str
) -> None:
    text = written(stanzas, comment)
    theirs = [dict(found) for found in Deb822.iter_paragraphs(text, use_apt_pkg=False)]
    reading = Reading("a document")
    found = reading.stanzas(text)
    reading.finish()
    assert [values(stanza) for stanza in found] == [{"First": "yes"}, *theirs[1:]]


@given(STANZAS)
def test_each_line_has_the_number_that_an_editor_shows(
    stanzas: list[list[tuple[str, str, list[str]]]],
) -> None:
    text = written(stanzas, "# comment\n")
    shown = text.split("\n")
    for stanza in Reading("a document").stanzas(text):
        for field in stanza.fields:
            assert shown[field.line - 1].startswith(f"{field.name}:")
            for line in field.lines:
                assert line.text in shown[line.number - 1]


@given(st.text(st.characters() | st.sampled_from("\n\n\n #:\t\x00A")))
def test_any_text_is_stanzas_or_an_error(text: str) -> None:
    reading = Reading("a document")
    try:
        reading.stanzas(f"Format: 1\n{text}")
        reading.finish()
    except QlumodError as error:
        assert "a document:" in str(error)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("-Name: x", "it is neither 'Field: value', nor indented to continue a field, nor"),
        ("No colon", "it is neither 'Field: value', nor indented to continue a field, nor"),
        (": x", "it is neither 'Field: value', nor indented to continue a field, nor"),
        ("Two words: x", "it is neither 'Field: value', nor indented to continue a field, nor"),
        ("Näme: x", "it is neither 'Field: value', nor indented to continue a field, nor"),
        ("\n lost", "it continues no field"),
    ],
)
def test_a_line_that_is_none_of_a_document_is_refused(line: str, reason: str) -> None:
    reading = Reading("x.module")
    reading.stanzas(f"Format: 1\nA: 1\n{line}\n")
    number = 3 + line.count("\n")
    with pytest.raises(QlumodError) as caught:
        reading.finish()
    assert str(caught.value).startswith(
        f"x.module:{number}: cannot parse line {line.strip()!r}: {reason}"
    )


def test_what_follows_a_refused_line_goes_on_as_if_it_were_not_there() -> None:
    (stanza,) = Reading("x").stanzas("Format: 1\nA: 1\nno field\n 2\nB: 3\n")
    assert values(stanza) == {"A": "1\n 2", "B": "3"}


def test_of_very_many_faults_the_first_thousand_are_told() -> None:
    text = "Format: 1\n" + "".join(f"f{number}: 1\n" for number in range(20_000))
    with pytest.raises(QlumodError) as caught:
        parse_manifest(text, "manifest")
    assert len(str(caught.value).split("\n")) < 1100
    assert str(caught.value).endswith("manifest: these are 1000 faults, and there are more")


def test_a_document_that_could_not_be_read_again_is_not_written() -> None:
    with pytest.raises(QlumodError) as caught:
        readable("Format: 2\n", "manifest", parse_manifest)
    assert str(caught.value).startswith(
        "manifest is not written: it could not be read again\n"
        "  manifest:1: Format: this qlumod reads format 1, not '2'\n"
    )
