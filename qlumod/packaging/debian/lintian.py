"""Checking packages with lintian, with its findings as values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, Output, ignore
from qlumod.system.processes.command import CommandFailed, command
from qlumod.system.processes.namespace import contained, require
from qlumod.system.processes.run import attempt

_LINE = re.compile(r"(?P<level>[EWIPXOC]): (?P<subject>[^:]+): (?P<tag>\S+)(?: (?P<note>.*))?\Z")


class Level(StrEnum):
    """The severity of a finding, by the letter that lintian prints."""

    ERROR = "E"
    WARNING = "W"
    INFO = "I"
    PEDANTIC = "P"
    EXPERIMENTAL = "X"
    OVERRIDDEN = "O"
    CLASSIFICATION = "C"


@dataclass(frozen=True, slots=True, kw_only=True)
class LintFinding:
    """A finding of lintian about a package; `subject` is the package, with ``source`` after it."""

    level: Level
    subject: str
    tag: str
    note: str = ""

    def __str__(self) -> str:
        return f"{self.level}: {self.subject}: {self.tag} {self.note}".rstrip()


def lint(
    *packages: Path,
    without: Sequence[str] = (),
    options: Sequence[str] = (),
    scratch: Path | None = None,
    listen: Listener = ignore,
) -> tuple[LintFinding, ...]:
    """Lintian's findings in packages or .changes files, in lintian's order.

    The settings of the user and of the machine are ignored. `without` names checks to skip,
    `scratch` is the directory in which packages are unpacked.
    """
    call = command(
        *_contained(),
        "lintian",
        "--profile", "debian", "--no-cfg", "--ignore-lintian-env", "--no-user-dirs",
        "--allow-root", "--tag-display-limit", "0", "--fail-on", "none",
        *(("--dont-check-part", ",".join(without)) if without else ()),
        *options,
        *packages,
        environment={"TMPDIR": str(scratch)} if scratch else {},
    )  # fmt: skip
    status, stdout, stderr = attempt(call)
    lines = stdout.decode(errors="replace").splitlines()
    said = stderr.decode(errors="replace").splitlines()
    for line in (*lines, *said):
        listen(Output(program="lintian", line=line))
    if status:
        raise CommandFailed(call, status, said or lines)
    return tuple(finding for line in lines if (finding := _finding(line)))


def _contained() -> tuple[str, ...]:
    """The command prefix that ends all processes of lintian with this one, if permitted."""
    try:
        require()
    except QlumodError:
        return ("setpriv", "--pdeathsig", "KILL", "--")
    return contained()


def _finding(line: str) -> LintFinding | None:
    """Read a line; lines that begin with N are remarks."""
    match = _LINE.match(line)
    if not match:
        return None
    return LintFinding(
        level=Level(match["level"]),
        subject=match["subject"],
        tag=match["tag"],
        note=match["note"] or "",
    )
