"""What other people made is published in one form, or refused by the name of its file."""

import gzip
import hashlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.repository.format.index_entries import read_packages, read_sources
from qlumod.repository.format.snapshots import read_snapshot
from qlumod.repository.index.listing import listed
from qlumod.repository.publishing.incoming import read_apart, read_incoming
from qlumod.repository.publishing.package_files import Incoming, PackageFile, attempted
from tests.repository.conftest import SUITE, SmallRepository
from tests.support.raw_debs import CONTROL, deb, member

pytestmark = pytest.mark.usefixtures("untried")


def made(repository: SmallRepository, data: bytes, name: str = "tool_1.0_all.deb") -> Path:
    (repository.work / "raw").mkdir(exist_ok=True)
    (repository.work / "raw" / name).write_bytes(data)
    return repository.work / "raw" / name


@pytest.mark.parametrize(
    ("control", "told"),
    [
        (CONTROL.replace(b"Package", b"PACKAGE"), "Package: tool\n"),
        (CONTROL.replace(b"Test <", b"J\xf6rg <"), "Maintainer: Jörg <test@example.org>\n"),
        (CONTROL + b"Provides:\nSection: misc\nmd5SUM: 0\n", "Section: misc\nFilename: "),
    ],
    ids=["names in capitals", "Latin-1", "empty fields and digests"],
)
def test_an_index_has_one_form(repository: SmallRepository, control: bytes, told: str) -> None:
    repository.publish(made(repository, deb(control)))
    index = gzip.decompress(repository.current.checked("main/binary-all/Packages.gz")).decode()
    assert told in index
    assert "Provides" not in index
    assert "md5" not in index.lower()


def test_a_byte_that_dpkg_does_not_mind_is_published_and_read_again(
    repository: SmallRepository,
) -> None:
    data = deb(CONTROL, member("./usr/bin/tool", b"x"))
    odd = data.replace(b"0           0     0 ", b"\x04           0     0 ", 1)
    repository.publish(made(repository, odd))
    (entry,) = repository.current.entries()
    assert listed(repository.root / entry.files[0].path).paths == [b"usr/bin/tool"]


DSC = (
    b"Format: 3.0 (native)\nSource: tool\nVersion: 1\nBinary: tool\n"
    b"Checksums-Sha256:\n %s 4 tool_1.tar.xz\nFiles:\n 0 4 tool_1.tar.xz\n"
    % hashlib.sha256(b"text").hexdigest().encode()
)
CHANGES = b"Format: 1.8\nSource: tool\nChecksums-Sha256:\n %s 7 tool_1.dsc\n" % (b"0" * 64)
EDITS = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 3), st.binary(max_size=6)))


@settings(deadline=None, max_examples=300)
@given(which=st.sampled_from([("x.dsc", DSC), ("x.changes", CHANGES)]), edits=EDITS)
def test_a_dsc_or_changes_of_any_bytes_ends_in_a_value_or_an_error(
    which: tuple[str, bytes], edits: list[tuple[int, int, bytes]]
) -> None:
    name, data = which
    for place, left_out, new in edits:
        start = place % (len(data) + 1)
        data = data[:start] + new + data[start + left_out :]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "tool_1.tar.xz").write_bytes(b"text")
        (Path(folder) / name).write_bytes(data)
        try:
            read_incoming([Path(folder) / name], Path(folder), listen=ignore)
        except QlumodError as fault:
            assert folder in fault.brief


def test_processes_of_their_own_read_the_same_in_the_same_order(
    repository: SmallRepository,
) -> None:
    paths = [
        repository.deb("first"),
        made(repository, b"no package"),
        repository.deb("last"),
        repository.work / "none.deb",
    ]
    files = [PackageFile(path=path, said={}, root=repository.root) for path in paths]
    moved: list[int] = []
    apart = read_apart(files, 3, moved.append, listen=ignore)
    here = [attempted(file) for file in files]
    assert [str(one) for one in apart] == [str(one) for one in here]
    assert [type(one) for one in apart] == [Incoming, QlumodError, Incoming, QlumodError]
    assert sum(moved) == len(files)


@settings(deadline=None, max_examples=200)
@given(text=st.text("PackageVersionArchitectureSizeSHA256: \n0a.-ChecksumsFilename", max_size=300))
def test_an_index_of_any_text_ends_in_entries_or_an_error(text: str) -> None:
    for read in (read_packages, read_sources):
        try:
            read(text)
        except QlumodError as fault:
            assert fault.brief.startswith(("Packages", "Sources"))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"\xff\xfe" * len(data),
        lambda data: data.replace(b"Date: ", b"Day: "),
        lambda data: data.replace(b"Tue", b"Tue, 99999").replace(b"Date: ", b"Date: x"),
        lambda data: b"",
        lambda data: data.replace(b"SHA256:\n ", b"SHA256:\n x"),
    ],
)
def test_a_damaged_release_file_is_named(repository: SmallRepository, change) -> None:
    repository.publish(repository.deb("tool"))
    path = repository.current.directory / "Release"
    identity = repository.current.identity
    data = change(path.read_bytes())
    path.chmod(0o644)
    path.write_bytes(data)
    with pytest.raises(QlumodError, match="Release"):
        assert read_snapshot(repository.layout, identity, SUITE).date
