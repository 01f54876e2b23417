"""``qlumod verify-stack``: does a stack of modules equal one installation?"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from qlumod.cli import options
from qlumod.cli.exits import FoundWanting, NotAll
from qlumod.cli.proof_page import page, proof_summary
from qlumod.cli.screen import Reporter
from qlumod.cli.setting_options import setting
from qlumod.cli.settings.values import PathKind
from qlumod.cli.wording import columns
from qlumod.model.difference import NO_TWO_ALIKE, WAYS_OUT, Difference
from qlumod.proof.proved import Proved, ShownProof, proof_document
from qlumod.proof.verdict import Verdict, verdict_document
from qlumod.workflows.proof import verify_stack
from qlumod.workflows.proof_of_all import verify_all, write_table
from qlumod.workflows.proof_signing import writing_proof
from qlumod.workflows.workplace import Workplace

BULKY = ("left out", "alternative left out", "kernel module left out")
"""Permitted kinds of thousands of paths, which the modules' left-out files have one by one."""


@options.verb(
    examples=(
        "qlumod verify-stack core slurm",
        "qlumod verify-stack slurm --brief",
        "qlumod verify-stack --all --flavor bookworm --proof proof.json --table proof.md",
    )
)
@options.modules
@click.option(
    "--brief", is_flag=True, help="Only count the paths that are left out on purpose (thousands)."
)
@click.option(
    "--fresh", is_flag=True, help="Install the reference again, even if the cache has its scan."
)
@click.option(
    "--all",
    "of_all",
    is_flag=True,
    help="Prove every pair of the modules, and the largest sets that can be in one image.",
)
@click.option(
    "--at-once", is_flag=True, help="With --all: install every pair at once, derive nothing."
)
@click.option(
    "--table",
    type=PathKind("FILE"),
    metavar="FILE",
    help="With --all: write the table of pairs to FILE, as a page of Markdown.",
)
@click.option(
    "--proof",
    type=PathKind("FILE"),
    metavar="FILE",
    help="Write the document of --json to FILE, signed by a key of this host, for qlumod publish"
    " --proof FILE.",
)
@setting("key", "keys", otherwise="the one that the repository records, else your only one")
@setting("repository")
@options.building
@options.reports(logged=True)
def command(
    *,
    modules: tuple[str, ...],
    brief: bool,
    fresh: bool,
    of_all: bool,
    at_once: bool,
    table: Path | None,
    proof: Path | None,
    keys: tuple[str, ...],
    repository: Path | None,
    reporter: Reporter,
    workplace: Workplace,
) -> None:
    """Prove that a stack of modules equals one installation.

    mmdebstrap and apt alone install all packages of the modules (and of the modules that they
    require) at once. This installation is compared with the assembled stack: type, mode, owner by
    name, capabilities, hard links, link target, content, package database. Each difference is
    printed with the rule that permits it; any other difference is a failure (exit status 3). Any
    user who can build can run this verb.

    With --all, the default is all modules. A pair is installed in two steps, core first, if this
    proves the same by the rules of docs/proof.md. Finished proofs are not repeated.

    The file of --proof contains the digests of the layers, and is signed. qlumod publish accepts it
    if the same key signs the repository, or if the repository has this host's key
    (qlumod repo init --proving-key). The key makes a test signature first.
    """
    if not of_all and (at_once or table):
        raise click.UsageError("--at-once and --table need --all.")
    with writing_proof(proof, keys, repository) as write:
        if of_all:
            proved = verify_all(
                workplace, modules, fresh=fresh, at_once=at_once, listen=reporter.listen
            )
            write(proof_document(proved))
            _report_all(proved, table, reporter)
            return
        found = verify_stack(workplace, modules, fresh=fresh, listen=reporter.listen)
        write(verdict_document(found))
    reporter.result(verdict_document(found), _lines(found, brief=brief))
    if found.failures:
        raise FoundWanting


def _report_all(proved: Proved, table: Path | None, reporter: Reporter) -> None:
    if table:
        write_table(page(proved), table)
    reporter.result(proof_document(proved), _lines_of_all(proved))
    if not proved.equal:
        raise FoundWanting
    if proved.lock.left_out:
        raise NotAll


def _lines_of_all(proved: Proved) -> Iterator[str]:
    rows = [
        (f"{pair.one} {pair.other}", *_row(proved.results[pair.stack]))
        for pair in proved.design.pairs
    ]
    rows += [(" ".join(stack), *_row(proved.results[stack])) for stack in proved.larger]
    rows += [
        (f"{apart.one} {apart.other}", "never", "", "", apart.why) for apart in proved.design.apart
    ]
    yield from columns([("modules", "installed", "paths", "unexplained", ""), *rows])
    yield from (f"{module}: not in this proof: {why}" for module, why in proved.without)
    for shown in proved.wanting:
        name = " ".join(shown.stack)
        yield from (f"{name}: {line}" for line in shown.result.refused.splitlines())
        yield from (f"{name}: NOT PERMITTED  {failure}" for failure in shown.result.failures)
    yield from _no_two_alike(f for shown in proved.wanting for f in shown.result.failures)
    yield proof_summary(proved)


def _row(shown: ShownProof) -> tuple[str, str, str, str]:
    result = shown.result
    unexplained = "refused" if result.refused else str(len(result.failures))
    return str(result.way), str(result.paths), unexplained, shown.why


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
    yield from _no_two_alike(found.failures)
    yield _summary(found)


def _no_two_alike(failures: Iterable[Difference]) -> Iterator[str]:
    """The paths at which any two installations differ, and the ways out."""
    paths = sorted({failure.path for failure in failures if failure.any_two})
    yield from (f"{NO_TWO_ALIKE}, with or without a stack: {path}" for path in paths)
    if paths:
        yield f"To mend it: {WAYS_OUT}"


def _summary(found: Verdict) -> str:
    if found.failures:
        return f"differences that nothing permits: {len(found.failures)}, in {found.paths} paths"
    return f"the stack equals one installation: {found.paths} paths compared"
