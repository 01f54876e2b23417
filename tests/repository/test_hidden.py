"""What nobody sees, and what clients would take for something else, is in no signed index."""

import gzip
import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qlumod.model.characters import unseen
from qlumod.model.names import Digest
from qlumod.repository.format.hidden import hidden_in_paths, wrong_in_fields
from qlumod.repository.format.index_entries import PoolFile, binary_entry
from tests.conftest import CommandLine
from tests.repository.conftest import SUITE, SmallRepository, refused

pytestmark = pytest.mark.usefixtures("untried")
OVERRIDE = "U+202E (right-to-left override)"
REMEDY = "To mend it: take it out of the package, and build that again"


def told(title: str, what: str, character: str) -> str:
    return f"{title}: {what}: the character {character} is not allowed\n{REMEDY}"


def index_of(repository: SmallRepository, name: str) -> str:
    return gzip.decompress(repository.current.checked(f"main/{name}.gz")).decode()


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\x1b", "U+001B (control character)"),
        ("\x07", "U+0007 (control character)"),
        ("\x0c", "U+000C (control character)"),
        ("\x7f", "U+007F (control character)"),
        ("\x85", "U+0085 (control character)"),
        ("\x9b", "U+009B (control character)"),
        ("\u202e", "U+202E (right-to-left override)"),
        ("\u2028", "U+2028 (line separator)"),
        ("\u2029", "U+2029 (paragraph separator)"),
        ("\u200b", "U+200B (zero width space)"),
        ("\u200d", "U+200D (zero width joiner)"),
        ("\u3164", "U+3164 (hangul filler)"),
        ("\ufe01", "U+FE01 (variation selector-2)"),
        ("\U000e0000", "U+E0000 (no character)"),
        ("\U000e0041", "U+E0041 (tag latin capital letter a)"),
    ],
)
def test_a_field_with_a_character_that_nobody_sees_is_refused(
    character: str, name: str, repository: SmallRepository
) -> None:
    deb = repository.deb("hostile", fields={"Homepage": f"https://x/{character}]0;mine"})
    assert refused(repository, deb) == told("hostile 1.0 (all)", "Homepage", name)
    with pytest.raises(Exception, match="Homepage: the character"):
        repository.preview(deb)


def test_all_fields_of_all_packages_are_told_at_once(repository: SmallRepository) -> None:
    debs = [
        repository.deb("one", fields={"Homepage": "a\x1b", "Tag": "b\x1b"}),
        repository.deb("two", files={"/usr/share/a\x1b[31m": "", "/usr/share/b\x9bx": ""}),
    ]
    escape, introducer = "U+001B (control character)", "U+009B (control character)"
    assert refused(repository, *debs) == "\n".join(
        (
            told("one 1.0 (all)", "Tag", escape),
            told("one 1.0 (all)", "Homepage", escape),
            told("two 1.0 (all)", r"the file 'usr/share/a\x1b[31m'", escape),
            told("two 1.0 (all)", r"the file 'usr/share/b\x9bx'", introducer),
        )
    )


def test_a_large_package_is_looked_into_as_well(repository: SmallRepository) -> None:
    deb = repository.deb("large", files={"/usr/share/x\x1b": "", "/usr/share/big": "x" * 2_000_000})
    assert "the file 'usr/share/x\\x1b': the character U+001B" in refused(repository, deb)


def test_a_source_package_is_refused_as_well(repository: SmallRepository, tmp_path: Path) -> None:
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
    assert refused(repository, dsc) == told(
        "hostile 1 (source)", "Maintainer", "U+001B (control character)"
    )


def test_the_name_of_a_field_is_one_that_everybody_sees(repository: SmallRepository) -> None:
    deb = repository.deb("hostile", fields={"Tag\u202e": "a", "Größe": "b"})
    assert refused(repository, deb) == "\n".join(
        (
            f"hostile 1.0 (all): the name of the field 'Größe': it is none (Debian Policy 5.1)"
            f"\n{REMEDY}",
            told("hostile 1.0 (all)", "the name of the field 'Tag\\u202e'", OVERRIDE),
        )
    )


def test_a_field_stands_there_once_however_it_is_written() -> None:
    control = {"Package": "x", "Version": "1", "Architecture": "all", "package": "other"}
    file = PoolFile(path="pool/x", size=1, sha256=Digest("0" * 64))
    (fault,) = wrong_in_fields(binary_entry(control, file))
    assert fault.brief == "x 1 (all): package: the field stands there twice"


