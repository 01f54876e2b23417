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
from tests.repository.conftest import DATE, SUITE, Shop, refused, walk
from tests.repository.test_crashes import KILLED_BEFORE, in_child, kill_oneself, restore

pytestmark = pytest.mark.usefixtures("untried")

DAY = 86400
CORE = "qlustar-module-core-bookworm-amd64"


def let_go(shop: Shop, *, keep: int = 1, grace: int = 0, **options) -> LettingGo:
    given = {"now": DATE + 1000 * DAY, "listen": shop.events.append, **options}
    return collect(shop.root, retention=Retention(keep=keep, grace=grace), **given)


def published(shop: Shop, *versions: str, name: str = "everyday") -> list[str]:
    """One snapshot for each version; their names."""
    return [str(shop.publish(shop.deb(name, version)).snapshot) for version in versions]


def pool(shop: Shop) -> list[str]:
    return sorted(path.name for path in walk(shop.layout.pool))


def test_versions_beyond_those_to_keep_go_with_their_snapshots(shop: Shop) -> None:
    names = published(shop, "1.0", "1.1", "1.2", "1.3")
    gone = let_go(shop, keep=2)
    assert [one.identity for one in gone.snapshots] == names[:2]
    assert [entry.title for entry in gone.packages] == ["everyday 1.0 (all)", "everyday 1.1 (all)"]
    assert gone.kept == {
        names[2]: "it is the newest that has everyday 1.2 (all)",
        names[3]: "a suite points at it",
    }
    assert pool(shop) == ["everyday_1.2_all.deb", "everyday_1.3_all.deb"]
    assert shop.layout.snapshot_names() == tuple(names[2:])
    found = check_repository(shop.root, listen=ignore)
    assert (found.faults, found.cautions) == ((), ())


def test_a_snapshot_stays_for_the_grace_after_the_suite_has_moved_on(shop: Shop) -> None:
    published(shop, "1.0", "1.1", "1.2")
    moved_on = shop.date  # of 1.1, when 1.2 came
    assert len(let_go(shop, grace=DAY, now=moved_on + DAY - 1).snapshots) == 1
    assert let_go(shop, grace=DAY, now=moved_on + DAY - 1).snapshots == ()
    assert [entry.version for entry in let_go(shop, grace=DAY, now=moved_on + DAY).packages] == [
        "1.1"
    ]


def test_a_suite_keeps_all_that_it_offers_however_many_versions_that_are(shop: Shop) -> None:
    for number in range(4):
        shop.publish(shop.deb(f"{CORE}-14.0.{number}", f"14.0.{number}-1"))
    before = shop.current.entries()
    assert let_go(shop).packages == ()
    assert (shop.current.entries(), len(pool(shop))) == (before, 4)


def test_the_versions_of_a_module_are_counted_by_its_meta_version(shop: Shop) -> None:
    for version in ("14.0.0-1", "14.0.0-2", "14.0.1-1", "14.0.1-2"):
        shop.publish(shop.deb(f"{CORE}-{version.partition('-')[0]}", version))
    # The newest two are 14.0.1-2 and 14.0.1-1; the suite itself has 14.0.1-2 and 14.0.0-2.
    gone = let_go(shop, keep=2)
    assert [entry.title for entry in gone.packages] == [f"{CORE}-14.0.0 14.0.0-1 (all)"]


def test_what_another_suite_offers_stays(shop: Shop) -> None:
    published(shop, "1.0")
    shop.date += 1
    shop.promote(SUITE, "14.0-stable")
    published(shop, "1.1")
    assert [one.suite for one in let_go(shop).snapshots] == [SUITE]
    assert pool(shop) == ["everyday_1.0_all.deb", "everyday_1.1_all.deb"]


def test_indexes_by_digest_go_with_the_last_snapshot_that_signs_them(shop: Shop) -> None:
    published(shop, "1.0", "1.1", "1.2")

    def by_digest() -> set[str]:
        return {path.name for path in shop.current.directory.glob("main/binary-amd64/by-hash/*/*")}

    signed = {one.sha256 for one in shop.current.sums.values()}
    assert not by_digest() <= signed
    let_go(shop)
    assert by_digest() <= signed


