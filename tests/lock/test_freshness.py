"""A right signature says nothing of when it is shown: older archives, and what the host lets by."""

import re
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Caution
from qlumod.lock.rules.freshness import Older, older_archive
from qlumod.lock.verbs.solve_lock import Wish
from qlumod.model.lock_file import lock_text, parse_lock
from qlumod.packaging.debian import host_apt
from qlumod.packaging.debian.host_apt import HostArchive
from qlumod.workflows import lock as workflow
from tests.conftest import CommandLine
from tests.lock.build_host import BuildHost, versions

EARLY = "Tue, 14 Nov 2023 22:13:20 +0000"
LATE = "Wed, 15 Nov 2023 22:13:20 +0000"


@pytest.fixture
def moved(host: BuildHost) -> BuildHost:
    """A lock of version 2; then the mirror shows version 1 again, with its own right signature."""
    early = host.offer(host.deb("munge", "1"), date=EARLY)
    kept = {path: path.read_bytes() for path in early.directory.rglob("*") if path.is_file()}
    host.offer(host.deb("munge", "1"), host.deb("munge", "2"), date=LATE)
    host.spec("slurm", "munge")
    assert versions(host.lock())["munge"] == "2"
    for path, data in kept.items():
        path.write_bytes(data)
    return host


def without_lists(host: BuildHost) -> None:
    """As on a machine that has never seen the archive."""
    for path in sorted((host.cache / "apt").glob("*/var/lib/apt/lists/*_*")):
        path.unlink()


def refused(host: BuildHost, **given: object) -> str:
    without_lists(host)
    return host.refusal(**given)


TOLD = (
    "archive test: the suite stable is older than what the lock was made from\n"
    f"  it is of {EARLY}, that was of {LATE}\n"
    "  it comes from file://TOP/archive/\n"
    "To mend it: use a mirror that is up to date (--archive test=URI); if it is meant to go back,"
    " say why: --older-archive test='REASON', which the lock keeps"
)


@pytest.mark.parametrize("update", [None, (), ("munge",)])
def test_an_archive_that_is_older_than_the_locks_is_refused(
    update: object, moved: BuildHost
) -> None:
    before = moved.specs.joinpath("locks/14.0.0-bookworm-amd64.lock").read_bytes()
    assert refused(moved, update=update) == TOLD
    assert moved.specs.joinpath("locks/14.0.0-bookworm-amd64.lock").read_bytes() == before


def relocked(
    host: BuildHost, *older: Older, update: tuple[str, ...] | None = ()
) -> workflow.Locked:
    without_lists(host)
    return workflow.lock(
        host.place,
        Wish(update=update, older=older),
        listen=host.events.append,
    )


def test_it_is_taken_with_a_reason_that_the_lock_keeps(moved: BuildHost) -> None:
    older = older_archive("test=the mirror took a bad version back")
    locked = relocked(moved, older)
    assert versions(locked)["munge"] == "1"
    text = locked.path.read_text()
    assert f"Date: {EARLY}\n" in text
    assert "Older-Because: the mirror took a bad version back\n" in text
    assert lock_text(parse_lock(text, "lock")) == text
    # It stays as long as that InRelease does, and no longer.
    moved.spec("other", "munge")
    assert "Older-Because" in relocked(moved).path.read_text()
    moved.offer(moved.deb("munge", "3"), date=LATE)
    assert "Older-Because" not in relocked(moved).path.read_text()


def test_a_reason_is_for_one_archive(moved: BuildHost) -> None:
    with pytest.raises(QlumodError) as told:
        relocked(moved, Older(archive="other", reason="why not"))
    assert moved.plain(str(told.value)) == (
        f"--older-archive: there is no archive 'other'\nTo mend it: choose from test\n{TOLD}"
    )


@pytest.mark.parametrize("text", ["test", "test=", "test= ", "=why", "Te st=why", "test=a\x1bb"])
def test_a_reason_has_an_archive_and_words(text: str) -> None:
    with pytest.raises(QlumodError):
        older_archive(text)


def test_the_same_date_and_a_later_one_need_no_reason(host: BuildHost) -> None:
    host.offer(host.deb("munge", "1"), date=LATE)
    host.spec("slurm", "munge")
    host.lock()
    host.offer(host.deb("munge", "2"), date=LATE)
    assert versions(host.lock(update=()))["munge"] == "2"


def test_a_flat_archive_is_compared_too(host: BuildHost) -> None:
    host.publish("flat", [host.deb("munge", "1")], suite="./", component="", date=LATE)
    host.offer()
    flat = (
        f"\nArchive: flat\nURI: file://{host.top}/flat\nSuites: ./\n"
        f"Key: {host.top}/flat/keyring.gpg\n"
    )
    host.release(extra=flat)
    host.spec("slurm", "munge")
    host.lock()
    host.publish("flat", [host.deb("munge", "1")], suite="./", component="", date=EARLY)
    assert refused(host).startswith("archive flat: the suite ./ is older than what the lock was")


def test_the_option_is_typed(qlumod: CommandLine, host: BuildHost) -> None:
    shown = qlumod("lock", "--help").out
    assert "--older-archive ARCHIVE=REASON" in shown
    answer = qlumod("lock", "--older-archive", "test")
    assert answer.status == 2
    assert "has not the form ARCHIVE=REASON" in answer.err


EXPIRED = {"Valid-Until": "Thu, 16 Nov 2023 00:00:00 +0000"}


def test_an_expired_archive_is_refused_whatever_the_host_says(host: BuildHost) -> None:
    host.offer(release=EXPIRED)
    with host.apt_config.open("a") as config:
        config.write('Acquire::Check-Valid-Until "false";\nAcquire::Check-Date "false";\n')
    text = re.sub(r"since [^)]*\)", "since …)", host.refusal())
    assert "InRelease is expired (invalid since …)" in text
    assert text.endswith(
        "of an archive of snapshots say so: Expired-Because in its stanza of the release file, or"
        " of qlumod.conf"
    )


