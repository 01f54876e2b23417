"""What a publication does, what it refuses, and what it says then."""

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Notice
from qlumod.model.digests import digest_bytes
from qlumod.repository.format.settings import Wishes
from qlumod.repository.rules.suite_plan import SuiteChange
from qlumod.system.keys.gpg import make_key
from tests.repository.conftest import DATE, SUITE, SmallRepository, modules, refused

pytestmark = pytest.mark.usefixtures("untried")

YEAR = 365 * 86400


def text_of(repository: SmallRepository, path: str) -> str:
    return gzip.decompress((repository.root / "dists" / SUITE / f"{path}.gz").read_bytes()).decode()


def test_packages_stand_in_the_index_in_canonical_form(repository: SmallRepository) -> None:
    deb = repository.deb(
        "everyday",
        "1:1.0",
        depends="libc6 (>= 2.36)",
        fields={"Section": "admin", "Source": "made-of (1.0)", "XB-Extra": "yes"},
    )
    repository.publish(deb)
    sha256 = (
        subprocess.run(["sha256sum", deb], capture_output=True, check=True).stdout[:64].decode()
    )
    assert text_of(repository, "main/binary-amd64/Packages") == (
        "Package: everyday\n"
        "Source: made-of (1.0)\n"
        "Version: 1:1.0\n"
        "Architecture: all\n"
        "Maintainer: Test <test@example.org>\n"
        "Depends: libc6 (>= 2.36)\n"
        "XB-Extra: yes\n"
        "Section: admin\n"
        "Filename: pool/main/m/made-of/everyday_1.0_all.deb\n"
        f"Size: {deb.stat().st_size}\n"
        f"SHA256: {sha256}\n"
        "Description: everyday, made by a test\n"
        "\n"
    )


