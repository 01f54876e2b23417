"""``qlumod verify-stack``: does a stack of modules equal one installation?"""

from collections.abc import Iterator
from typing import Unpack

import click

from qlumod.cli import options
from qlumod.cli.exits import FoundWanting
from qlumod.cli.screen import Reporter, columns
from qlumod.proof.verdict import Verdict
from qlumod.workflows.proof import verify_stack

BULKY = ("left out", "alternative left out")
"""Permitted kinds of thousands of paths, which the modules' left-out files have one by one."""


@options.verb(
    examples=(
        "qlumod verify-stack core slurm",
        "qlumod verify-stack slurm --brief",
    )
)
@options.modules
@click.option(
    "--brief", is_flag=True, help="Only count the paths that were left out on purpose: thousands."
)
@click.option(
    "--fresh", is_flag=True, help="Install the reference again, even if the cache has its scan."
)
@options.making
@options.working
@options.reports(logged=True)
def command(
    *,
    modules: tuple[str, ...],
    brief: bool,
    fresh: bool,
    reporter: Reporter,
    **making: Unpack[options.Building],
) -> None:
    """Prove that a stack of modules equals one installation.

    All packages of the modules (and of those they require) are installed at once by plain
    mmdebstrap and apt, and compared with the assembled stack: type, mode, owner by name,
    capabilities, hard links, link target, content, package database. Each difference is printed
    with the rule that permits it; any other one is a failure (exit status 3). Whoever may build
    may do this.
    """
    found = verify_stack(
        **making,
        modules=modules,
        fresh=fresh,
        listen=reporter.listen,
    )
    reporter.result(_document(found), _lines(found, brief=brief))
    if found.failures:
        raise FoundWanting


def _lines(found: Verdict, *, brief: bool) -> Iterator[str]:
    for finding in found.findings:
        if finding.permission and not (brief and finding.permission.name in BULKY):
            yield f"{finding.permission.name}: {finding.difference}"
    rows = [
        (permission.name, str(found.counts[permission.name]), permission.why)
        for permission in found.permissions
    ]
    yield from columns([("permitted", "paths", "because"), *rows])
    yield from (f"NOT PERMITTED  {failure}" for failure in found.failures)
    yield _summary(found)


def _summary(found: Verdict) -> str:
    if found.failures:
        return f"differences that nothing permits: {len(found.failures)}, in {found.paths} paths"
    return f"the stack equals one installation: {found.paths} paths compared"


def _document(found: Verdict) -> dict[str, object]:
    return {
        "equal": not found.failures,
        "paths": found.paths,
        "permitted": [
            {"name": p.name, "paths": found.counts[p.name], "why": p.why} for p in found.permissions
        ],
        "differences": [
            {
                "path": finding.difference.path,
                "aspect": str(finding.difference.aspect),
                "subject": finding.difference.subject,
                "reference": finding.difference.reference,
                "stack": finding.difference.stack,
                "permitted": finding.permission.name if finding.permission else None,
            }
            for finding in found.findings
        ],
    }