SNAPSHOT = "20231114T230000Z"


def on_a_snapshot(host: BuildHost, monkeypatch: pytest.MonkeyPatch, snapshot: str) -> None:
    """Let the host's apt know the host's archive as a snapshot that its sources choose."""
    known = HostArchive(
        origin="Test", label="Test", uri=f"file://{host.archive}/", suite="stable",
        codename="stable", snapshot=snapshot,
    )  # fmt: skip
    monkeypatch.setattr(host_apt, "host_archives", lambda host: (known,))
    host.release(URI="", Origin="Test", Label="Test")


def test_a_snapshot_that_the_host_chooses_may_lead_back_which_is_told_and_recorded(
    moved: BuildHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_snapshot(moved, monkeypatch, SNAPSHOT)
    locked = relocked(moved)
    assert versions(locked)["munge"] == "1"
    reason = f"this host's apt is set to the snapshot {SNAPSHOT}"
    assert f"Older-Because: {reason}\n" in locked.path.read_text()
    assert [event.text for event in moved.events if isinstance(event, Caution)] == [
        f"archive test is older than what the lock was made from: {reason}"
    ]
    # Once the lock has it, there is no way back to tell of.
    moved.events.clear()
    assert f"Older-Because: {reason}\n" in relocked(moved, update=None).path.read_text()
    assert [event for event in moved.events if isinstance(event, Caution)] == []


def test_a_reason_that_somebody_gives_is_recorded_instead(
    moved: BuildHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_snapshot(moved, monkeypatch, SNAPSHOT)
    locked = relocked(moved, Older(archive="test", reason="version 2 is broken"))
    assert "Older-Because: version 2 is broken\n" in locked.path.read_text()


@pytest.mark.parametrize("snapshot", ["20231116T000000Z", "file:/srv/frozen", "99999999T999999Z"])
def test_a_snapshot_of_a_later_time_is_no_reason_to_go_back(
    moved: BuildHost, monkeypatch: pytest.MonkeyPatch, snapshot: str
) -> None:
    on_a_snapshot(moved, monkeypatch, snapshot)
    with pytest.raises(QlumodError) as told:
        relocked(moved)
    assert moved.plain(str(told.value)) == TOLD


def test_an_archive_of_snapshots_says_why_in_the_release_and_the_lock_keeps_it(
    host: BuildHost,
) -> None:
    host.offer(release=EXPIRED)
    host.release(**{"Expired-Because": "a snapshot of 14 November"})
    text = host.lock().path.read_text()
    assert "Expired-Because: a snapshot of 14 November\n" in text
    assert lock_text(parse_lock(text, "lock")) == text


def test_or_in_the_configuration_of_a_host(host: BuildHost, qlumod: CommandLine) -> None:
    host.offer(release=EXPIRED)
    conf = host.top / "qlumod.conf"
    conf.write_text(
        f"Format: 1\n\nArchive: test\nURI: file://{host.archive}\n"
        "Expired-Because: our mirror of snapshots\n"
    )
    answer = qlumod("lock", "--specs", host.specs, QLUMOD_CONFIG=str(conf))
    assert answer.status == 0, answer.err
    (lock,) = (host.specs / "locks").iterdir()
    assert "Expired-Because: our mirror of snapshots\n" in lock.read_text()


COMES_OVER = (
    'Acquire::http::Proxy "http://proxy.example:3128"',
    'Acquire::http::Proxy::mirror.example "DIRECT"',
    'Acquire::https::Proxy-Auto-Detect "/usr/local/bin/detect"',
    'Acquire::http::Timeout "10"',
    'Acquire::http::mirror.example::Timeout "10"',
    'Acquire::http::Dl-Limit "100"',
    'Acquire::https::CaInfo "/etc/ssl/ours.pem"',
    'Acquire::https::mirror.example::SslCert "/etc/ssl/client.pem"',
    'Acquire::Retries "5"',
    'Acquire::ForceIPv4 "true"',
)
STAYS = (
    'Acquire::Check-Valid-Until "false"',
    'Acquire::Check-Date "false"',
    'Acquire::Max-FutureTime "999999999"',
    'Acquire::Min-ValidTime "999999999"',
    'Acquire::Min-ValidTime::Debian "999999999"',
    'Acquire::AllowReleaseInfoChange::Origin "true"',
    'Acquire::AllowReleaseInfoChange::Label "true"',
    'Acquire::AllowInsecureRepositories "true"',
    'Acquire::AllowWeakRepositories "true"',
    'Acquire::AllowDowngradeToInsecureRepositories "true"',
    'Acquire::ForceHash "md5"',
    'Acquire::gpgv::Options:: "--ignore-time-conflict"',
    'Acquire::https::Verify-Peer "false"',
    'Acquire::https::Verify-Host "false"',
    'Acquire::https::mirror.example::Verify-Peer "false"',
    'Acquire::IndexTargets::deb::Contents::DefaultEnabled "true"',
    'Acquire::SomethingOfTomorrow "anything"',
)


def test_of_the_hosts_settings_those_come_over_that_say_how_archives_are_reached(
    tmp_path: Path,
) -> None:
    config = tmp_path / "apt.conf"
    lines = "".join(f"{line};\n" for line in (*COMES_OVER, *STAYS))
    config.write_text(f'Dir "{tmp_path}";\n{lines}')
    settings = host_apt.host_settings(config)
    assert {line for line in settings if line.startswith("Acquire")} == {
        f"{line};" for line in COMES_OVER
    }
