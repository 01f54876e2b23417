"""Characters that a terminal obeys do not get into signed indexes."""

import gzip
import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qlumod.model.names import Digest
from qlumod.repository.entries import PoolFile, binary_entry
from qlumod.repository.hidden import hidden_in_fields, hidden_in_paths
from tests.conftest import Typed
from tests.repository.conftest import SUITE, Shop, refused

pytestmark = pytest.mark.usefixtures("untried")
REMEDY = "To mend it: take it out of the package, and build that again"


def told(title: str, what: str, character: str) -> str:
    return f"{title}: {what}: the character {character} is not allowed in an index\n{REMEDY}"


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\x1b", "U+001B (control character)"),
        ("\x07", "U+0007 (control character)"),
        ("\x0c", "U+000C (control character)"),
        ("\x7f", "U+007F (control character)"),
        ("\x85", "U+0085 (control character)"),
        ("\x9b", "U+009B (control character)"),
    ],
)
def test_a_field_with_a_control_character_is_refused(character: str, name: str, shop: Shop) -> None:
    deb = shop.deb("hostile", fields={"Homepage": f"https://x/{character}]0;mine"})
    assert refused(shop, deb) == told("hostile 1.0 (all)", "Homepage", name)
    with pytest.raises(Exception, match="Homepage: the character"):
        shop.preview(deb)


def test_all_fields_of_all_packages_are_told_at_once(shop: Shop) -> None:
    debs = [
        shop.deb("one", fields={"Homepage": "a\x1b", "Tag": "b\x1b"}),
        shop.deb("two", files={"/usr/share/a\x1b[31m": "", "/usr/share/b\x9bx": ""}),
    ]
    escape, introducer = "U+001B (control character)", "U+009B (control character)"
    assert refused(shop, *debs) == "\n".join(
        (
            told("one 1.0 (all)", "Tag", escape),
            told("one 1.0 (all)", "Homepage", escape),
            told("two 1.0 (all)", r"the file 'usr/share/a\x1b[31m'", escape),
            told("two 1.0 (all)", r"the file 'usr/share/b\x9bx'", introducer),
        )
    )


def test_a_large_package_is_looked_into_as_well(shop: Shop) -> None:
    deb = shop.deb("large", files={"/usr/share/x\x1b": "", "/usr/share/big": "x" * 2_000_000})
    assert "the file 'usr/share/x\\x1b': the character U+001B" in refused(shop, deb)


def test_a_source_package_is_refused_as_well(shop: Shop, tmp_path: Path) -> None:
    tarball = tmp_path / "hostile_1.tar.xz"
    tarball.write_bytes(b"no tarball")
    dsc = tmp_path / "hostile_1.dsc"
    sha256 = hashlib.sha256(tarball.read_bytes()).hexdigest()
    md5 = hashlib.md5(tarball.read_bytes()).hexdigest()
    dsc.write_text(
        "Format: 3.0 (native)\nSource: hostile\nBinary: hostile\nArchitecture: all\nVersion: 1\n"
        "Maintainer: T\x1b[2J <t@example.org>\n"
        f"Checksums-Sha256:\n {sha256} 10 {tarball.name}\nFiles:\n {md5} 10 {tarball.name}\n"
    )
    assert refused(shop, dsc) == told(
        "hostile 1 (source)", "Maintainer", "U+001B (control character)"
    )


def test_what_people_write_is_published(shop: Shop) -> None:
    shop.publish(
        shop.deb(
            "fine",
            fields={"Maintainer": "Jörg Müller <j@example.org>", "Depends": "a,\n\tb"},
            files={"/usr/share/grüße/日本": "", "/usr/share/a b": ""},
        )
    )
    contents = gzip.decompress(shop.current.checked("main/Contents-all.gz")).decode()
    assert "usr/share/grüße/日本 fine" in contents


def test_nothing_reaches_the_terminal_either(shop: Shop, typed: Typed) -> None:
    deb = shop.deb("hostile", files={"/usr/share/\x1b]0;mine\x07": ""})
    answer = typed(
        "publish", "--repository", shop.root, "--suite", SUITE, "--key", shop.fingerprint, deb
    )
    assert answer.status == 1
    assert "\\x1b]0;mine\\x07" in answer.err
    assert "\x1b" not in answer.out + answer.err


TEXT = st.text(st.characters(exclude_categories=("Cs",)))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=TEXT, path=st.binary())
def test_what_passes_has_no_control_characters(value: str, path: bytes) -> None:
    control = {"Package": "x", "Version": "1", "Architecture": "all", "Description": value}
    file = PoolFile(path="pool/x", size=1, sha256=Digest("0" * 64))
    entry = binary_entry(control, file)
    if not list(hidden_in_fields(entry)):
        assert not {one for one in value if one != "\n" and one != "\t" and not _printed(one)}
    if not list(hidden_in_paths(entry, path)):
        text = path.decode(errors="replace")
        assert not {one for one in text if one != "\n" and not _printed(one)}


def _printed(one: str) -> bool:
    return not (ord(one) < 0x20 or 0x7F <= ord(one) <= 0x9F)
