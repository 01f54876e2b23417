"""The indexes beyond Packages and Sources: what clients find in them, and how they are kept up."""

import gzip
import itertools
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlumod.events import ignore
from qlumod.model.digests import digest_bytes
from qlumod.repository.format.indexes import GZ, PACKAGES, IndexKind
from qlumod.repository.format.settings import Wishes
from qlumod.repository.index.chunks import Chunks, Damaged
from qlumod.repository.index.cutting import empty
from qlumod.repository.index.listing import listed
from qlumod.repository.rules.retention import Retention
from qlumod.repository.verbs.gc import collect
from qlumod.repository.verbs.repo import check_repository
from qlumod.repository.verbs.sign import renew
from qlumod.repository.verbs.withdraw import remove_packages
from qlumod.system.disk.beneath import Beneath
from qlumod.system.disk.regular_files import Sum
from tests.repository.conftest import DATE, SUITE, SmallRepository

TEXT = "".join(
    f"Package: p{number}\nVersion: 1\nArchitecture: all\nText: {'x' * 300}\n\n"
    for number in range(1000, 5000)
).encode()


LARGE = {"Comment": "large" + "\n 0123456789" * (PACKAGES.smallest // 12 + 1)}
"""A field by which the paragraph of a package is large enough for a chunk."""


def beginning(stem: str) -> str:
    """The name of a package whose paragraph begins a chunk."""
    names = (f"{stem}{number}" for number in itertools.count())
    return next(
        name for name in names if zlib.crc32(f"Package: {name}".encode()) % PACKAGES.one_in == 0
    )


def contents(repository: SmallRepository, architecture: str = "amd64") -> str:
    path = repository.current.directory / f"main/Contents-{architecture}.gz"
    return gzip.decompress(path.read_bytes()).decode()


@pytest.mark.usefixtures("untried")
def test_contents_tell_which_package_has_a_file(repository: SmallRepository) -> None:
    files = {"/usr/share/doc/both": "x", "/usr/bin/a tool": "x"}
    repository.publish(
        repository.deb(
            "one", files=files, fields={"Section": "misc"}, links={"/usr/bin/l": "tool"}
        ),
        repository.deb("two", files={"/usr/share/doc/both": "y"}),
        repository.deb("three", files={"/lib/arm": "x"}, architecture="arm64"),
    )
    of_all = "usr/bin/a tool misc/one\nusr/bin/l misc/one\nusr/share/doc/both misc/one,two\n"
    assert contents(repository) == of_all
    assert contents(repository, "all") == of_all
    assert contents(repository, "arm64") == f"lib/arm three\n{of_all}"
    assert check_repository(repository.root, listen=ignore).faults == ()


@pytest.mark.usefixtures("untried")
def test_contents_follow_what_is_published_removed_and_only_signed_anew(
    repository: SmallRepository,
) -> None:
    repository.publish(
        repository.deb("one", files={"/a": "1"}),
        repository.deb("two", files={"/a": "2", "/b": "2"}),
    )
    repository.publish(repository.deb("one", "1.1", files={"/c": "1"}))
    assert contents(repository) == "a two\nb two\nc one\n"
    repository.date += 1
    renew((), terms=repository.terms(date=repository.date), listen=ignore)
    assert contents(repository) == "a two\nb two\nc one\n"
    repository.date += 1
    remove_packages(SUITE, ["two"], terms=repository.terms(date=repository.date), listen=ignore)
    assert contents(repository) == "c one\n"


@pytest.mark.usefixtures("untried")
def test_contents_do_not_depend_on_the_way_that_led_to_them(repository: SmallRepository) -> None:
    one, two = repository.deb("one", files={"/a": "1"}), repository.deb("two", files={"/a": "2"})
    repository.publish(one)
    repository.publish(two)
    other = SmallRepository(repository.work / "elsewhere", repository.fingerprint)
    other.publish(one, two)
    assert contents(other) == contents(repository)
    assert other.current.sums == repository.current.sums


def test_files_and_links_are_listed_and_no_directories(repository: SmallRepository) -> None:
    deb = repository.deb("one", files={"/usr/bin/a tool": "x", "/b": "y"}, links={"/usr/l": "../b"})
    assert listed(deb).paths == [b"b", b"usr/bin/a tool", b"usr/l"]


def test_a_text_is_cut_where_it_tells_itself_and_a_change_stays_in_its_chunk(
    tmp_path: Path,
) -> None:
    made = Chunks(tmp_path / "kept", tmp_path / "fresh")
    text = made.cut(PACKAGES, TEXT)
    assert b"".join(made.plain(text)) == TEXT
    assert text.sum == Sum(size=len(TEXT), sha256=digest_bytes(TEXT))
    assert len(text.chunks) > 4
    assert all(chunk.size >= PACKAGES.smallest for chunk in text.chunks[:-1])
    changed = made.cut(PACKAGES, TEXT.replace(b"p2500\nVersion: 1", b"p2500\nVersion: 11"))
    assert len({*changed.chunks} - {*text.chunks}) == 1
    assert made.cut(PACKAGES, b"") == empty(PACKAGES)


LINES = IndexKind(
    separator=b"\n",
    key=lambda line: (line.partition(b" ")[0],),
    endings=(GZ,),
    smallest=40,
    one_in=3,
)
some_lines = st.dictionaries(
    st.integers(0, 60).map(lambda number: b"path%02d" % number),
    st.none() | st.integers(0, 9).map(lambda number: b" %d\n" % number),
    max_size=30,
)


@given(several=st.lists(some_lines, max_size=4))
def test_a_text_that_is_changed_bit_by_bit_has_the_chunks_of_one_made_at_once(
    several: list[dict[bytes, bytes | None]],
) -> None:
    with tempfile.TemporaryDirectory() as place:
        made = Chunks(Path(place, "kept"), Path(place, "fresh"))
        text, lines = empty(LINES), {}
        for edits in several:
            lines.update({name: end and name + end for name, end in edits.items()})
            keys = [(name,) for name in edits]
            text = made.edited(text, dict.fromkeys(keys, lambda key, _: lines[key[0]]))
            whole = b"".join(lines[name] or b"" for name in sorted(lines))
            assert b"".join(made.plain(text)) == whole
            assert text == made.cut(LINES, whole)


def test_a_chunk_that_was_changed_is_not_taken_for_the_one_that_is_made(tmp_path: Path) -> None:
    first = Chunks(tmp_path / "kept", tmp_path / "fresh")
    (tmp_path / "fresh").mkdir()
    first.cut(PACKAGES, TEXT)
    first.settle(Beneath(tmp_path))
    for chunk in (tmp_path / "kept").iterdir():
        chunk.write_bytes(b"Package: other\n\n")
    with pytest.raises(Damaged):
        Chunks(tmp_path / "kept", tmp_path / "fresh").cut(PACKAGES, TEXT)


def change(chunk: Path) -> None:
    chunk.write_text("Package: two\n\n")


def make_unreadable(chunk: Path) -> None:
    chunk.unlink()
    chunk.symlink_to(chunk.name)


@pytest.mark.parametrize("harm", [change, Path.unlink, make_unreadable])
@pytest.mark.parametrize("ending", ["[0-9a-f]", ".gz", ".zst"])
def test_kept_chunks_that_are_not_what_was_published_are_made_anew(
    repository: SmallRepository, harm: Callable[[Path], None], ending: str
) -> None:
    three = beginning("three")
    repository.publish(repository.deb("one", files={"/a": "1"}, fields=LARGE))
    for chunk in repository.layout.chunks.glob(f"[0-9a-f]*{ending}"):
        harm(chunk)
    repository.publish(repository.deb(three, files={"/c": "3"}))
    assert [entry.package for entry in repository.current.entries()] == ["one", three]
    assert contents(repository) == f"a one\nc {three}\n"
    assert check_repository(repository.root, listen=ignore).faults == ()


def test_a_chunk_that_one_index_makes_again_does_not_hide_what_another_read(
    repository: SmallRepository,
) -> None:
    two = beginning("two")
    repository.publish(
        repository.deb("one", fields=LARGE),
        repository.deb(two, fields=LARGE),
        repository.deb(beginning("tool"), fields=LARGE, architecture="arm64"),
    )
    for chunk in repository.layout.chunks.glob("[0-9a-f]*[0-9a-f]"):
        if chunk.read_bytes().startswith(f"Package: {two}\n".encode()):
            chunk.write_bytes(b"")
    index = repository.current.directory / "main/binary-arm64/Packages.gz"
    (
        repository.layout.chunks / f"{digest_bytes(gzip.decompress(index.read_bytes()))}.list"
    ).unlink()
    repository.publish(repository.deb(beginning(f"{two}o")))
    for architecture in ("all", "amd64", "arm64"):
        path = repository.current.directory / f"main/binary-{architecture}/Packages.gz"
        assert f"Package: {two}\n".encode() in gzip.decompress(path.read_bytes())


def test_clients_read_indexes_of_several_chunks(repository: SmallRepository) -> None:
    names = [beginning(f"package-{letter}") for letter in "abcd"]
    repository.publish(*(repository.deb(name, fields=LARGE) for name in names))
    packed = (repository.current.directory / "main/binary-amd64/Packages.gz").read_bytes()
    first = zlib.decompressobj(wbits=31)
    assert first.decompress(packed).count(b"Package: ") == 1
    assert first.unused_data
    for kind in ("gz", "zst"):
        client = repository.client(name=kind)
        (client.root / "etc/apt/apt.conf.d/order").write_text(
            f'Acquire::CompressionTypes::Order {{ "{kind}"; }};\n'
        )
        client.update()
        assert client.offered(names[-1]) == ["1.0"]


@pytest.mark.usefixtures("untried")
def test_only_changed_chunks_are_compressed_and_gc_forgets_them(
    repository: SmallRepository,
) -> None:
    repository.publish(repository.deb("one"))
    kept = {path.name: path.stat().st_ino for path in repository.layout.chunks.iterdir()}
    repository.date += 1
    renew((), terms=repository.terms(date=repository.date), listen=ignore)
    assert {path.name: path.stat().st_ino for path in repository.layout.chunks.iterdir()} == kept
    retention = Retention(keep=1, grace=0)
    collect(repository.root, retention=retention, now=DATE + 10**6, listen=ignore)
    assert not repository.layout.chunks.exists()


def test_xz_is_an_option_that_clients_take(repository: SmallRepository) -> None:
    repository.publish(
        repository.deb("one"), wishes=Wishes(keys=(repository.fingerprint,), xz=True)
    )
    assert "main/binary-amd64/Packages.xz" in repository.current.sums
    client = repository.client()
    (client.root / "etc/apt/apt.conf.d/order").write_text(
        'Acquire::CompressionTypes::Order { "xz"; };\n'
    )
    client.update()
    assert client.offered("one") == ["1.0"]
    assert check_repository(repository.root, listen=ignore).faults == ()
    repository.publish(repository.deb("two"))
    assert "main/source/Sources.xz" in repository.current.sums
    repository.publish(repository.deb("three"), wishes=Wishes(xz=False))
    assert "main/source/Sources.xz" not in repository.current.sums


@pytest.mark.usefixtures("untried")
def test_release_says_where_snapshots_are_if_it_knows_the_address(
    repository: SmallRepository,
) -> None:
    repository.publish(repository.deb("one"))
    assert "Snapshots" not in repository.current.fields
    repository.publish(repository.deb("two"), wishes=Wishes(uri="https://example.org/debian"))
    assert (
        repository.current.fields["Snapshots"]
        == "https://example.org/debian/snapshots/@SNAPSHOTID@/"
    )