def test_a_file_with_a_mark_of_direction_is_refused(repository: SmallRepository) -> None:
    deb = repository.deb("hostile", files={"/usr/share/x\u202egnp.sh": ""})
    assert refused(repository, deb) == told(
        "hostile 1.0 (all)", r"the file 'usr/share/x\u202egnp.sh'", OVERRIDE
    )


@pytest.mark.parametrize("section", ["../../x", "/admin", "a/b/c", "admin/", "two words"])
def test_a_section_is_one(section: str, repository: SmallRepository) -> None:
    deb = repository.deb("hostile", fields={"Section": section})
    assert refused(repository, deb) == (
        f"hostile 1.0 (all): Section: {section!r} is neither a section nor area/section "
        f"(Debian Policy 2.4)\n{REMEDY}"
    )


@pytest.mark.parametrize("section", ["admin", "non-free-firmware/libs", "contrib/x11", "Vendor"])
def test_sections_of_debian_and_of_vendors_are_published(
    section: str, repository: SmallRepository
) -> None:
    repository.publish(repository.deb("fine", fields={"Section": section}))


def test_what_the_index_computes_is_taken_from_no_package(repository: SmallRepository) -> None:
    false = {"Description-md5": "0" * 32, "MD5sum": "0" * 32, "Filename": "x", "sha512": "0" * 128}
    false |= {"size": "1", "Directory": "../x"}
    repository.publish(repository.deb("fine", fields=false))
    index = index_of(repository, "binary-all/Packages")
    names = [line.partition(":")[0].lower() for line in index.splitlines()]
    assert sorted({*names} & {name.lower() for name in false}) == ["filename", "size"]
    assert "Size: 1\n" not in index
    assert "Filename: x\n" not in index


def test_sources_are_described_by_their_bytes(repository: SmallRepository, tmp_path: Path) -> None:
    tarball, dsc = tmp_path / "fine_1.tar.xz", tmp_path / "fine_1.dsc"
    tarball.write_bytes(b"no tarball")
    sha256 = hashlib.sha256(tarball.read_bytes()).hexdigest()
    dsc.write_text(
        "Format: 3.0 (native)\nSource: fine\nBinary: fine\nArchitecture: all\nVersion: 1\n"
        "Maintainer: T <t@example.org>\npackage: other\ndirectory: ../x\n"
        f"Checksums-Sha512:\n 0 10 {tarball.name}\n"
        f"Checksums-Sha256:\n {sha256} 10 {tarball.name}\nFiles:\n {'0' * 32} 10 ../other\n"
    )
    repository.publish(dsc)
    index = index_of(repository, "source/Sources")
    md5 = hashlib.md5(tarball.read_bytes()).hexdigest()
    assert f"\n {md5} 10 {tarball.name}\n" in index
    assert [line for line in index.splitlines() if "other" in line or "Sha512" in line] == []
    assert index.lower().count("directory:") == 1


def test_what_people_write_is_published(repository: SmallRepository) -> None:
    repository.publish(
        repository.deb(
            "fine",
            fields={"Maintainer": "Jörg Müller <j@example.org>", "Depends": "a,\n\tb"},
            files={"/usr/share/grüße/日本": "", "/usr/share/a b": ""},
        )
    )
    contents = gzip.decompress(repository.current.checked("main/Contents-all.gz")).decode()
    assert "usr/share/grüße/日本 fine" in contents


def test_nothing_reaches_the_terminal_either(
    repository: SmallRepository, qlumod: CommandLine
) -> None:
    deb = repository.deb("hostile", files={"/usr/share/\x1b]0;mine\x07": ""})
    answer = qlumod(
        "publish",
        "--repository",
        repository.root,
        "--suite",
        SUITE,
        "--key",
        repository.fingerprint,
        deb,
    )
    assert answer.status == 1
    assert "\\x1b]0;mine\\x07" in answer.err
    assert "\x1b" not in answer.out + answer.err


TEXT = st.text(st.characters(exclude_categories=("Cs",)))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=TEXT, path=st.binary())
def test_what_passes_is_seen(value: str, path: bytes) -> None:
    control = {"Package": "x", "Version": "1", "Architecture": "all", "Description": value}
    file = PoolFile(path="pool/x", size=1, sha256=Digest("0" * 64))
    entry = binary_entry(control, file)
    if not list(wrong_in_fields(entry)):
        assert {*unseen(value)} <= {"\n", "\t"}
    if not list(hidden_in_paths(entry, path)):
        assert {*unseen(path.decode(errors="replace"))} <= {"\n"}
