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
from tests.repository.conftest import SUITE, SmallRepository
from tests.repository.test_crashes import in_child, kill_oneself

CORE = "qlustar-module-core-bookworm-amd64"
META = f"{CORE}-14.0"
SHORT = "qlustar-module-core"


def release(repository: SmallRepository, version: str) -> Publication:
    """A payload, the package of its meta-version upon it, and the short one upon that."""
    payload = f"{CORE}-{version.partition('-')[0]}"
    source = {"Source": CORE}
    return repository.publish(
        repository.deb(payload, version, fields=source),
        repository.deb(META, version, depends=f"{payload} (= {version})", fields=source),
        repository.deb(SHORT, version, depends=f"{META} (= {version})", fields=source),
    )


def rolled_back(repository: SmallRepository, *snapshot: str, **options) -> Publication:
    repository.date += 1
    return rollback(SUITE, *snapshot, **repository.said({"date": repository.date, **options}))


def removed(repository: SmallRepository, *packages: str, **options) -> Publication:
    repository.date += 1
    return remove_packages(SUITE, packages, **repository.said({"date": repository.date, **options}))


def test_a_suite_offers_again_what_it_offered_before(repository: SmallRepository) -> None:
    first = repository.publish(repository.deb("everyday", "1.0")).snapshot
    before = repository.current
    repository.publish(repository.deb("everyday", "1.1"), repository.deb("other"))
    done = rolled_back(repository)
    assert (done.back_to, done.lower) == (first, ("everyday",))
    assert [str(change) for change in done.changes] == [
        "everyday (all): 1.1 → 1.0",
        "other (all): 1.0 goes",
    ]
    assert repository.current.entries() == before.entries()
    assert repository.current.date > before.date
    client = repository.client()
    client.update()
    client.install("everyday")
    assert client.installed() == {"everyday": "1.0"}


