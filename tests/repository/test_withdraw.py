"""Taking back what a suite offers: rolling back, removing, and comparing snapshots."""

import signal
import subprocess

import pytest

from qlumod.cli.completing import answered
from qlumod.cli.main import cli
from qlumod.errors import QlumodError
from qlumod.events import StepStarted, ignore
from qlumod.repository.maintenance.version_bump import really
from qlumod.repository.publishing.outcome import Publication
from qlumod.repository.verbs.repo import check_repository
from qlumod.repository.verbs.snapshot import snapshot_differences
from qlumod.repository.verbs.withdraw import remove_packages, rollback
from tests.repository.conftest import SUITE, Shop
from tests.repository.test_crashes import in_child, kill_oneself

CORE = "qlustar-module-core-bookworm-amd64"
META = f"{CORE}-14.0"
SHORT = "qlustar-module-core"


def release(shop: Shop, version: str) -> Publication:
    """A payload, the package of its meta-version upon it, and the short one upon that."""
    payload = f"{CORE}-{version.partition('-')[0]}"
    source = {"Source": CORE}
    return shop.publish(
        shop.deb(payload, version, fields=source),
        shop.deb(META, version, depends=f"{payload} (= {version})", fields=source),
        shop.deb(SHORT, version, depends=f"{META} (= {version})", fields=source),
    )


def rolled_back(shop: Shop, *snapshot: str, **options) -> Publication:
    shop.date += 1
    return rollback(SUITE, *snapshot, **shop.said({"date": shop.date, **options}))


def removed(shop: Shop, *packages: str, **options) -> Publication:
    shop.date += 1
    return remove_packages(SUITE, packages, **shop.said({"date": shop.date, **options}))


def test_a_suite_offers_again_what_it_offered_before(shop: Shop) -> None:
    first = shop.publish(shop.deb("everyday", "1.0")).snapshot
    before = shop.current
    shop.publish(shop.deb("everyday", "1.1"), shop.deb("other"))
    done = rolled_back(shop)
    assert (done.back_to, done.lower) == (first, ("everyday",))
    assert [str(change) for change in done.changes] == [
        "everyday (all): 1.1 → 1.0",
        "other (all): 1.0 goes",
    ]
    assert shop.current.entries() == before.entries()
    assert shop.current.date > before.date
    client = shop.client()
    client.update()
    client.install("everyday")
    assert client.installed() == {"everyday": "1.0"}


def test_a_client_that_has_upgraded_stays_where_it_is(shop: Shop) -> None:
    shop.publish(shop.deb("everyday", "1.0"))
    shop.publish(shop.deb("everyday", "1.1"))
    client = shop.client()
    client.update()
    client.install("everyday")
    rolled_back(shop)
    client.update()
    client.must("apt-get", "-y", "full-upgrade")
    assert client.installed() == {"everyday": "1.1"}


def test_raised_meta_packages_bring_a_client_back(shop: Shop) -> None:
    release(shop, "14.0.0-1")
    release(shop, "14.0.1-1")
    client = shop.client()
    client.update()
    client.install(SHORT)
    assert f"{CORE}-14.0.1" in client.installed()
    done = rolled_back(shop, raise_metas=True)
    assert [str(change) for change in done.changes] == [
        f"{SHORT} (all): 14.0.1-1 → 14.0.1+really14.0.0-1",
        f"{META} (all): 14.0.1-1 → 14.0.1+really14.0.0-1",
        f"{CORE}-14.0.1 (all): 14.0.1-1 goes",
    ]
    assert done.lower == ()
    client.update()
    client.must("apt-get", "-y", "--auto-remove", "full-upgrade")
    assert client.installed() == {
        f"{CORE}-14.0.0": "14.0.0-1",
        META: "14.0.1+really14.0.0-1",
        SHORT: "14.0.1+really14.0.0-1",
    }
    raised = next(shop.layout.pool.glob("main/q/*/qlustar-module-core_*really*.deb"))
    told = subprocess.run(["dpkg-deb", "-f", raised], capture_output=True, text=True, check=True)
    assert f"Source: {CORE} (14.0.0-1)\n" in told.stdout
    assert check_repository(shop.root, listen=ignore).faults == ()


@pytest.mark.parametrize(
    ("highest", "meant", "version"),
    [
        ("14.0.1-1", "14.0.0-1", "14.0.1+really14.0.0-1"),
        ("14.0.0-2", "14.0.0-1", "14.0.0+really14.0.0-1"),
        ("14.0.1+really14.0.0-1", "13.9.0-1", "14.0.1+really14.0.0+really13.9.0-1"),
        ("14.0.2-1", "14.0.1+really14.0.0-1", "14.0.2+really14.0.0-1"),
    ],
)
def test_a_raised_version_says_which_one_it_really_is(
    highest: str, meant: str, version: str
) -> None:
    assert really(highest, meant) == version


