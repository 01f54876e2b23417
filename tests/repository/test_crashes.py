"""A publication that ends anywhere leaves the old state whole, and the next run cleans up."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Event, Output, StepDone, StepStarted, ignore
from qlumod.repository.publishing.snapshot_staging import opened
from qlumod.system.disk.regular_files import file_sum
from qlumod.system.processes.namespace import call_inside
from tests.repository.conftest import SUITE, SmallRepository

Child = Callable[[], None]

KILLED_BEFORE = ("link", "rename", "symlink", "unlink", "rmdir", "mkdir", "fchmod")
"""What a publisher asks of the kernel, of all that changes what a reader may see."""


@pytest.fixture
def old(repository: SmallRepository) -> SmallRepository:
    """A repository that has a version, and the next one ready to be published."""
    repository.publish(repository.deb("everyday", "1.0"), repository.deb("other", "1.0"))
    repository.deb("everyday", "2.0")
    repository.deb("other", "2.0")
    return repository


def next_version(repository: SmallRepository) -> list[Path]:
    return [repository.work / "incoming" / f"{name}_2.0_all.deb" for name in ("everyday", "other")]


def versions(repository: SmallRepository) -> dict[str, str]:
    """What is served, every byte of it checked against what was signed."""
    entries = repository.current.entries()
    for entry in entries:
        for file in entry.files:
            assert file_sum(repository.root / file.path).sha256 == file.sha256
    return {entry.package: entry.version for entry in entries}


OLD = {"everyday": "1.0", "other": "1.0"}
NEW = {"everyday": "2.0", "other": "2.0"}


def in_child(run: Child) -> int:
    """Run in a forked process; returns the signal that ended it, 0 where it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            run()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def kill_oneself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killing_at(number: int) -> Callable[[Event], None]:
    """A listener that ends its process at the event of that number."""
    count = 0

    def listen(event: Event) -> None:
        nonlocal count
        if isinstance(event, StepStarted | StepDone) or count:
            count += 1
        if count == number:
            kill_oneself()

    return listen


def clean_up(repository: SmallRepository) -> None:
    """What every next run begins with."""
    with opened(repository.layout, wait=0, listen=ignore):
        pass


def check_after_kill(repository: SmallRepository, before: bytes, moment: str) -> None:
    served = versions(repository)
    assert served in (OLD, NEW), moment
    if served == OLD:
        assert in_release(repository) == before, moment
    clean_up(repository)
    assert repository.debris() == [], moment
    assert versions(repository) == served, moment


def in_release(repository: SmallRepository) -> bytes:
    return (repository.root / "dists" / SUITE / "InRelease").read_bytes()


def restore(repository: SmallRepository, backup: Path) -> None:
    """Bring the old state back, for the next kill."""
    os.system(f"rm -rf {repository.root}; cp -a {backup} {repository.root}")


@pytest.fixture
def backup(old: SmallRepository) -> Path:
    copy = old.work / "backup"
    os.system(f"cp -a {old.root} {copy}")
    return copy


def test_a_kill_at_every_announced_moment_leaves_one_whole_state(
    old: SmallRepository, backup: Path, untried: None
) -> None:
    before, reached = in_release(old), []
    for number in range(1, 100):
        listen = killing_at(number)
        ended = in_child(lambda: old.publish(*next_version(old), listen=listen))  # noqa: B023
        if ended == 0:
            break
        assert ended == signal.SIGKILL
        reached.append(versions(old))
        check_after_kill(old, before, f"event {number}")
        restore(old, backup)
    assert len(reached) > 15
    assert reached[0] == OLD
    assert reached[-1] == NEW


