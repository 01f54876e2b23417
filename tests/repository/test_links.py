"""Links that somebody put into a repository, and repositories that are somebody else's."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.repository.format.settings import Wishes
from qlumod.repository.publishing import publication
from qlumod.repository.rules.retention import Retention
from qlumod.repository.verbs.gc import collect
from qlumod.repository.verbs.repo import init_repository
from qlumod.repository.verbs.sign import renew
from qlumod.repository.verbs.withdraw import remove_packages, rollback
from tests.conftest import ROOT
from tests.repository.conftest import SUITE, SmallRepository

pytestmark = pytest.mark.usefixtures("untried")


@pytest.fixture(scope="module")
def model(keys: Path, fingerprint: str) -> Iterator[SmallRepository]:
    """A repository with all that one has: snapshots, something gone, directories for proofs."""
    with (
        pytest.MonkeyPatch.context() as patched,
        tempfile.TemporaryDirectory(prefix="qlumod-test-") as work,
    ):
        patched.setenv("GNUPGHOME", str(keys))
        patched.setattr(publication, "try_staged", lambda *_, **__: None)
        yield _grown(SmallRepository(Path(work), fingerprint))


def _grown(repository: SmallRepository) -> SmallRepository:
    for version in ("1.0", "2.0", "3.0"):
        repository.publish(repository.deb("everyday", version))
    repository.publish(repository.deb("other", "1.0"), suite="14.0-bookworm-proposed-updates")
    remember(repository)
    for name in ("proofs", "going", "staging"):
        (repository.layout.own / name).mkdir(exist_ok=True)
    return repository


@pytest.fixture
def grown(repository: SmallRepository, model: SmallRepository) -> SmallRepository:
    """A copy of it, which one test may spoil."""
    subprocess.run(["cp", "-a", model.root, repository.root], check=True)
    repository.date = model.date
    return repository


def remember(repository: SmallRepository) -> None:
    collect(
        repository.root,
        retention=Retention(grace=0, keep=2),
        now=repository.date + 9,
        listen=ignore,
    )


VERBS: dict[str, Callable[[SmallRepository], object]] = {
    "publish": lambda repository: repository.publish(repository.deb("new")),
    "preview": lambda repository: repository.preview(repository.deb("new")),
    "sign": lambda repository: renew(
        (SUITE,), terms=repository.terms(date=repository.date + 5), listen=ignore
    ),
    "gc": remember,
    "init": lambda repository: init_repository(
        repository.root, wishes=Wishes(uri="https://example.org/"), suites=(SUITE,), listen=ignore
    ),
    "remove": lambda repository: remove_packages(
        SUITE, ["everyday"], terms=repository.terms(date=repository.date + 5), listen=ignore
    ),
    "rollback": lambda repository: rollback(
        SUITE, terms=repository.terms(date=repository.date + 5), listen=ignore
    ),
}
PLACES = (
    ".qlumod", ".qlumod/lock", ".qlumod/settings", ".qlumod/keys.asc", ".qlumod/gone",
    ".qlumod/staging", ".qlumod/going", ".qlumod/chunks", ".qlumod/sets", ".qlumod/proofs",
    ".qlumod/proved", "pool", "pool/main", "pool/main/n", "pool/main/e", "dists", "snapshots",
    f"{SUITE}.sources", "qlustar-archive-keyring.asc",
)  # fmt: skip


def content(top: Path) -> dict[str, bytes | str]:
    return {
        str(path.relative_to(top)): str(path.readlink())
        if path.is_symlink()
        else path.read_bytes()
        if path.is_file()
        else "directory"
        for path in sorted(top.rglob("*"))
    }


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("verb", VERBS)
def test_nothing_that_a_link_leads_to_is_written_or_removed(
    verb: str, place: str, grown: SmallRepository
) -> None:
    elsewhere, link = grown.work / "elsewhere", grown.root / place
    if link.exists():
        link.rename(elsewhere)
    else:
        elsewhere.mkdir()
    if elsewhere.is_dir():
        # What looks like debris, in each place where it would be removed.
        (elsewhere / "20200101T000000Z" / "pool").mkdir(parents=True)
        (elsewhere / "20200101T000000Z" / "kept").write_text("kept")
        (elsewhere / ".debris.1.new").write_text("kept")
    link.symlink_to(elsewhere)
    before = content(elsewhere) if elsewhere.is_dir() else elsewhere.read_bytes()
    try:
        VERBS[verb](grown)
    except QlumodError as refusal:
        assert str(link) in str(refusal)
    after = content(elsewhere) if elsewhere.is_dir() else elsewhere.read_bytes()
    assert after == before


def test_a_lock_that_is_a_link_overwrites_nothing(grown: SmallRepository) -> None:
    shadow = grown.work / "shadow"
    shadow.write_text("root:*:20000:0:99999:7:::\n")
    grown.layout.lock.unlink()
    grown.layout.lock.symlink_to(shadow)
    with pytest.raises(QlumodError) as told:
        grown.publish(grown.deb("new"))
    assert str(told.value) == (
        f"cannot write {grown.layout.lock}: Too many levels of symbolic links\n"
        "To mend it: it is a symbolic link: remove it, or put there what it points at"
    )
    assert shadow.read_text() == "root:*:20000:0:99999:7:::\n"


def test_debris_that_is_a_link_goes_and_nothing_behind_it(grown: SmallRepository) -> None:
    elsewhere = grown.work / "elsewhere"
    (elsewhere / "pool").mkdir(parents=True)
    (grown.layout.going / "20200101T000000Z").symlink_to(elsewhere)
    grown.publish(grown.deb("new"))
    assert content(elsewhere) == {"pool": "directory"}
    assert not grown.layout.going.exists()


def test_debris_below_a_link_is_an_error_that_names_the_link(grown: SmallRepository) -> None:
    elsewhere, link = grown.work / "elsewhere", grown.layout.staging / "20200101T000000Z"
    (elsewhere / "pool").mkdir(parents=True)
    link.symlink_to(elsewhere)
    with pytest.raises(QlumodError) as told:
        grown.publish(grown.deb("new"))
    assert str(told.value) == (
        f"{link} is a symbolic link: no link in {grown.root} is followed\n"
        f"To mend it: see who made it (ls -l {link}), and put what it points at there itself"
    )


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("place", [".", ".qlumod"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: os.chown(path, 4711, 4711), "{path} belongs to 4711, who decides"),
        (lambda path: path.chmod(0o777), "everybody may write to {path} (mode 0777)"),
        (
            lambda path: (os.chown(path, 0, 4711), path.chmod(0o775)),
            "group 4711 may write to {path} (mode 0775)",
        ),
    ],
)
def test_a_repository_that_others_may_change_is_refused(
    change: Callable[[Path], None], said: str, place: str, verb: str, grown: SmallRepository
) -> None:
    path = grown.root / place
    change(path)
    before = content(grown.root)
    with pytest.raises(QlumodError, match=re.escape(said.format(path=path))) as told:
        VERBS[verb](grown)
    assert told.value.remedy
    assert content(grown.root) == before


def test_who_only_reads_reads_also_what_is_somebody_elses(grown: SmallRepository) -> None:
    for path in (grown.root, *grown.root.rglob("*")):
        os.chown(path, 4711, 4711, follow_symlinks=False)
    assert [entry.package for entry in grown.current.entries()] == ["everyday"]


WRITING = re.compile(
    r"\.(unlink|rename|mkdir|rmdir|symlink_to|hardlink_to|touch|chmod|write_bytes|"
    r"write_text)\(|\bos\.(unlink|remove|rename|replace|mkdir|rmdir|link|symlink)\(|\bshutil\."
    r"|open\([^)]*[\"'][wax+]"
)
FRESH = {
    # These write into a publication in the making, or into a directory of their own.
    "packages.py": ("made.unlink()",),
    "version_bump.py": ("control.write_bytes(",),
    "trial.py": ('(folder / "suite").mkdir()', '(folder / "suite/Packages").write_bytes('),
    "snapshot_staging.py": ("file.unlink()", '(staging.tree / "pool").symlink_to("../../pool")'),
}


def test_whatever_writes_into_a_repository_goes_by_descriptors() -> None:
    found = {
        path.name: [
            line.strip()
            for line in path.read_text().splitlines()
            if WRITING.search(line) and "layout.files." not in line and "within." not in line
        ]
        for path in sorted((ROOT / "qlumod" / "repository").rglob("*.py"))
    }
    known = {
        name: [line for line in lines if not line.startswith(FRESH.get(name, ()))]
        for name, lines in found.items()
    }
    assert {name: lines for name, lines in known.items() if lines} == {}


def test_the_example_of_a_repository_is_whole_without_links(repository: SmallRepository) -> None:
    """What a link would have to be replaced by is what a repository looks like."""
    repository.publish(repository.deb("everyday"))
    links = {
        str(path.relative_to(repository.root)): str(path.readlink())
        for path in repository.root.rglob("*")
        if path.is_symlink()
    }
    identity = repository.layout.current(SUITE)
    assert links == {
        f"dists/{SUITE}": f"../snapshots/{identity}/dists/{SUITE}",
        f"snapshots/{identity}/pool": "../../pool",
    }
