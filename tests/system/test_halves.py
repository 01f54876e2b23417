"""Work for thousands of items, half of it in another process."""

import os
import signal
import time
from collections.abc import Callable, Sequence

import pytest

from qlumod.errors import QlumodError
from qlumod.system import halves
from qlumod.system.halves import in_halves

Advance = Callable[[int], None]


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halves, "MANY", 2)


@pytest.fixture
def advanced() -> list[int]:
    return []


@pytest.fixture(autouse=True)
def nobody_stays() -> object:
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


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