def test_a_kill_before_every_change_in_the_file_system_leaves_one_whole_state(
    old: SmallRepository, backup: Path, untried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, reached = in_release(old), []
    real = {name: getattr(os, name) for name in KILLED_BEFORE}
    for number in range(1, 500):
        count = 0

        def counted(name: str) -> Callable[..., object]:
            def call(*words: object, **options: object) -> object:
                nonlocal count
                count += 1
                if count == number:  # noqa: B023
                    kill_oneself()
                return real[name](*words, **options)

            return call

        def publish() -> None:
            for name in KILLED_BEFORE:
                setattr(os, name, counted(name))
            old.publish(*next_version(old))

        ended = in_child(publish)
        if ended == 0:
            break
        reached.append(versions(old))
        check_after_kill(old, before, f"change {number}")
        restore(old, backup)
    assert len(reached) > 40
    assert reached[0] == OLD
    assert reached[-1] == NEW


def test_a_kill_while_the_client_tries_it_leaves_the_old_state(old: SmallRepository) -> None:
    before = in_release(old)

    def die(event: Event) -> None:
        if isinstance(event, Output) and event.program == "apt-get":
            kill_oneself()

    assert in_child(lambda: old.publish(*next_version(old), listen=die)) == signal.SIGKILL
    check_after_kill(old, before, "trial")
    assert versions(old) == OLD


def test_the_run_after_a_kill_publishes_what_was_meant(old: SmallRepository) -> None:
    def die(event: Event) -> None:
        if event == StepStarted(step="placing the snapshot"):
            kill_oneself()

    assert in_child(lambda: old.publish(*next_version(old), listen=die)) == signal.SIGKILL
    assert [path for path in old.debris() if path.startswith("pool/")] == [
        "pool/main/e/everyday/everyday_2.0_all.deb",
        "pool/main/o/other/other_2.0_all.deb",
    ]
    old.publish(*next_version(old))
    assert (versions(old), old.debris()) == (NEW, [])
    client = old.client()
    client.update()
    client.install("everyday")
    assert client.installed() == {"everyday": "2.0"}


def test_the_first_publication_of_all_may_be_killed_too(repository: SmallRepository) -> None:
    deb = repository.deb("everyday")

    def die(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step.startswith("switching"):
            kill_oneself()

    assert in_child(lambda: repository.publish(deb, listen=die)) == signal.SIGKILL
    clean_up(repository)
    assert (repository.tree(), repository.debris()) == ({}, [])
    assert repository.publish(deb).snapshot


def test_an_error_at_the_last_moment_leaves_the_old_state_and_no_debris(
    old: SmallRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = old.tree()

    def interrupted(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step.startswith("switching"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        old.publish(*next_version(old), listen=interrupted)
    assert (old.tree(), old.debris()) == (before, [])


def test_a_full_disk_at_any_moment_leaves_one_whole_state(old: SmallRepository, keys: Path) -> None:
    found = call_inside(
        "tests.repository.full_disk:publish_with_little_room",
        {
            "repository": str(old.root),
            "mount_point": str(old.work / "small"),
            "files": [str(path) for path in next_version(old)],
            "suite": SUITE,
            "pages": [0, 2, 4, 8, 16, 24, 32, 48, 100],
            "keys": str(keys),
        },
        listen=ignore,
    )
    told = {outcome["error"] for outcome in found if outcome["error"]}
    assert all(outcome["debris"] == [] for outcome in found), found
    assert all(outcome["served"] == (OLD if outcome["error"] else NEW) for outcome in found), found
    assert [bool(outcome["error"]) for outcome in found] == sorted(
        (bool(outcome["error"]) for outcome in found), reverse=True
    )
    assert found[0]["error"] and not found[-1]["error"]
    assert any("No space left on device" in text for text in told)
    assert found[0]["remedy"] == "make room on that file system, and run it again"


@pytest.mark.parametrize("part", ["pool", "snapshots", "dists", ".qlumod"])
def test_a_part_on_another_file_system_is_told_before_anything_is_written(
    old: SmallRepository, keys: Path, part: str
) -> None:
    if part == ".qlumod":
        (old.root / part / "staging").mkdir(exist_ok=True)
        part = ".qlumod/staging"
    told = call_inside(
        "tests.repository.full_disk:publish_with_a_part_elsewhere",
        {
            "repository": str(old.root),
            "part": part,
            "files": [str(path) for path in next_version(old)],
            "suite": SUITE,
            "keys": str(keys),
        },
        listen=ignore,
    )
    assert told == (
        f"{old.root}/{part} is on another file system than {old.root}: no file can be linked or"
        " renamed from one to the other\n"
        f"To mend it: have the whole repository on one file system: mount it at {old.root}, or"
        " move the repository"
    )
    assert old.debris() == []


def test_two_publishers_at_once_wait_for_each_other_and_none_loses(
    repository: SmallRepository,
) -> None:
    repository.publish(repository.deb("everyday", "1.0"))
    debs = [repository.deb(f"package{number}") for number in range(3)]
    children = []
    for deb in debs:
        if (child := os.fork()) == 0:
            status = 1
            try:
                repository.publish(deb, date=None, wait=60)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    assert versions(repository) == {
        "everyday": "1.0",
        "package0": "1.0",
        "package1": "1.0",
        "package2": "1.0",
    }


def test_a_publisher_that_does_not_want_to_wait_is_told_who_publishes(
    repository: SmallRepository,
) -> None:
    deb = repository.deb("everyday")
    with opened(repository.layout, wait=0, listen=ignore), pytest.raises(QlumodError) as refused:
        repository.publish(deb)
    assert str(refused.value) == (
        f"cannot lock {repository.root}/.qlumod/lock: "
        f"process {os.getpid()} on {os.uname().nodename} holds it\n"
        "To mend it: run it again when that ended"
    )
