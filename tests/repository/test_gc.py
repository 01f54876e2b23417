"""Letting go of what was published: which snapshots and packages go, and which never do."""

import os
import signal
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.repository.maintenance.gc import LettingGo
from qlumod.repository.rules.retention import Retention
from qlumod.repository.verbs.gc import collect
from qlumod.repository.verbs.repo import check_repository
from tests.repository.conftest import DATE, SUITE, SmallRepository, refused, walk
from tests.repository.test_crashes import KILLED_BEFORE, in_child, kill_oneself, restore

pytestmark = pytest.mark.usefixtures("untried")

DAY = 86400
CORE = "qlustar-module-core-bookworm-amd64"


def let_go(repository: SmallRepository, *, keep: int = 1, grace: int = 0, **options) -> LettingGo:
    given = {"now": DATE + 1000 * DAY, "listen": repository.events.append, **options}
    return collect(repository.root, retention=Retention(keep=keep, grace=grace), **given)


def published(repository: SmallRepository, *versions: str, name: str = "everyday") -> list[str]:
    """One snapshot for each version; their names."""
    return [str(repository.publish(repository.deb(name, version)).snapshot) for version in versions]


def pool(repository: SmallRepository) -> list[str]:
    return sorted(path.name for path in walk(repository.layout.pool))


def test_versions_beyond_those_to_keep_go_with_their_snapshots(repository: SmallRepository) -> None:
    names = published(repository, "1.0", "1.1", "1.2", "1.3")
    gone = let_go(repository, keep=2)
    assert [one.identity for one in gone.snapshots] == names[:2]
    assert [entry.title for entry in gone.packages] == ["everyday 1.0 (all)", "everyday 1.1 (all)"]
    assert gone.kept == {
        names[2]: "it is the newest that has everyday 1.2 (all)",
        names[3]: "a suite points at it",
    }
    assert pool(repository) == ["everyday_1.2_all.deb", "everyday_1.3_all.deb"]
    assert repository.layout.snapshot_names() == tuple(names[2:])
    found = check_repository(repository.root, listen=ignore)
    assert (found.faults, found.cautions) == ((), ())


def test_a_snapshot_stays_for_the_grace_after_the_suite_has_moved_on(
    repository: SmallRepository,
) -> None:
    published(repository, "1.0", "1.1", "1.2")
    moved_on = repository.date  # of 1.1, when 1.2 came
    assert len(let_go(repository, grace=DAY, now=moved_on + DAY - 1).snapshots) == 1
    assert let_go(repository, grace=DAY, now=moved_on + DAY - 1).snapshots == ()
    assert [
        entry.version for entry in let_go(repository, grace=DAY, now=moved_on + DAY).packages
    ] == ["1.1"]


def test_a_suite_keeps_all_that_it_offers_however_many_versions_that_are(
    repository: SmallRepository,
) -> None:
    for number in range(4):
        repository.publish(repository.deb(f"{CORE}-14.0.{number}", f"14.0.{number}-1"))
    before = repository.current.entries()
    assert let_go(repository).packages == ()
    assert (repository.current.entries(), len(pool(repository))) == (before, 4)


def test_the_versions_of_a_module_are_counted_by_its_meta_version(
    repository: SmallRepository,
) -> None:
    for version in ("14.0.0-1", "14.0.0-2", "14.0.1-1", "14.0.1-2"):
        repository.publish(repository.deb(f"{CORE}-{version.partition('-')[0]}", version))
    # The newest two are 14.0.1-2 and 14.0.1-1; the suite itself has 14.0.1-2 and 14.0.0-2.
    gone = let_go(repository, keep=2)
    assert [entry.title for entry in gone.packages] == [f"{CORE}-14.0.0 14.0.0-1 (all)"]


def test_what_another_suite_offers_stays(repository: SmallRepository) -> None:
    published(repository, "1.0")
    repository.date += 1
    repository.promote(SUITE, "14.0-stable")
    published(repository, "1.1")
    assert [one.suite for one in let_go(repository).snapshots] == [SUITE]
    assert pool(repository) == ["everyday_1.0_all.deb", "everyday_1.1_all.deb"]


def test_indexes_by_digest_go_with_the_last_snapshot_that_signs_them(
    repository: SmallRepository,
) -> None:
    published(repository, "1.0", "1.1", "1.2")

    def by_digest() -> set[str]:
        return {
            path.name for path in repository.current.directory.glob("main/binary-amd64/by-hash/*/*")
        }

    signed = {one.sha256 for one in repository.current.sums.values()}
    assert not by_digest() <= signed
    let_go(repository)
    assert by_digest() <= signed