@pytest.mark.usefixtures("untried")
def test_a_dry_run_writes_nothing(shop: Shop) -> None:
    release(shop, "14.0.0-1")
    release(shop, "14.0.1-1")
    before = shop.tree()
    would = rolled_back(shop, raise_metas=True, dry_run=True)
    gone = removed(shop, SHORT, dry_run=True)
    assert (would.snapshot, gone.snapshot, len(would.changes)) == (None, None, 3)
    assert [str(change) for change in gone.changes] == [f"{SHORT} (all): 14.0.1-1 goes"]
    assert shop.tree() == before


@pytest.mark.usefixtures("untried")
def test_a_rollback_that_is_killed_leaves_the_old_state_and_no_debris(shop: Shop) -> None:
    release(shop, "14.0.0-1")
    release(shop, "14.0.1-1")
    offered = shop.current.entries()
    for moment in ("linking", "placing", "switching"):

        def die(event: object) -> None:
            if isinstance(event, StepStarted) and event.step.startswith(moment):  # noqa: B023
                kill_oneself()

        assert in_child(lambda: rolled_back(shop, raise_metas=True, listen=die)) == signal.SIGKILL
        assert shop.current.entries() == offered
    assert rolled_back(shop, raise_metas=True).snapshot
    assert shop.debris() == []


@pytest.mark.usefixtures("untried")
def test_what_others_need_is_not_removed(shop: Shop) -> None:
    release(shop, "14.0.0-1")
    before = shop.tree()
    with pytest.raises(QlumodError) as refused:
        removed(shop, META)
    assert str(refused.value) == (
        f"{SHORT} 14.0.0-1 (all) needs {META} (= 14.0.0-1), which {SUITE} would not have any more\n"
        f"To mend it: remove {SHORT}, too, or publish one that does not need it"
    )
    assert shop.tree() == before
    assert [entry.package for entry in shop.current.entries()][:1] == [SHORT]
    removed(shop, META, SHORT)
    assert [entry.package for entry in shop.current.entries()] == [f"{CORE}-14.0.0"]


@pytest.mark.usefixtures("untried")
def test_what_another_one_provides_too_may_be_removed(shop: Shop) -> None:
    provides = {"Provides": "mailer (= 2)"}
    one, two = shop.deb("one", fields=provides), shop.deb("two", fields=provides)
    shop.publish(one, two, shop.deb("needs", depends="mailer (>= 2) | elsewhere"))
    removed(shop, "one")
    with pytest.raises(QlumodError, match=r"needs 1.0 \(all\) needs mailer"):
        removed(shop, "two")


@pytest.mark.usefixtures("untried")
def test_payloads_of_old_versions_are_removed_by_number(shop: Shop) -> None:
    for number in range(3):
        release(shop, f"14.0.{number}-1")
    assert [str(change) for change in removed(shop, keep=2).changes] == [
        f"{CORE}-14.0.0 (all): 14.0.0-1 goes"
    ]
    assert removed(shop, keep=2).snapshot is None


@pytest.mark.usefixtures("untried")
def test_what_was_never_published_cannot_be_had_back_or_removed(shop: Shop) -> None:
    shop.publish(shop.deb("everyday"))
    for run, told in (
        (lambda: rolled_back(shop), f"{SUITE} has no snapshot with other packages"),
        (lambda: rolled_back(shop, "20000101T000000Z"), "has no snapshot 20000101T000000Z"),
        (lambda: removed(shop, "none"), f"{SUITE} has no package none"),
    ):
        with pytest.raises(QlumodError, match=told):
            run()


@pytest.mark.usefixtures("untried")
def test_snapshots_and_suites_are_compared(shop: Shop) -> None:
    first = str(shop.publish(shop.deb("everyday", "1.0")).snapshot)
    shop.publish(shop.deb("everyday", "1.1"), shop.deb("other"))
    assert [str(change) for change in snapshot_differences(shop.root, first, SUITE)] == [
        "everyday (all): 1.0 → 1.1",
        "other (all): new, 1.0",
    ]


def test_the_verbs_say_what_changes_and_who_stays(shop: Shop, typed) -> None:
    first = str(shop.publish(shop.deb("everyday", "1.0")).snapshot)
    shop.publish(shop.deb("everyday", "1.1"))
    at = ("--repository", shop.root)
    assert typed("snapshot", "diff", SUITE, first, *at).out == "everyday (all): 1.1 → 1.0\n"
    assert typed("rollback", SUITE, *at, "--dry-run").out == (
        f"{SUITE} would change:\n"
        "  everyday (all): 1.1 → 1.0\n"
        "clients that have a higher version already keep it: everyday\n"
    )
    gone = typed("remove", SUITE, "everyday", *at, "--json").document
    assert gone["changes"] == [
        {"package": "everyday", "architecture": "all", "old": "1.1", "new": None}
    ]
    assert typed("remove", SUITE, *at).status == 2
    assert not any(shop.layout.staging.iterdir())


@pytest.mark.usefixtures("untried")
def test_the_packages_of_the_suite_are_offered_to_the_shell(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.publish(shop.deb("everyday", "1.0"), shop.deb("other"))
    monkeypatch.setenv("QLUMOD_REPOSITORY", str(shop.root))
    assert answered(cli, ("remove", SUITE), "e").split("\t") == ["plain", "everyday", "1.0\n"]
    assert answered(cli, ("remove", "nowhere"), "e") == ""
