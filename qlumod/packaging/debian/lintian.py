"""Checking packages with lintian: what it finds, as values."""

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
    """How grave a finding is, by the letter that lintian prints."""

    ERROR = "E"
    WARNING = "W"
    INFO = "I"
    PEDANTIC = "P"
    EXPERIMENTAL = "X"
    OVERRIDDEN = "O"
    CLASSIFICATION = "C"


@dataclass(frozen=True, slots=True, kw_only=True)
class LintFinding:
    """One thing that lintian says of a package; `subject` is the package, ``source`` behind it."""

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
    """What lintian finds in packages, which .changes files may name, in its order.

    Neither the user's nor the machine's settings count. `without` names checks to leave out,
    `scratch` is where packages are unpacked.
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
    """The words before lintian that let none of its processes outlive us, as far as we may."""
    try:
        require()
    except QlumodError:
        return ("setpriv", "--pdeathsig", "KILL", "--")
    return contained()


def _finding(line: str) -> LintFinding | None:
    """Read a line; those that begin with N are remarks."""
    match = _LINE.match(line)
    if not match:
        return None
    return LintFinding(
        level=Level(match["level"]),
        subject=match["subject"],
        tag=match["tag"],
        note=match["note"] or "",
    )
