"""Control data of other people: what dpkg reads is read, in one form; else its line is told."""

import io

import pytest
from debian.deb822 import Deb822
from hypothesis import given, settings
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.model.stanzas import (
    MalformedStanza,
    as_text,
    date_seconds,
    is_computed,
    normalised,
    one_stanza,
    read_fields,
    read_stanzas,
    signed_stanza,
    stanza_text,
)

CONTROL = (
    "package: tool\nVersion:1.0 \nARCHITECTURE : all\nDepends: a (>= 1) | b,\n c:any\n"
    "X-Own: x\nProvides:\nDescription: a tool\n of many\n .\n \tlines\nMD5sum: 0\n"
)
SIGNED = (
    b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nSource: x\nFiles:\n"
    b" d41d8cd98f00b204e9800998ecf8427e 7 misc optional x_1.deb\nX: 1\n"
    b"-----BEGIN PGP SIGNATURE-----\n\nnonsense\n-----END PGP SIGNATURE-----\n"
)


def test_known_names_have_one_spelling_and_values_stay_as_they_are() -> None:
    told = one_stanza(CONTROL, "x")
    assert list(told.fields) == [
        "Package", "Version", "Architecture", "Depends", "X-Own", "Provides", "Description",
        "MD5sum",
    ]  # fmt: skip
    assert told.need("Version") == "1.0"
    assert told.get("Depends") == "a (>= 1) | b,\n c:any"
    assert told.get("Description") == "a tool\n of many\n .\n \tlines"
    assert told.text == CONTROL


def test_what_only_an_index_tells_and_what_is_empty_goes() -> None:
    told = normalised(one_stanza(CONTROL, "x"))
    assert {"Provides", "MD5sum"}.isdisjoint(told.fields)
    assert told.fields["X-Own"] == "x"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "x: line 1: the last line has no end (a newline)"),
        ("\n", "x has no stanzas: it must have one"),
        ("A: 1\n\nB: 2\n", "x has 2 stanzas: it must have one"),
        ("A: 1\na: 2\n", "x: line 2: the field a stands there twice"),
        ("A: 1\n  \n", "x: line 2: it has blanks only"),
        ("A: 1\nB\n", "x: line 2: 'B' is neither 'Field: value' nor continues a field"),
        (" A: 1\n", "x: line 1: ' A: 1' is neither 'Field: value' nor continues a field"),
        ("-A: 1\n", "x: line 1: '-A: 1' is neither 'Field: value' nor continues a field"),
        ("A: 1\nB: 2", "x: line 2: the last line has no end (a newline)"),
        ("A: 1\n# B\n", "x: line 2: '# B' is a comment, which only a source package may have"),
    ],
)
def test_what_dpkg_refuses_is_refused_by_line(text: str, told: str) -> None:
    with pytest.raises(QlumodError) as caught:
        one_stanza(text, "x")
    assert caught.value.brief == told


def test_a_line_of_a_later_stanza_has_its_number() -> None:
    with pytest.raises(QlumodError, match=r"^x: line 5: "):
        list(read_stanzas("A: 1\n\n\nB: 2\nC\n", "x"))


@pytest.mark.parametrize(
    ("stanza", "line", "what"),
    [
        ("A: 1\nsecret\n", 11, "it is neither 'Field: value' nor continues a field"),
        ("secret: 1\nSecret: 2\n", 11, "the field stands there twice"),
        ("A: 1\nB: 2\n \n secret\n", 12, "it has blanks only"),
    ],
)
def test_what_is_wrong_can_be_told_without_the_line(stanza: str, line: int, what: str) -> None:
    with pytest.raises(MalformedStanza) as caught:
        read_fields(stanza, "x", line=10)
    assert (caught.value.line, caught.value.what) == (line, what)


def test_a_signature_is_left_out() -> None:
    told = signed_stanza(SIGNED, "x")
    assert list(told.files("Files")) == [("d41d8cd98f00b204e9800998ecf8427e", 7, "x_1.deb")]


def test_numbers_and_dates_are_ones() -> None:
    told = one_stanza("Size: 12x\nDate: never\nFiles:\n 0 x y\n", "x")
    for wrong in (
        lambda: told.number("Size"),
        lambda: date_seconds(told.need("Date"), "x"),
        lambda: date_seconds("Tue, 14 Nov 99999 22:13:20 UTC", "x"),
        lambda: list(told.files("Files")),
        lambda: told.need("Package"),
    ):
        with pytest.raises(QlumodError, match=r"^x"):
            wrong()
    assert date_seconds("Tue, 14 Nov 2023 22:13:20 UTC", "x") == 1_700_000_000


NAMES = st.text("ABab-1", min_size=1).filter(lambda name: not name.startswith("-"))
LINES = st.text(st.characters(codec="utf-8", exclude_characters="\n")).map(
    lambda line: line.strip(" \t\v\f\r")
)
VALUES = st.tuples(LINES, st.lists(LINES.map(lambda line: f"\n .{line}"), max_size=2))


@settings(deadline=None)
@given(fields=st.dictionaries(NAMES, VALUES.map(lambda parts: parts[0] + "".join(parts[1]))))
def test_what_is_written_is_read_again(fields: dict[str, str]) -> None:
    text = stanza_text(fields) + "End: .\n"
    if len({name.lower() for name in fields}) == len(fields):
        assert one_stanza(text, "x").fields == {**fields, "End": "."}


@settings(deadline=None)
@given(text=st.text("Aa:# \n\t.-1"))
def test_what_is_read_is_what_python_debian_reads(text: str) -> None:
    try:
        told = one_stanza(text, "x")
    except QlumodError:
        return
    theirs = Deb822(io.StringIO(text.lstrip("\n")))
    assert {name.lower() for name in told.fields} == {name.lower() for name in theirs}
    for name, value in told.fields.items():
        assert value.split() == theirs[name].split()


@settings(deadline=None, max_examples=300)
@given(
    data=st.one_of(
        st.binary(),
        st.text("Package:Depends ()|,<>=\n\t.#-1\x00\r\u2028ä").map(str.encode),
        st.tuples(st.integers(0, len(SIGNED)), st.binary(max_size=5)).map(
            lambda edit: SIGNED[: edit[0]] + edit[1] + SIGNED[edit[0] + 1 :]
        ),
    )
)
def test_any_bytes_end_in_a_value_or_an_error(data: bytes) -> None:
    try:
        told = normalised(signed_stanza(data, "x"))
    except QlumodError as fault:
        assert fault.brief.startswith("x")
        return
    assert not any(map(is_computed, told.fields))
    again = stanza_text(told.fields)
    assert not again or normalised(one_stanza(again, "x")).fields == told.fields


def test_a_long_line_takes_no_long_time() -> None:
    names = ",\n ".join(f"package-{number} (>= {number})" for number in range(20_000))
    told = normalised(one_stanza(f"Depends: {names}\nX: {' ' * 1_000_000}x\n", "x"))
    assert as_text(told.get("Depends").encode()) == names
