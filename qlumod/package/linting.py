"""Lintian's findings in built packages: errors stop the build, warnings are reported."""

from collections.abc import Sequence
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener, step
from qlumod.package.source_plan import SourcePlan
from qlumod.packaging.debian.lintian import Level, lint

WITHOUT = ("changes-file",)
"""It hashes every file in three ways: dpkg has just done so, and publishing does it again."""

OF_TRIALS = ("maintainer-upload-has-incorrect-version-number", "package-has-long-file-name")
"""Tags caused by the version of packages made in a profile, which are not published."""


def without_trials(plan: SourcePlan) -> tuple[str, ...]:
    """The options of lintian that suppress tags caused by a profile."""
    return ("--suppress-tags", ",".join(OF_TRIALS)) if plan.release.profile else ()


def require_clean(
    what: str,
    packages: Sequence[Path],
    *,
    options: Sequence[str] = (),
    scratch: Path,
    listen: Listener,
) -> None:
    """Report lintian's warnings about packages, or those of .changes files; raise its errors."""
    scratch.mkdir()
    with step(listen, f"checking {what} with lintian", id="checking-with-lintian"):
        found = lint(*packages, without=WITHOUT, options=options, scratch=scratch, listen=listen)
    for finding in found:
        if finding.level is Level.WARNING:
            listen(Caution(text=f"{what}: lintian: {finding}"))
    errors = [finding for finding in found if finding.level is Level.ERROR]
    if errors:
        raise QlumodError(
            f"{what}: lintian finds errors in the packages, which are not handed on",
            details=map(str, errors),
            remedy=f"`lintian-explain-tags {errors[0].tag}` tells what it means; "
            "to build all the same: --no-lint",
        )