def test_release_says_what_the_suite_is(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday"), date=DATE, valid_for=20 * YEAR)
    release = (repository.root / "dists" / SUITE / "Release").read_text()
    head, _, sums = release.partition("SHA256:\n")
    assert head == (
        "Origin: Qlustar\n"
        "Label: Qlustar\n"
        "Suite: 14.0-bookworm\n"
        "Codename: 14.0-bookworm\n"
        "Date: Tue, 14 Nov 2023 22:13:20 UTC\n"
        "Valid-Until: Mon, 09 Nov 2043 22:13:20 UTC\n"
        "Acquire-By-Hash: yes\n"
        "Architectures: all amd64\n"
        "Components: main\n"
        "Description: Qlustar 14.0-bookworm\n"
    )
    contents = [
        f"main/Contents-{architecture}{suffix}"
        for architecture in ("all", "amd64")
        for suffix in ("", ".gz")
    ]
    assert [line.split()[2] for line in sums.splitlines()] == contents + [
        f"main/{index}{suffix}"
        for index in ("binary-all/Packages", "binary-amd64/Packages", "source/Sources")
        for suffix in ("", ".gz", ".zst")
    ] + ["modules"]


def test_the_same_files_and_date_make_the_same_bytes_but_for_the_signatures(
    repository: SmallRepository,
) -> None:
    other = SmallRepository(repository.work / "elsewhere", repository.fingerprint)
    debs = modules(repository)
    repository.publish(*debs, date=DATE)
    other.publish(*reversed(debs), date=DATE)
    one, two = repository.tree(), other.tree()
    assert one.keys() == two.keys()
    differing = {Path(path).name for path in one if one[path] != two[path]}
    assert differing <= {"InRelease", "Release.gpg"}


def test_the_same_files_again_change_nothing(repository: SmallRepository) -> None:
    debs = modules(repository)
    repository.publish(*debs)
    before = repository.tree()
    again = repository.publish(*debs)
    assert (again.snapshot, again.changes, repository.tree()) == (None, (), before)


def test_a_dry_run_tells_the_changes_and_writes_nothing(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday", "1.0"), repository.deb("other"))
    before = repository.tree()
    found = repository.preview(
        repository.deb("everyday", "1.1"), repository.deb("third"), repository.deb("other")
    )
    assert found.snapshot is None
    assert [str(change) for change in found.changes] == [
        "everyday (all): 1.0 → 1.1",
        "third (all): new, 1.0",
    ]
    assert repository.tree() == before


def test_a_dry_run_of_a_first_publication_makes_not_even_the_directory(
    repository: SmallRepository,
) -> None:
    found = repository.preview(repository.deb("everyday"))
    assert found.changes == (
        SuiteChange(package="everyday", architecture="all", old=None, new="1.0"),
    )
    assert not repository.root.exists()


def test_other_packages_and_other_suites_stay_as_they_are(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday"), suite="14.0-trixie")
    trixie = (repository.root / "dists/14.0-trixie/InRelease").read_bytes()
    repository.publish(repository.deb("other"))
    repository.publish(repository.deb("everyday"))
    assert [entry.package for entry in repository.current.entries()] == ["everyday", "other"]
    assert (repository.root / "dists/14.0-trixie/InRelease").read_bytes() == trixie


def test_the_suite_is_told_by_the_names_of_the_modules(repository: SmallRepository) -> None:
    assert repository.publish(*modules(repository), suite=None).suite == "14.0-bookworm"


def test_a_suite_that_no_name_tells_must_be_named(repository: SmallRepository) -> None:
    assert refused(repository, repository.deb("everyday"), suite=None) == (
        "which suite? there is no module package whose name tells it\n"
        "To mend it: name it, such as: --suite 14.0-bookworm"
    )


def test_a_published_file_is_never_replaced(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday", files={"/a": "one"}))
    assert refused(
        repository, repository.deb("everyday", files={"/a": "two"}, folder="changed")
    ) == (
        "pool/main/e/everyday/everyday_1.0_all.deb is published already, with other bytes;"
        " a published file is never replaced\n"
        "To mend it: give the changed package a higher version"
        " (for a module: the next N of x.y.z-N)"
    )


@pytest.mark.parametrize("earlier", [("1.0",), ("1.0", "1.1")])
def test_an_epoch_alone_gives_a_file_no_other_name(
    repository: SmallRepository, earlier: tuple[str, ...]
) -> None:
    for version in earlier:
        repository.publish(repository.deb("everyday", version))
    assert refused(repository, repository.deb("everyday", "1:1.0")) == (
        "pool/main/e/everyday/everyday_1.0_all.deb is published already, with other bytes;"
        " a published file is never replaced\n"
        "To mend it: raise what follows the epoch, too, such as 1:1.0+1: the epoch is in no file"
        " name"
    )
    assert repository.publish(repository.deb("everyday", "1:1.0+1")).changes


def test_a_file_that_only_an_earlier_snapshot_has_is_not_replaced_either(
    repository: SmallRepository,
) -> None:
    repository.publish(repository.deb("everyday", "1.0"))
    repository.publish(repository.deb("everyday", "1.1"))
    changed = repository.deb("everyday", "1.0", files={"/a": "two"}, folder="changed")
    assert refused(repository, changed, allow_older=True).startswith(
        "pool/main/e/everyday/everyday_1.0_all.deb is published already, with other bytes"
    )


def test_an_older_version_needs_to_be_meant(repository: SmallRepository) -> None:
    older = repository.deb("everyday", "1.9")
    repository.publish(repository.deb("everyday", "1.10"))
    assert refused(repository, older) == (
        "everyday (all): 1.9 is older than the published 1.10\n"
        "To mend it: publish it all the same with --allow-older;"
        " clients that have the newer one keep it"
    )
    assert [str(change) for change in repository.publish(older, allow_older=True).changes] == [
        "everyday (all): 1.10 → 1.9"
    ]


def test_two_versions_of_a_package_at_once_are_refused(repository: SmallRepository) -> None:
    assert refused(
        repository, repository.deb("everyday", "1.0"), repository.deb("everyday", "1.1")
    ) == ("everyday (all) is to be published twice: 1.0 and 1.1\nTo mend it: name one of them only")


def test_a_truncated_deb_is_refused(repository: SmallRepository) -> None:
    deb = repository.deb("everyday", files={"/a": "text" * 999})
    data = deb.read_bytes()
    size, least = len(data), len(data.removesuffix(b"\n"))  # a padding is nobody's loss
    deb.write_bytes(data[:-30])
    assert refused(repository, deb) == (
        f"W/incoming/everyday_1.0_all.deb: this .deb is truncated: {size - 30} of at least"
        f" {least} bytes are there\n"
        "To mend it: copy or build it again"
    )


BAD_FILES = {
    "everyday_1.0_all.deb": (
        b"no deb at all",
        "W/bad/everyday_1.0_all.deb: this is no .deb: it is no ar archive",
    ),
    "notes.txt": (
        b"",
        "W/bad/notes.txt: only .deb, .dsc and .changes files can be published\n"
        "To mend it: name the .changes file of a build, which names the others",
    ),
    "a.changes": (
        b"Format: 1.8\nSource: a\n",
        "W/bad/a.changes: there is no readable field Checksums-Sha256\n"
        "To mend it: build the package again with dpkg-buildpackage",
    ),
    "b.changes": (
        b"Checksums-Sha256:\n " + b"0" * 64 + b" 7 ../b_1_all.deb\n",
        "W/bad/b.changes: Checksums-Sha256: '../b_1_all.deb' is no file name",
    ),
    "long.changes": (
        b"Checksums-Sha256:\n " + b"0" * 64 + b" 7 " + b"b" * 256 + b"\n",
        f"W/bad/long.changes: Checksums-Sha256: '{'b' * 40}'… is no file name: it has more than "
        "255 characters",
    ),
    "c.changes": (
        b"Checksums-Sha256:\n " + b"0" * 64 + b" 7 c_1_all.deb\n",
        "cannot read W/bad/c_1_all.deb: No such file or directory",
    ),
    "d.changes": (
        b"Checksums-Sha256:\n " + b"0" * 64 + b" 7 d_1_amd64.buildinfo\n",
        "W/bad/d.changes: Checksums-Sha256 names no .deb and no .dsc",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_is_no_package_is_refused(repository: SmallRepository, name: str) -> None:
    data, error = BAD_FILES[name]
    (repository.work / "bad").mkdir()
    (repository.work / "bad" / name).write_bytes(data)
    assert refused(repository, repository.work / "bad" / name) == error


def test_the_faults_of_all_files_are_told_at_once(repository: SmallRepository) -> None:
    (repository.work / "a.txt").touch()
    (repository.work / "b.txt").touch()
    told = refused(repository, repository.work / "a.txt", repository.work / "b.txt")
    assert ("W/a.txt: only" in told, "W/b.txt: only" in told) == (True, True)


def test_a_changes_file_brings_what_it_names_and_guards_its_digest(
    repository: SmallRepository,
) -> None:
    deb = repository.deb("everyday")
    sha256 = (
        subprocess.run(["sha256sum", deb], capture_output=True, check=True).stdout[:64].decode()
    )
    size = deb.stat().st_size
    changes = deb.with_name("everyday_1.0_amd64.changes")
    line = f" {sha256} {size} {deb.name}\n"
    changes.write_text(f"Format: 1.8\nSource: everyday\nChecksums-Sha256:\n{line}")
    assert len(repository.publish(changes).changes) == 1
    changes.write_text(f"Format: 1.8\nChecksums-Sha256:\n{line.replace(sha256, '0' * 64)}")
    assert refused(repository, changes) == (
        "W/incoming/everyday_1.0_all.deb: its digest is not the one that the .changes file says\n"
        f"  said:  {size} bytes, SHA256 {'0' * 64}\n"
        f"  found: {size} bytes, SHA256 {sha256}\n"
        "To mend it: copy all files of that build again"
    )


def test_packages_of_a_changes_file_that_are_left_out_are_told(repository: SmallRepository) -> None:
    deb = repository.deb("everyday")
    sums = []
    for name in (
        deb.name,
        "everyday-udeb_1.0_all.udeb",
        "everyday-dbgsym_1.0_all.ddeb",
        "e.buildinfo",
    ):
        file = deb.with_name(name)
        file.write_bytes(deb.read_bytes())
        sums.append(f" {digest_bytes(file.read_bytes())} {file.stat().st_size} {name}\n")
    changes = deb.with_name("everyday_1.0_amd64.changes")
    changes.write_text(f"Format: 1.8\nSource: everyday\nChecksums-Sha256:\n{''.join(sums)}")
    assert len(repository.publish(changes).changes) == 1
    assert [event.text for event in repository.events if isinstance(event, Notice)] == [
        f"{changes}: not published, since no suite here offers them: everyday-udeb_1.0_all.udeb,"
        " everyday-dbgsym_1.0_all.ddeb"
    ]


def test_a_key_that_is_not_there_is_told_before_anything_is_written(
    repository: SmallRepository,
) -> None:
    repository.fingerprint = "0123456789ABCDEF0123456789ABCDEF01234567"
    told = refused(repository, repository.deb("everyday"))
    assert told.startswith(
        f"the key {repository.fingerprint} is missing: there is no secret key of that"
    )
    assert not repository.root.exists()


def test_an_expired_key_is_told_before_anything_is_written(
    repository: SmallRepository,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = tmp_path_factory.mktemp("k")
    monkeypatch.setenv("GNUPGHOME", str(home))
    repository.fingerprint = make_key(home, "Old", expires="seconds=1").fingerprint
    deb = repository.deb("everyday")
    subprocess.run(["sleep", "2"], check=True)
    assert refused(repository, deb) == (
        f"the key {repository.fingerprint} cannot sign: it is expired\n"
        "To mend it: renew the key (gpg --quick-set-expire), or name another one"
    )
    assert not repository.root.exists()


def test_a_name_that_is_no_fingerprint_is_refused(repository: SmallRepository) -> None:
    repository.fingerprint = "test@example.org"
    assert refused(repository, repository.deb("everyday")) == (
        "'test@example.org' is no fingerprint: it has 40 hexadecimal digits\n"
        "To mend it: gpg --list-secret-keys --keyid-format none shows the fingerprints"
    )


def test_a_repository_without_a_key_cannot_be_begun(repository: SmallRepository) -> None:
    assert refused(repository, repository.deb("everyday"), wishes=Wishes()) == (
        "a new repository needs the key that signs it\n"
        "To mend it: name its fingerprint (--key); qlumod repo key makes one for trying things out"
    )


def test_the_clients_of_a_repository_have_an_architecture_of_debian(
    repository: SmallRepository,
) -> None:
    wishes = Wishes(keys=(repository.fingerprint,), architectures=("amd46",))
    assert refused(repository, repository.deb("everyday"), wishes=wishes) == (
        "'amd46' is no architecture of Debian: did you mean 'amd64'?"
    )


def test_a_repository_remembers_its_key_and_keeps_its_names(repository: SmallRepository) -> None:
    repository.publish(
        repository.deb("everyday"), wishes=Wishes(keys=(repository.fingerprint,), origin="Site")
    )
    repository.publish(repository.deb("other"), wishes=Wishes())
    told = refused(repository, repository.deb("third"), wishes=Wishes(origin="Other"))
    assert told == (
        "W/repository/.qlumod/settings: Origin: the repository has 'Site', not 'Other':"
        " its clients would refuse it\n"
        "To mend it: leave the option out, or begin another repository"
    )
    assert (repository.root / "site-archive-keyring.asc").is_file()


def test_a_directory_of_somebody_else_is_left_alone(repository: SmallRepository) -> None:
    repository.root.mkdir()
    (repository.root / "letter").touch()
    assert refused(repository, repository.deb("everyday")) == (
        "W/repository is no repository of qlumod, and not empty\n"
        "To mend it: name an empty directory, or one that does not exist yet"
    )


@pytest.mark.parametrize("suite", ["", "../x", "a/b", "A", "a b", ".x", "a..b"])
def test_a_name_that_is_no_suite_is_refused(repository: SmallRepository, suite: str) -> None:
    if suite:
        assert refused(repository, repository.deb("everyday"), suite=suite) == (
            f"{suite!r} is no name of a suite: it is one such as '14.0-bookworm'"
        )


def test_a_date_that_clients_would_ignore_is_refused(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday"), date=DATE)
    assert refused(repository, repository.deb("other"), date=DATE) == (
        "cannot publish with the date 20231114T221320Z: 20231114T221320Z is published already\n"
        "To mend it: give a later date, or none"
    )


def test_the_span_of_validity_is_kept_from_publication_to_publication(
    repository: SmallRepository,
) -> None:
    repository.publish(repository.deb("everyday"), date=DATE, valid_for=20 * YEAR)
    repository.publish(repository.deb("other"), date=DATE + 600)
    assert repository.current.fields["Valid-Until"] == "Mon, 09 Nov 2043 22:23:20 UTC"


def test_a_pool_file_that_got_lost_stops_the_next_publication(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday"))
    shutil.rmtree(repository.root / "pool/main/e")
    assert refused(repository, repository.deb("other")) == (
        "pool/main/e/everyday/everyday_1.0_all.deb is named by everyday 1.0 (all), but is not in"
        " the pool\n"
        "To mend it: see what else is wrong (qlumod repo check), and restore it from a copy"
    )


def test_sources_stay_as_long_as_a_binary_made_from_them_is_offered(
    repository: SmallRepository,
) -> None:
    def source(version: str) -> Path:
        folder = repository.work / "sources"
        folder.mkdir(exist_ok=True)
        tar = folder / f"tool_{version}.tar.xz"
        tar.write_bytes(version.encode())
        sums = subprocess.run(["sha256sum", tar], capture_output=True, check=True).stdout
        dsc = folder / f"tool_{version}.dsc"
        dsc.write_text(
            f"Format: 3.0 (native)\nSource: tool\nVersion: {version}\nBinary: tool, extra\n"
            f"Checksums-Sha256:\n {sums[:64].decode()} {len(version)} {tar.name}\n"
            f"Files:\n {'0' * 32} {len(version)} {tar.name}\n"
        )
        return dsc

    def sources() -> list[str]:
        return [entry.version for entry in repository.current.entries() if entry.is_source]

    repository.publish(
        source("1"),
        repository.deb("tool", "1"),
        repository.deb("extra", "1", fields={"Source": "tool"}),
    )
    repository.publish(source("2"), repository.deb("tool", "2"))
    assert sources() == ["1", "2"]  # extra is still the one of 1
    repository.publish(repository.deb("extra", "2", fields={"Source": "tool"}))
    assert sources() == ["2"]
    assert "Directory: pool/main/t/tool\n" in text_of(repository, "main/source/Sources")


def test_what_was_made_in_a_profile_is_published_only_as_such(repository: SmallRepository) -> None:
    files = [repository.deb("test-module-a", f"1.0-1{mark}") for mark in ("~profile.dev", "")]
    with pytest.raises(QlumodError) as caught:
        repository.publish(files[0])
    assert str(caught.value) == (
        "test-module-a 1.0-1~profile.dev (all) was made in the profile dev, for trials\n"
        "To mend it: build it without --profile; into a repository for trials: "
        "qlumod publish --profile dev"
    )
    with pytest.raises(QlumodError, match="was made in the profile dev"):
        repository.preview(files[0], profile="ci")
    assert repository.publish(files[0], profile="dev").changes
    assert repository.publish(files[1]).changes, "the release follows by an upgrade"


def test_a_package_is_added_without_reading_all_that_the_suite_offers(
    repository: SmallRepository,
) -> None:
    repository.publish(*modules(repository))
    for index in repository.current.directory.glob("main/*/*.gz"):
        index.unlink()
    repository.publish(repository.deb("everyday"))
    assert "everyday" in {entry.package for entry in repository.current.entries()}
