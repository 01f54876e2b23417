"""The changelogs of a module: Debian's own, and the transparency files of its directory."""

import textwrap
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime

from qlumod.package.changes import bounded, changes
from qlumod.package.plan import Plan

WIDTH = 78


def date(epoch: int) -> str:
    """Write seconds as a changelog has them (RFC 5322), in UTC."""
    return format_datetime(datetime.fromtimestamp(epoch, UTC))


def headline(plan: Plan) -> str:
    """Say what this version is, in one line."""
    number = counted(len(plan.packages), "package")
    target = f"{plan.lock.flavor} {plan.lock.architecture}"
    return f"{plan.spec.title} {plan.release.version} for {target}: {number}."


def differences(plan: Plan) -> tuple[str, ...]:
    """Say what changed against the version before, one line each."""
    if plan.before is None:
        return ("Initial version.",)
    found = changes(plan.before.packages, plan.packages)
    if not found:
        return ("No package changed.",)
    return bounded(str(change) for change in found)


def items(plan: Plan) -> tuple[str, ...]:
    """The items of the newest changelog entry, each wrapped and indented as a changelog has it."""
    return tuple(
        textwrap.fill(line, WIDTH, initial_indent="  * ", subsequent_indent="    ",
                      break_long_words=False, break_on_hyphens=False)
        for line in (headline(plan), *differences(plan))
    )  # fmt: skip


def transparency(plan: Plan) -> dict[str, str]:
    """The texts behind the published changelog files of the module, by file name without .gz."""
    return {
        f"{plan.module}.changelog": _entry(plan, (headline(plan),)),
        f"{plan.module}.packages.changelog": _entry(plan, differences(plan)),
        # Which files changed is told from the next version on, when there are two to compare.
        f"{plan.module}.contents.changelog": _entry(plan, ("Initial version of all files.",)),
    }


def _entry(plan: Plan, lines: Iterable[str]) -> str:
    head = f"{plan.module} {plan.version} ({date(plan.lock.epoch)})\n"
    return head + "".join(f"  {line}\n" for line in lines)


def counted(number: int, noun: str) -> str:
    """Write a number of things: ``1 package``, ``3 packages``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
