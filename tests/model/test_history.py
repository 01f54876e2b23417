"""The history of an image: read as it was written, and no more told than was carried out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.model.history import (
    MOST,
    Done,
    HistoryEvent,
    carried_out,
    deployed_before,
    generation_name,
    history_text,
    parse_history,
    pinned,
)

BUILT, DEPLOYED, PINNED, UNPINNED = Done


def event(done: Done, generation: int, **more: object) -> HistoryEvent:
    return HistoryEvent(
        done=done, generation=str(generation), time=1_790_000_000, by="anna", **more
    )


EVENTS = st.lists(
    st.builds(
        HistoryEvent,
        done=st.sampled_from(Done),
        generation=st.integers(1, 10**6).map(str),
        time=st.integers(0, 2**32 - 1),
        by=st.sampled_from(["root", "anna (as root)"]),
        reason=st.sampled_from(["", "slurmd 23.11 hangs", "a: b"]),
        seconds=st.integers(0, 10**6),
        inputs=st.sampled_from(["", "0" * 64]),
        qlumod=st.sampled_from(["", "0.2.0"]),
    ),
    max_size=6,
)


@given(EVENTS)
def test_a_history_is_read_as_it_was_written(events: list[HistoryEvent]) -> None:
    assert parse_history(history_text(events), "history") == tuple(events)


def test_all_that_is_wrong_with_a_history_is_told() -> None:
    with pytest.raises(QlumodError) as caught:
        parse_history(
            "Format: 1\n\nDone: sold\nGeneration: 01\nTime: never\n\nDone: built\nTime: 1\n",
            "history",
        )
    assert str(caught.value) == (
        "history:3: Done: 'sold' is none of built, deployed, pinned, unpinned\n"
        "history:4: Generation: '01' is no generation: it is a number\n"
        "history:5: Time: 'never' is no whole number\n"
        "history:7: Generation: the field is missing"
    )


def test_the_newest_events_stay_and_the_pins_that_are_in_force() -> None:
    old = [event(PINNED, 1), event(PINNED, 2), event(UNPINNED, 2)]
    events = [*old, *(event(BUILT, number) for number in range(3, 3 + MOST))]
    kept = parse_history(history_text(events), "history")
    assert len(kept) == MOST + 1
    assert pinned(kept) == {"1"}


@pytest.mark.parametrize(
    ("last", "there", "deployed", "stays"),
    [
        (event(BUILT, 3), ["1", "2", "3"], "1", True),
        (event(BUILT, 3), ["1", "2"], "1", False),
        (event(BUILT, 1), [], None, False),
        (event(DEPLOYED, 2), ["1", "2"], "2", True),
        (event(DEPLOYED, 2), ["1", "2"], "1", False),
        (event(PINNED, 2), ["1", "2"], "1", True),
    ],
)
def test_what_a_killed_run_did_not_carry_out_is_not_told(
    last: HistoryEvent, there: list[str], deployed: str | None, stays: bool
) -> None:
    before = event(BUILT, 1)
    assert carried_out([before, last], there, deployed) == [before, *([last] if stays else [])]


@pytest.mark.parametrize(
    ("events", "there", "back"),
    [
        ([event(DEPLOYED, 1), event(DEPLOYED, 2), event(DEPLOYED, 4)], "124", "2"),
        ([event(DEPLOYED, 1), event(DEPLOYED, 2), event(DEPLOYED, 4)], "14", "1"),
        ([event(DEPLOYED, 4)], "1345", "3"),
        (
            [
                event(DEPLOYED, 1),
                event(DEPLOYED, 3),
                event(DEPLOYED, 5),
                event(DEPLOYED, 4),
                event(DEPLOYED, 6),
                event(DEPLOYED, 4),
            ],
            "13456",
            "5",
        ),
        (
            [event(DEPLOYED, 3), event(DEPLOYED, 4), event(DEPLOYED, 5), event(DEPLOYED, 4)],
            "345",
            "3",
        ),
        ([], "45", None),
    ],
)
def test_what_was_deployed_before_is_found(
    events: list[HistoryEvent], there: str, back: str | None
) -> None:
    assert deployed_before(events, tuple(there), "4") == back


@pytest.mark.parametrize("text", ["0", "current", "-1", "1.0"])
def test_no_other_word_names_a_generation(text: str) -> None:
    with pytest.raises(QlumodError):
        generation_name(text)
