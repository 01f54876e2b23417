"""Source packages: their files in the pool, and what needs them to stay."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from qlumod.model.digests import digest_bytes
from qlumod.repository.verbs.withdraw import remove_packages
from tests.repository.conftest import SUITE, SmallRepository, refused

pytestmark = pytest.mark.usefixtures("untried")


def source(
    repository: SmallRepository,
    name: str,
    version: str,
    files: dict[str, bytes],
    leave: Sequence[str] = (),
):
    """A .dsc with these files, but for those that are not put beside it."""
    folder = repository.work / f"{name}-{version}"
    folder.mkdir()
    for file, data in files.items():
        if file not in leave:
            (folder / file).write_bytes(data)
    sums = [f" {digest_bytes(data)} {len(data)} {file}\n" for file, data in files.items()]
    dsc = folder / f"{name}_{version.rpartition(':')[2]}.dsc"
    dsc.write_text(
        f"Format: 3.0 (quilt)\nSource: {name}\nVersion: {version}\nBinary: {name}\n"
        f"Checksums-Sha256:\n{''.join(sums)}"
    )
    return dsc


ORIG = {"tool_1.orig.tar.xz": b"upstream"}


def quilt(
    repository: SmallRepository, version: str, orig: dict[str, bytes] = ORIG, **options
) -> Path:
    packaging = {f"tool_{version}.debian.tar.xz": version.encode()}
    return source(repository, "tool", version, {**orig, **packaging}, **options)


def sources(repository: SmallRepository) -> list[str]:
    return [f"{one.package} {one.version}" for one in repository.current.entries() if one.is_source]


def test_a_second_revision_takes_the_tarball_that_the_pool_has(repository: SmallRepository) -> None:
    repository.publish(quilt(repository, "1-1"))
    repository.publish(quilt(repository, "1-2", leave=[*ORIG]))
    (entry,) = [one for one in repository.current.entries() if one.version == "1-2"]
    assert [Path(file.path).name for file in entry.files] == [
        "tool_1-2.dsc", "tool_1.orig.tar.xz", "tool_1-2.debian.tar.xz"
    ]  # fmt: skip
    assert f" {digest_bytes(b'upstream')} 8 tool_1.orig.tar.xz\n" in entry.text
    assert repository.debris() == []


def test_a_changes_file_need_not_name_that_tarball(repository: SmallRepository) -> None:
    repository.publish(quilt(repository, "1-1"))
    dsc = quilt(repository, "1-2", leave=[*ORIG])
    changes = dsc.with_suffix(".changes")
    line = f" {digest_bytes(dsc.read_bytes())} {dsc.stat().st_size} {dsc.name}\n"
    changes.write_text(f"Format: 1.8\nSource: tool\nChecksums-Sha256:\n{line}")
    repository.publish(changes)
    assert "tool 1-2" in sources(repository)


def test_a_tarball_that_nobody_has_is_named(repository: SmallRepository) -> None:
    assert refused(repository, quilt(repository, "1-1", leave=[*ORIG])) == (
        "W/tool-1-1/tool_1-1.dsc: tool_1.orig.tar.xz is not beside it, and the pool has no file of"
        " that name\nTo mend it: copy it to W/tool-1-1"
    )


def test_a_tarball_of_other_bytes_is_not_taken_from_the_pool(repository: SmallRepository) -> None:
    repository.publish(quilt(repository, "1-1"))
    other = quilt(repository, "1-2", {"tool_1.orig.tar.xz": b"UPSTREAM"}, leave=[*ORIG])
    assert refused(repository, other) == (
        "W/tool-1-2/tool_1-2.dsc: tool_1.orig.tar.xz is not beside it, and the pool has other bytes"
        " under that name\nTo mend it: copy it to W/tool-1-2"
    )


USED = ["Built-Using", "Static-Built-Using"]


@pytest.mark.parametrize("field", USED)
@pytest.mark.parametrize("value", ["tool (= 1-1)", "other (= 7),\n tool (= 1-1)"])
def test_sources_of_parts_stay(repository: SmallRepository, field: str, value: str) -> None:
    repository.publish(
        quilt(repository, "1-1"),
        repository.deb("tool", "1-1"),
        repository.deb("image", "1", fields={field: value}),
    )
    repository.publish(quilt(repository, "1-2"), repository.deb("tool", "1-2"))
    assert sources(repository) == ["tool 1-1", "tool 1-2"]
    repository.publish(repository.deb("image", "2"))
    assert sources(repository) == ["tool 1-2"]


def test_sources_of_parts_stay_as_long_as_what_has_the_parts(repository: SmallRepository) -> None:
    repository.publish(
        quilt(repository, "1-1"),
        repository.deb("tool", "1-1"),
        repository.deb("image", "1", fields={"Built-Using": "tool (= 1-1)"}),
    )
    for package, left in (("tool", ["tool 1-1"]), ("image", [])):
        repository.publish(repository.deb(f"without-{package}"))
        repository.date += 1
        terms = repository.terms(date=repository.date)
        remove_packages(SUITE, [package], terms=terms, listen=repository.events.append)
        assert sources(repository) == left


def test_sources_of_parts_are_promoted(repository: SmallRepository) -> None:
    updates = "14.0-bookworm-proposed-updates"
    image = repository.deb("image", "1", fields={"Built-Using": "tool (= 1-1)"})
    repository.publish(
        quilt(repository, "1-1"), repository.deb("tool", "1-1"), image, suite=updates
    )
    repository.date += 1
    repository.promote(updates, SUITE, packages=["image"])
    assert sources(repository) == ["tool 1-1"]
