"""Work for thousands of items, half of it in another process."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.system import halves
from qlumod.system.halves import Advance, Work, in_halves
from qlumod.system.locking import locked


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halves, "MANY", 2)


@pytest.fixture
def advanced() -> list[int]:
    return []


@pytest.fixture(autouse=True)
def forked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The processes that were begun, of which none may stay."""
    processes: list[int] = []
    fork = os.fork

    def noted() -> int:
        if child := fork():
            processes.append(child)
        return child

    monkeypatch.setattr(os, "fork", noted)
    yield processes
    assert [process for process in processes if Path(f"/proc/{process}").exists()] == []


def where(items: Sequence[int], advance: Advance) -> list[tuple[int, int]]:
    for item in items:
        advance(item)
    return [(item, os.getpid()) for item in items]


def test_each_half_is_done_in_a_process_of_its_own_and_the_order_stays(advanced: list[int]) -> None:
    found = in_halves([1, 2, 3, 4, 5], where, advanced.append)
    assert [item for item, _ in found] == [1, 2, 3, 4, 5]
    first, second = {process for _, process in found[:2]}, {process for _, process in found[2:]}
    assert first == {os.getpid()}
    assert len(second) == 1
    assert second != first
    assert advanced == [1, 2, 12]


def test_few_items_are_worth_no_process(advanced: list[int]) -> None:
    assert in_halves([7], where, advanced.append) == [(7, os.getpid())]
    assert advanced == [7]


@pytest.mark.parametrize("bad", [{1}, {4}, {1, 4}])
def test_where_a_half_fails_all_faults_are_told(bad: set[int], advanced: list[int]) -> None:
    def work(items: Sequence[int], _: Advance) -> list[int]:
        if found := bad.intersection(items):
            raise QlumodError(f"bad: {sorted(found)}")
        return [*items]

    with pytest.raises(QlumodError) as error:
        in_halves([1, 2, 3, 4], work, advanced.append)
    assert str(error.value) == f"bad: {sorted(bad)}"


@pytest.mark.parametrize("answer", [b"", b"\x80\x05K"])
def test_a_half_whose_process_was_killed_is_done_again(
    answer: bytes, advanced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(writing: int, *_: object) -> None:
        os.write(writing, answer)
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(halves, "_answer", killed)
    found = in_halves([1, 2, 3, 4], where, advanced.append)
    assert found == [(item, os.getpid()) for item in (1, 2, 3, 4)]


def test_what_is_done_again_is_done_alone(advanced: list[int], forked: list[int]) -> None:
    def work(items: Sequence[int], _: Advance) -> list[int]:
        if items == [1, 2]:
            raise QlumodError("not yet")
        if items == [3, 4]:
            time.sleep(60)
        assert len(forked) == 1
        assert not Path(f"/proc/{forked[0]}").exists()
        return [*items]

    assert in_halves([1, 2, 3, 4], work, advanced.append) == [1, 2, 3, 4]


def test_an_interruption_while_it_forks_ends_the_other_process_too(
    advanced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    fork = os.fork

    def interrupted() -> int:
        if child := fork():
            os.kill(os.getpid(), signal.SIGINT)
        return child

    monkeypatch.setattr(os, "fork", interrupted)
    with pytest.raises(KeyboardInterrupt):
        in_halves([1, 2, 3, 4], lambda *_: time.sleep(60) or [], advanced.append)


def check_that_a_lock_is_free_after_a_kill(lock: Path, work: Work[int, bytes]) -> None:
    if not (publisher := os.fork()):
        with locked(lock, wait=0):
            in_halves([1, 2, 3, 4], work, lambda _: None)
    assert os.waitpid(publisher, 0)[1] == signal.SIGKILL
    with locked(lock, wait=0):
        pass


def test_the_other_process_lets_go_of_locks_soon_after_a_kill(tmp_path: Path) -> None:
    def work(items: Sequence[int], advance: Advance) -> list[bytes]:
        if 1 in items:
            os.kill(os.getpid(), signal.SIGKILL)
        for _ in range(1000):
            time.sleep(0.01)
            advance(1)
        return [bytes(1 << 20)]

    check_that_a_lock_is_free_after_a_kill(tmp_path / "lock", work)


def test_the_other_process_does_not_wait_for_a_reader_that_was_killed(tmp_path: Path) -> None:
    def work(items: Sequence[int], _: Advance) -> list[bytes]:
        if 1 in items:
            time.sleep(0.5)
            os.kill(os.getpid(), signal.SIGKILL)
        return [bytes(1 << 20)]

    check_that_a_lock_is_free_after_a_kill(tmp_path / "lock", work)


def test_an_interruption_ends_the_other_process_at_once(advanced: list[int]) -> None:
    def work(items: Sequence[int], _: Advance) -> list[int]:
        if 1 in items:
            raise KeyboardInterrupt
        time.sleep(60)
        return [*items]

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        in_halves([1, 2, 3, 4], work, advanced.append)
    assert time.monotonic() - began < 30
