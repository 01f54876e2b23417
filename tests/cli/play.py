"""A verb that only the tests have, run through the real `main`: ``play.py SCENE [OPTION]…``."""

import click

from qlumod import events
from qlumod.cli import main, options
from qlumod.cli.exits import FoundWanting
from qlumod.cli.screen import Reporter
from qlumod.errors import QlumodError
from qlumod.system.processes.command import command as program
from qlumod.system.processes.run import run
from qlumod.workflows.workplace import Workplace


@options.verb(examples=["qlumod play well"])
@click.argument("scene")
@options.making
@options.reports(logged=True)
def command(*, scene: str, workplace: Workplace, reporter: Reporter) -> None:
    """Play a scene."""
    with events.step(reporter.listen, "building slurm", total=2, unit="packages") as advance:
        advance(1)
        reporter.listen(events.Output(program="apt-get", line="Setting up munge"))
        SCENES.get(scene, lambda _: None)(reporter)
    reporter.listen(events.Caution(text="this is large"))
    reporter.result({"built": ["slurm"]}, ["slurm  14.0.0-1"])
    if scene == "wanting":
        raise FoundWanting


def fail(reporter: Reporter) -> None:
    raise QlumodError(
        "module-specs/slurm.module:14: Packages: cannot parse 'slurmd (> 22'",
        details=["E: one", "E: two"],
        remedy="close the parenthesis",
    )


def miss(reporter: Reporter) -> None:
    raise ModuleNotFoundError("No module named 'apt_pkg'", name="apt_pkg")


def sleep(reporter: Reporter) -> None:
    run(program("sleep", "300"), listen=reporter.listen)


SCENES = {"error": fail, "missing": miss, "sleep": sleep}

if __name__ == "__main__":
    main.cli = command  # type: ignore[assignment]
    main.main()
