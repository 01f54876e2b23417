"""Promoting the same bytes from suite to suite, and signing suites anew."""

import click
import pytest

from qlumod.cli.completing import answered
from qlumod.cli.main import cli
from qlumod.errors import QlumodError
from qlumod.repository.publishing.outcome import Publication
from qlumod.repository.verbs.sign import renew
from tests.conftest import ROOT
from tests.repository.conftest import DATE, SUITE, SmallRepository

PROPOSED = f"{SUITE}-proposed-updates"
YEAR = 365 * 86400


def promoted(repository: SmallRepository, **options) -> Publication:
    repository.date += 1
    return repository.promote(PROPOSED, SUITE, **options)


def test_promoting_offers_the_same_bytes_in_another_suite(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday", "1.0"))
    repository.publish(repository.deb("everyday", "1.1"), repository.deb("other"), suite=PROPOSED)
    pool = {path: data for path, data in repository.tree().items() if path.startswith("pool/")}
    assert [str(change) for change in promoted(repository).changes] == [
        "everyday (all): 1.0 → 1.1",
        "other (all): new, 1.0",
    ]
    assert {
        path: data for path, data in repository.tree().items() if path.startswith("pool/")
    } == pool
    client = repository.client()
    client.update()
    client.install("everyday")
    assert client.installed() == {"everyday": "1.1"}


def test_promoting_again_changes_nothing(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday"), suite=PROPOSED)
    promoted(repository)
    before = repository.tree()
    assert (promoted(repository).snapshot, repository.tree()) == (None, before)


def test_a_dry_run_of_a_promotion_writes_nothing(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday"), suite=PROPOSED)
    before = repository.tree()
    found = promoted(repository, dry_run=True)
    assert (found.snapshot, [str(change) for change in found.changes]) == (
        None,
        ["everyday (all): new, 1.0"],
    )
    assert repository.tree() == before


def test_some_packages_are_promoted_without_the_others(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday"), repository.deb("other"), suite=PROPOSED)
    promoted(repository, packages=["other"])
    assert [entry.package for entry in repository.current.entries()] == ["other"]


def test_the_packages_to_promote_are_offered_by_the_shell(
    repository: SmallRepository, untried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.publish(repository.deb("everyday"), suite=PROPOSED)
    monkeypatch.setenv("QLUMOD_REPOSITORY", str(repository.root))
    words = ("promote", PROPOSED, SUITE, "--package")
    assert answered(cli, words, "e").split("\t") == ["plain", "everyday", "1.0\n"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"packages": ["none"]}, f"{PROPOSED} has no package none"),
        ({}, f"{{root}} has no suite {PROPOSED}\nTo mend it: it has {SUITE}"),
    ],
)
def test_what_is_not_there_cannot_be_promoted(
    repository: SmallRepository, options: dict, told: str
) -> None:
    repository.publish(repository.deb("everyday"), suite=PROPOSED if options else SUITE)
    with pytest.raises(QlumodError) as refused:
        promoted(repository, **options)
    assert str(refused.value) == told.replace("{root}", str(repository.root))


def test_signing_anew_moves_the_dates_and_keeps_the_packages(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday"), date=DATE, valid_for=20 * YEAR)
    first = repository.current
    (renewed,) = renew(
        (), terms=repository.terms(date=DATE + 86400), listen=repository.events.append
    )
    assert renewed.snapshot == "20231115T221320Z"
    assert (repository.current.entries(), repository.current.sums) == (first.entries(), first.sums)
    assert repository.current.fields["Date"] == "Wed, 15 Nov 2023 22:13:20 UTC"
    assert repository.current.fields["Valid-Until"] == "Tue, 10 Nov 2043 22:13:20 UTC"
    client = repository.client()
    client.update()
    assert client.offered("everyday") == ["1.0"]


def test_signing_anew_can_set_another_span(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday"), date=DATE)
    renew(
        [SUITE],
        terms=repository.terms(date=DATE + 1, valid_for=30 * YEAR),
        listen=repository.events.append,
    )
    assert repository.current.fields["Valid-Until"] == "Thu, 06 Nov 2053 22:13:21 UTC"


@pytest.mark.usefixtures("untried")
def test_only_what_is_due_is_signed_anew_if_that_is_asked_for(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday"), date=DATE, valid_for=20 * YEAR)
    repository.publish(repository.deb("everyday"), date=DATE + 1, suite=PROPOSED)

    def due(date: int) -> list[str]:
        listen = repository.events.append
        renewed = renew((), terms=repository.terms(date=date), only_due=True, listen=listen)
        return [one.suite for one in renewed]

    assert due(DATE + 10 * YEAR) == []
    assert due(DATE + 10 * YEAR + 1) == [SUITE]
    assert due(DATE + 10 * YEAR + 2) == []


def test_the_units_of_the_timer_are_sound() -> None:
    units = sorted((ROOT / "build-host/usr/lib/systemd/system").glob("qlumod-sign@.*"))
    assert [unit.suffix for unit in units] == [".service", ".timer"]
    assert "ExecStart=/usr/bin/qlumod sign --due --progress plain\n" in units[0].read_text()
    shown = cli.get_command(click.Context(cli), "sign")
    assert shown and "--due" in {spelled for option in shown.params for spelled in option.opts}
    assert "OnCalendar=daily\n" in units[1].read_text()