def test_a_dry_run_says_what_would_go_and_leaves_it(repository: SmallRepository) -> None:
    published(repository, "1.0", "1.1")
    before = repository.tree()
    would = let_go(repository, dry_run=True)
    assert repository.tree() == before
    assert would == let_go(repository)


def test_a_name_that_is_gone_never_gets_other_bytes(repository: SmallRepository) -> None:
    published(repository, "1.0", "1.1")
    let_go(repository)
    changed = repository.deb("everyday", "1.0", files={"/a": "two"}, folder="changed")
    assert refused(repository, changed, allow_older=True).startswith(
        "pool/main/e/everyday/everyday_1.0_all.deb is published already, with other bytes"
    )
    repository.publish(repository.deb("everyday", "1.0"), allow_older=True)
    assert "everyday_1.0_all.deb" in pool(repository)


def test_files_that_belong_to_no_snapshot_go(repository: SmallRepository) -> None:
    published(repository, "1.0")
    (repository.layout.pool / "main/e/everyday/stray").write_text("what?")
    gone = let_go(repository)
    assert [(file.path, file.size) for file in gone.files] == [("pool/main/e/everyday/stray", 5)]
    assert pool(repository) == ["everyday_1.0_all.deb"]


def test_a_damaged_snapshot_stops_it_before_anything_goes(repository: SmallRepository) -> None:
    published(repository, "1.0", "1.1")
    for packed in repository.current.directory.glob("main/binary-amd64/Packages.gz"):
        packed.unlink()
    before = repository.tree()
    with pytest.raises(QlumodError):
        let_go(repository)
    assert repository.tree() == before


def test_a_client_in_the_middle_of_an_update_is_not_disturbed(repository: SmallRepository) -> None:
    published(repository, "1.0", "1.1")
    client = repository.client()
    client.update()
    published(repository, "1.2")
    let_go(repository, grace=DAY, now=repository.date + 1)
    client.install("everyday")
    assert client.installed() == {"everyday": "1.1"}


def test_killed_before_every_change_it_leaves_a_whole_repository(
    repository: SmallRepository,
) -> None:
    published(repository, "1.0", "1.1", "1.2")
    backup = repository.work / "backup"
    os.system(f"cp -a {repository.root} {backup}")
    offered = repository.current.entries()
    real = {name: getattr(os, name) for name in KILLED_BEFORE}
    for number in range(1, 200):
        count = 0

        def counted(name: str):
            def call(*words: object, **options: object) -> object:
                nonlocal count
                count += 1
                if count == number:  # noqa: B023
                    kill_oneself()
                return real[name](*words, **options)

            return call

        def run() -> None:
            for name in KILLED_BEFORE:
                setattr(os, name, counted(name))
            let_go(repository)

        ended = in_child(run)
        assert repository.current.entries() == offered
        # All signatures again each time would take most of the test.
        if ended == 0 or number % 8 == 1:
            assert check_repository(repository.root, listen=ignore).faults == ()
        if ended == 0:
            break
        assert ended == signal.SIGKILL
        let_go(repository)
        assert (repository.debris(), repository.layout.going.exists()) == ([], False)
        assert pool(repository) == ["everyday_1.2_all.deb"]
        restore(repository, backup)
    assert number > 15


def test_gc_says_packages_versions_and_bytes(repository: SmallRepository, qlumod) -> None:
    first, second = published(repository, "1.0", "1.1")
    size = Path(repository.work / "incoming/everyday_1.0_all.deb").stat().st_size
    words = ("gc", "--repository", repository.root, "--keep", "1", "--grace", "0d")
    would = qlumod(*words, "--dry-run", "--json").document
    assert would == {
        "format": 1,
        "snapshots": [{"snapshot": first, "suite": SUITE}],
        "packages": [
            {"package": "everyday", "architecture": "all", "version": "1.0", "size": size}
        ],
        "files": ["pool/main/e/everyday/everyday_1.0_all.deb"],
        "bytes": size,
        "kept": {second: "a suite points at it"},
    }
    assert qlumod(*words).out == (
        f"{first}  {SUITE}\n"
        f"  everyday 1.0 (all): {size} B\n"
        f"removed 1 snapshots, 1 packages, {size} B; 1 snapshots are kept\n"
    )
    assert qlumod(*words).out == "nothing to remove: 1 snapshots are kept\n"
    assert "'soon' is no duration" in qlumod(*words[:-1], "soon").err
