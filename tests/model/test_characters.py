"""One table says which characters nobody sees: of Unicode's categories, and what is not drawn."""

import sys
import unicodedata

import pytest

from qlumod.model.characters import not_allowed, unseen, unseen_but

ALL = "".join(map(chr, range(sys.maxunicode + 1)))


def test_all_that_unicode_has_for_no_eye_is_in_it() -> None:
    found = {*unseen(ALL)}
    formats = {one for one in ALL if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert formats - found == set()
    drawn = {one for one in found if unicodedata.category(one)[0] not in "CZM"}
    assert drawn == {*"\u115f\u1160\u3164\uffa0"}


@pytest.mark.parametrize(
    "text", ["Jörg Müller", "Ελένη", "Нина", "محمد", "नमस्ते", "日本語", "김철수", "é e\u0301 ☃ 🙂"]
)
def test_what_people_write_is_not_in_it(text: str) -> None:
    assert list(unseen(text)) == []


def test_each_is_told_once_and_by_name() -> None:
    assert list(unseen("a\u202eb\u202e\tc")) == ["\u202e", "\t"]
    assert not_allowed("\t") == "the character U+0009 (tab) is not allowed"
    assert not_allowed("\ud800") == "the character U+D800 (byte that is no text) is not allowed"
    assert unseen_but(r"\n\t").findall("a\n\t\r") == ["\r"]
