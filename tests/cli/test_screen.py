"""What the listeners write, event by event."""

import io
import re
import threading

import pytest
from rich.console import Console

from qlumod.cli.screen import LOGS_KEPT, Plain, Reporter, Reporting, new_log
from qlumod.cli.terminal import Terminal
from qlumod.cli.wording import amount, columns, size
from qlumod.events import (
    Caution,
    Event,
    Notice,
    Output,
    StepAdvanced,
    StepDone,
    StepStarted,
    step,
)


@pytest.mark.parametrize(
    "count, written",
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"), (10**13, "10.0 TB")],
)
def test_sizes_are_written_as_people_read_them(count: int, written: str) -> None:
    assert size(count) == written


@pytest.mark.parametrize(
    "done, total, unit, written",
    [
        (3, 7, "packages", "3 of 7 packages"),
        (1_000_000, 40_000_000, "bytes", "1.0 MB of 40.0 MB"),
        (3, None, "packages", ""),
        (3, 7, "", "3 of 7"),
    ],
)
def test_amounts_are_written_in_their_unit(
    done: int, total: int | None, unit: str, written: str
) -> None:
    assert amount(done, total, unit) == written


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert columns([("MODULE", "SIZE"), ("slurm", "4.8 MB"), ("core", "144.0 MB")]) == [
        "MODULE  SIZE",
        "slurm   4.8 MB",
        "core    144.0 MB",
    ]
    assert columns([]) == []


def plain(events: list[tuple[float, Event]], *, verbose: bool = False) -> str:
    """What `Plain` writes when the events happen at those seconds."""
    stream = io.StringIO()
    times = [moment for moment, _ in events]
    listener = Plain(stream, verbose=verbose, clock=lambda: times[0])
    for _, event in events:
        listener(event)
        times.pop(0)
    return stream.getvalue()


def test_a_long_step_is_told_every_ten_seconds_and_no_more() -> None:
    start = StepStarted(step="fetching", total=40_000_000, unit="bytes")
    advances = [
        (float(second), StepAdvanced(step="fetching", amount=1_000_000)) for second in range(1, 26)
    ]
    told = plain([(0.0, start), *advances, (26.0, StepDone(step="fetching", note="25 packages"))])
    assert told == (
        "fetching …\n"
        "fetching: 10.0 MB of 40.0 MB\n"
        "fetching: 20.0 MB of 40.0 MB\n"
        "fetching: done (25 packages, 26.0 s)\n"
    )


def test_a_step_without_a_total_does_not_say_how_far_it_is() -> None:
    told = plain(
        [
            (0.0, StepStarted(step="packing")),
            (20.0, StepAdvanced(step="packing", amount=1)),
            (21.0, StepDone(step="packing")),
        ]
    )
    assert told == "packing …\npacking: done (21.0 s)\n"


def test_steps_may_run_at_once() -> None:
    told = plain(
        [
            (0.0, StepStarted(step="building slurm")),
            (1.0, StepStarted(step="building ofed", key="2")),
            (3.0, StepDone(step="building slurm")),
            (5.0, StepDone(step="building ofed", key="2")),
        ]
    )
    assert told == (
        "building slurm …\nbuilding ofed …\n"
        "building slurm: done (3.0 s)\nbuilding ofed: done (4.0 s)\n"
    )


def on_terminal(*events: Event, verbose: bool = False) -> str:
    """What stays on a terminal at the end: the lines without colours and cursor movements."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100, highlight=False)
    with Terminal(console, verbose=verbose) as terminal:
        for event in events:
            terminal(event)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())


def test_a_terminal_shows_bars_and_keeps_a_line_per_finished_step() -> None:
    shown = on_terminal(
        StepStarted(step="fetching [1/2]", total=2, unit="packages"),
        StepAdvanced(step="fetching [1/2]", amount=1),
        StepDone(step="fetching [1/2]", note="40.0 MB"),
        Notice(text="slurm: nothing to build"),
        Caution(text="[bold]no markup[/bold]"),
        Output(program="apt-get", line="only in the log"),
    )
    assert "✓ fetching [1/2] (40.0 MB)\n" in shown
    assert "slurm: nothing to build\n" in shown
    assert "caution: [bold]no markup[/bold]\n" in shown
    assert "only in the log" not in shown


def test_a_verbose_terminal_shows_output() -> None:
    assert "Setting up [x]" in on_terminal(
        Output(program="apt-get", line="Setting up [x]"), verbose=True
    )


def test_a_step_of_the_same_name_twice_at_once_ends_twice() -> None:
    events = [kind(step="packing", key=key) for kind in (StepStarted, StepDone) for key in "12"]
    assert on_terminal(*events).count("✓ packing") == 2


def test_events_from_several_threads_come_out_whole(tmp_path) -> None:
    log = tmp_path / "log"
    with Reporter(Reporting(log=log, heading="$ x")) as reporter:

        def work(name: str) -> None:
            with step(reporter.listen, name):
                for _ in range(50):
                    reporter.listen(Output(program=name, line="y" * 40))

        threads = [threading.Thread(target=work, args=(f"step{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = log.read_text().splitlines()[1:]
    assert len(lines) == 4 * 52
    whole = re.compile(r"\[ *\d+\.\d+\] (  step\d: y{40}|step\d …|step\d: done( \(.*\))?)")
    assert all(whole.fullmatch(line) for line in lines)


def test_the_oldest_logs_go(tmp_path) -> None:
    for number in range(LOGS_KEPT + 5):
        (tmp_path / f"20200101-{number:06d}-build.log").touch()
    new_log(tmp_path, "build").touch()
    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == LOGS_KEPT
    assert "20200101-000005-build.log" not in left
