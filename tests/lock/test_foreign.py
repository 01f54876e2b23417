"""Indexes and control files as other people write them: in one form, or an error names them."""

import re

import pytest

from tests.lock.build_host import BuildHost, versions
from tests.support.raw_debs import CONTROL, deb

OWN = "\nArchive: own\nFlavors: bookworm\nDirectory: ../dist\n"


def without(name: bytes) -> dict[str, object]:
    return {"rewritten": lambda index: re.sub(rb"(?m)^%s: .*\n" % name, b"", index)}


@pytest.mark.parametrize("field", ["SHA256", "Size"])
def test_an_index_that_lacks_a_field_is_named(host: BuildHost, field: str) -> None:
    host.offer(**without(field.encode()))
    assert re.sub(r"index \S+", "index …", host.refusal()) == (
        f"apt 1 in the index … has no field {field}\n"
        "To mend it: ask the owner of the archive for indexes that have it, or take its packages as"
        " a directory of .debs (--archive NAME=DIR)"
    )


def test_an_index_in_latin_1_is_read(host: BuildHost) -> None:
    host.offer(rewritten=lambda index: index.replace(b"Test <test", b"J\xf6rg <test"))
    assert versions(host.lock())["hello"] == "1"


def with_tool(host: BuildHost, control: bytes) -> None:
    """Let core have a package of a directory of .debs, which says this of itself."""
    host.offer()
    (host.top / "dist").mkdir()
    (host.top / "dist/tool_1.0_all.deb").write_bytes(deb(control))
    host.release(extra=OWN)
    host.spec("core", "hello", "tool", requires="")


@pytest.mark.parametrize(
    "control",
    [
        CONTROL + b"MD5sum: 0\nSHA256: 0\nsize: 1\nFilename: x\nDescription-md5: 0\n",
        CONTROL + b"Provides:\nConflicts: \nSection: misc\n",
        CONTROL.replace(b"Package:", b"PACKAGE:").replace(b"Version", b"version"),
        CONTROL.replace(b"Test <", b"J\xf6rg <"),
    ],
    ids=["what only an index tells", "empty fields", "names in capitals", "Latin-1"],
)
def test_a_deb_of_a_directory_spoils_no_archive(host: BuildHost, control: bytes) -> None:
    with_tool(host, control)
    assert versions(host.lock())["tool"] == "1.0"
    host.fetch()


@pytest.mark.parametrize(
    ("control", "told"),
    [
        (CONTROL + b"PACKAGE: x\n", "line 6: the field PACKAGE stands there twice"),
        (CONTROL[:-1], "the last line has no end"),
        (CONTROL + b" \n .\n", "line 6: it has blanks only"),
        (CONTROL + b"# a comment\n", "line 6: '# a comment' is a comment, which"),
        (CONTROL + b"\nPackage: x\n", "has 2 stanzas"),
        (
            CONTROL + b"Depends: ${shlibs:Depends}\n",
            "Depends: the variable '${shlibs:Depends}' was",
        ),
        (CONTROL + b"Status: install ok installed\n", "Status: dpkg keeps this field"),
        (CONTROL + b"Depends: a,\n", "Depends: '' is no relation"),
        (CONTROL + b"Conflicts: a | b\n", "Conflicts: 'a | b' is no relation"),
        (CONTROL + b"Depends: a (>= v1)\n", "Depends: 'a (>= v1)' is no relation"),
        (b"Package: tool\n", "has no field Architecture"),
    ],
)
def test_a_control_file_that_dpkg_refuses_is_named(
    host: BuildHost, control: bytes, told: str
) -> None:
    with_tool(host, control)
    refusal = host.refusal()
    assert "dist/tool_1.0_all.deb: its control file" in refusal
    assert told in refusal