def test_a_client_that_has_upgraded_stays_where_it_is(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday", "1.0"))
    repository.publish(repository.deb("everyday", "1.1"))
    client = repository.client()
    client.update()
    client.install("everyday")
    rolled_back(repository)
    client.update()
    client.must("apt-get", "-y", "full-upgrade")
    assert client.installed() == {"everyday": "1.1"}


def test_raised_meta_packages_bring_a_client_back(repository: SmallRepository) -> None:
    release(repository, "14.0.0-1")
    release(repository, "14.0.1-1")
    client = repository.client()
    client.update()
    client.install(SHORT)
    assert f"{CORE}-14.0.1" in client.installed()
    done = rolled_back(repository, raise_metas=True)
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
    raised = next(repository.layout.pool.glob("main/q/*/qlustar-module-core_*really*.deb"))
    told = subprocess.run(["dpkg-deb", "-f", raised], capture_output=True, text=True, check=True)
    assert f"Source: {CORE} (14.0.0-1)\n" in told.stdout
    assert check_repository(repository.root, listen=ignore).faults == ()


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
def test_a_dry_run_writes_nothing(repository: SmallRepository) -> None:
    release(repository, "14.0.0-1")
    release(repository, "14.0.1-1")
    before = repository.tree()
    would = rolled_back(repository, raise_metas=True, dry_run=True)
    gone = removed(repository, SHORT, dry_run=True)
    assert (would.snapshot, gone.snapshot, len(would.changes)) == (None, None, 3)
    assert [str(change) for change in gone.changes] == [f"{SHORT} (all): 14.0.1-1 goes"]
    assert repository.tree() == before


@pytest.mark.usefixtures("untried")
def test_a_rollback_that_is_killed_leaves_the_old_state_and_no_debris(
    repository: SmallRepository,
) -> None:
    release(repository, "14.0.0-1")
    release(repository, "14.0.1-1")
    offered = repository.current.entries()
    for moment in ("linking", "placing", "switching"):

        def die(event: object) -> None:
            if isinstance(event, StepStarted) and event.step.startswith(moment):  # noqa: B023
                kill_oneself()

        assert (
            in_child(lambda: rolled_back(repository, raise_metas=True, listen=die))
            == signal.SIGKILL
        )
        assert repository.current.entries() == offered
    assert rolled_back(repository, raise_metas=True).snapshot
    assert repository.debris() == []


@pytest.mark.usefixtures("untried")
def test_what_others_need_is_not_removed(repository: SmallRepository) -> None:
    release(repository, "14.0.0-1")
    before = repository.tree()
    with pytest.raises(QlumodError) as refused:
        removed(repository, META)
    assert str(refused.value) == (
        f"{SHORT} 14.0.0-1 (all) needs {META} (= 14.0.0-1), which {SUITE} would not have any more\n"
        f"To mend it: remove {SHORT}, too, or publish one that does not need it"
    )
    assert repository.tree() == before
    assert [entry.package for entry in repository.current.entries()][:1] == [SHORT]
    removed(repository, META, SHORT)
    assert [entry.package for entry in repository.current.entries()] == [f"{CORE}-14.0.0"]


@pytest.mark.usefixtures("untried")
def test_what_another_one_provides_too_may_be_removed(repository: SmallRepository) -> None:
    provides = {"Provides": "mailer (= 2)"}
    one, two = repository.deb("one", fields=provides), repository.deb("two", fields=provides)
    repository.publish(one, two, repository.deb("needs", depends="mailer (>= 2) | elsewhere"))
    removed(repository, "one")
    with pytest.raises(QlumodError, match=r"needs 1.0 \(all\) needs mailer"):
        removed(repository, "two")


@pytest.mark.usefixtures("untried")
def test_payloads_of_old_versions_are_removed_by_number(repository: SmallRepository) -> None:
    for number in range(3):
        release(repository, f"14.0.{number}-1")
    assert [str(change) for change in removed(repository, keep=2).changes] == [
        f"{CORE}-14.0.0 (all): 14.0.0-1 goes"
    ]
    assert removed(repository, keep=2).snapshot is None


@pytest.mark.usefixtures("untried")
def test_what_was_never_published_cannot_be_had_back_or_removed(
    repository: SmallRepository,
) -> None:
    repository.publish(repository.deb("everyday"))
    for run, told in (
        (lambda: rolled_back(repository), f"{SUITE} has no snapshot with other packages"),
        (lambda: rolled_back(repository, "20000101T000000Z"), "has no snapshot 20000101T000000Z"),
        (lambda: removed(repository, "none"), f"{SUITE} has no package none"),
    ):
        with pytest.raises(QlumodError, match=told):
            run()


@pytest.mark.usefixtures("untried")
def test_snapshots_and_suites_are_compared(repository: SmallRepository) -> None:
    first = str(repository.publish(repository.deb("everyday", "1.0")).snapshot)
    repository.publish(repository.deb("everyday", "1.1"), repository.deb("other"))
    assert [str(change) for change in snapshot_differences(repository.root, first, SUITE)] == [
        "everyday (all): 1.0 → 1.1",
        "other (all): new, 1.0",
    ]


def test_the_verbs_say_what_changes_and_who_stays(repository: SmallRepository, qlumod) -> None:
    first = str(repository.publish(repository.deb("everyday", "1.0")).snapshot)
    repository.publish(repository.deb("everyday", "1.1"))
    at = ("--repository", repository.root)
    assert qlumod("snapshot", "diff", SUITE, first, *at).out == "everyday (all): 1.1 → 1.0\n"
    assert qlumod("rollback", SUITE, *at, "--dry-run").out == (
        f"{SUITE} would change:\n"
        "  everyday (all): 1.1 → 1.0\n"
        "clients that have a higher version already keep it: everyday\n"
    )
    gone = qlumod("remove", SUITE, "everyday", *at, "--json").document
    assert gone["changes"] == [
        {"package": "everyday", "architecture": "all", "old": "1.1", "new": None}
    ]
    assert qlumod("remove", SUITE, *at).status == 2
    assert not any(repository.layout.staging.iterdir())


@pytest.mark.usefixtures("untried")
def test_the_packages_of_the_suite_are_offered_to_the_shell(
    repository: SmallRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.publish(repository.deb("everyday", "1.0"), repository.deb("other"))
    monkeypatch.setenv("QLUMOD_REPOSITORY", str(repository.root))
    assert answered(cli, ("remove", SUITE), "e").split("\t") == ["plain", "everyday", "1.0\n"]
    assert answered(cli, ("remove", "nowhere"), "e") == ""