def test_a_dry_run_says_what_would_go_and_leaves_it(shop: Shop) -> None:
    published(shop, "1.0", "1.1")
    before = shop.tree()
    would = let_go(shop, dry_run=True)
    assert shop.tree() == before
    assert would == let_go(shop)


def test_a_name_that_is_gone_never_gets_other_bytes(shop: Shop) -> None:
    published(shop, "1.0", "1.1")
    let_go(shop)
    changed = shop.deb("everyday", "1.0", files={"/a": "two"}, folder="changed")
    assert refused(shop, changed, allow_older=True).startswith(
        "pool/main/e/everyday/everyday_1.0_all.deb is published already, with other bytes"
    )
    shop.publish(shop.deb("everyday", "1.0"), allow_older=True)
    assert "everyday_1.0_all.deb" in pool(shop)


def test_files_that_belong_to_no_snapshot_go(shop: Shop) -> None:
    published(shop, "1.0")
    (shop.layout.pool / "main/e/everyday/stray").write_text("what?")
    gone = let_go(shop)
    assert [(file.path, file.size) for file in gone.files] == [("pool/main/e/everyday/stray", 5)]
    assert pool(shop) == ["everyday_1.0_all.deb"]


def test_a_damaged_snapshot_stops_it_before_anything_goes(shop: Shop) -> None:
    published(shop, "1.0", "1.1")
    for packed in shop.current.directory.glob("main/binary-amd64/Packages.gz"):
        packed.unlink()
    before = shop.tree()
    with pytest.raises(QlumodError):
        let_go(shop)
    assert shop.tree() == before


def test_a_client_in_the_middle_of_an_update_is_not_disturbed(shop: Shop) -> None:
    published(shop, "1.0", "1.1")
    client = shop.client()
    client.update()
    published(shop, "1.2")
    let_go(shop, grace=DAY, now=shop.date + 1)
    client.install("everyday")
    assert client.installed() == {"everyday": "1.1"}


def test_killed_before_every_change_it_leaves_a_whole_repository(shop: Shop) -> None:
    published(shop, "1.0", "1.1", "1.2")
    backup = shop.work / "backup"
    os.system(f"cp -a {shop.root} {backup}")
    offered = shop.current.entries()
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
            let_go(shop)

        ended = in_child(run)
        assert shop.current.entries() == offered
        # All signatures again each time would take most of the test.
        if ended == 0 or number % 8 == 1:
            assert check_repository(shop.root, listen=ignore).faults == ()
        if ended == 0:
            break
        assert ended == signal.SIGKILL
        let_go(shop)
        assert (shop.debris(), shop.layout.going.exists()) == ([], False)
        assert pool(shop) == ["everyday_1.2_all.deb"]
        restore(shop, backup)
    assert number > 15


def test_gc_says_packages_versions_and_bytes(shop: Shop, typed) -> None:
    first, second = published(shop, "1.0", "1.1")
    size = Path(shop.work / "incoming/everyday_1.0_all.deb").stat().st_size
    words = ("gc", "--repository", shop.root, "--keep", "1", "--grace", "0d")
    would = typed(*words, "--dry-run", "--json").document
    assert would == {
        "snapshots": [{"snapshot": first, "suite": SUITE}],
        "packages": [
            {"package": "everyday", "architecture": "all", "version": "1.0", "size": size}
        ],
        "files": ["pool/main/e/everyday/everyday_1.0_all.deb"],
        "bytes": size,
        "kept": {second: "a suite points at it"},
    }
    assert typed(*words).out == (
        f"{first}  {SUITE}\n"
        f"  everyday 1.0 (all): {size} B\n"
        f"removed 1 snapshots, 1 packages, {size} B; 1 snapshots are kept\n"
    )
    assert typed(*words).out == "nothing to remove: 1 snapshots are kept\n"
    assert "'soon' is no duration" in typed(*words[:-1], "soon").err
