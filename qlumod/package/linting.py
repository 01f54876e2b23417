"""What lintian finds in built packages: errors stop the build, warnings are told."""

from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener, step
from qlumod.package.plan import Plan
from qlumod.system.lintian import Level, lint

WITHOUT = ("changes-file",)
"""It hashes every file in three ways: dpkg has just done so, and publishing does it again."""

OF_TRIALS = ("maintainer-upload-has-incorrect-version-number", "package-has-long-file-name")
"""What the version of packages made in a profile brings about; they are not published."""


def require_clean(plan: Plan, changes: Path, *, scratch: Path, listen: Listener) -> None:
    """Announce lintian's warnings about the packages of a .changes file; raise its errors."""
    scratch.mkdir()
    with step(listen, f"checking {plan.module} with lintian"):
        found = lint(
            changes,
            without=WITHOUT,
            options=("--suppress-tags", ",".join(OF_TRIALS)) if plan.release.profile else (),
            scratch=scratch,
            listen=listen,
        )
    for finding in found:
        if finding.level is Level.WARNING:
            listen(Caution(text=f"{plan.module}: lintian: {finding}"))
    errors = [finding for finding in found if finding.level is Level.ERROR]
    if errors:
        raise QlumodError(
            f"{plan.module}: lintian finds errors in the packages, which are not handed on",
            details=map(str, errors),
            remedy=f"`lintian-explain-tags {errors[0].tag}` tells what it means; "
            "to build all the same: --no-lint",
        )
