"""The listener on a terminal: bars and spinners, drawn by rich."""

from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from qlumod.cli.wording import amount, note, shown
from qlumod.events import (
    Caution,
    Event,
    Notice,
    Output,
    StepAdvanced,
    StepDone,
    StepStarted,
    Waiting,
)


class Terminal:
    """Bars, spinners and finished steps on a terminal; several steps may run at once."""

    def __init__(self, console: Console | None = None, *, verbose: bool) -> None:
        console = console or Console(stderr=True, highlight=False)
        self._verbose = verbose
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            _Amount(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case StepStarted():
                task = self._progress.add_task(
                    shown(event.step), total=event.total, unit=event.unit
                )
                self._tasks[event.key] = task
            case StepAdvanced() if event.key in self._tasks:
                self._progress.advance(self._tasks[event.key], event.amount)
            case StepDone():
                self._finish(event)
            case Output() if self._verbose:
                self._say(Text(shown(event.line), style="dim"))
            case Notice() | Waiting():
                self._say(Text(shown(event.text)))
            case Caution():
                self._say(Text(shown(f"caution: {event.text}"), style="yellow"))

    def _finish(self, event: StepDone) -> None:
        if event.key not in self._tasks:
            return
        task = self._tasks.pop(event.key)
        spent = next(one for one in self._progress.tasks if one.id == task).elapsed or 0.0
        self._progress.remove_task(task)
        # Else the line below is printed above a last picture of the bar.
        self._progress.refresh()
        line = Text("✓ ", style="green").append(shown(event.step), style="default")
        self._say(line.append(shown(note(event.note, spent)), style="dim"))

    def _say(self, text: Text) -> None:
        self._progress.console.print(text, soft_wrap=True)


class _Amount(TextColumn):
    """How far a step is, in its own unit."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        return Text(amount(task.completed, task.total, task.fields.get("unit", "")))
