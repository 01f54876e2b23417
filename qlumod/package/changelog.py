"""The changelogs of a module: Debian's own, and the transparency files of its directory."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from qlumod.model.content_changes import (
    ChangeKind,
    ContentChange,
    PackageChange,
    bounded,
    counted,
    counts,
    package_changes,
    path_changes,
)
from qlumod.model.contents import PackageLine, PathLine
from qlumod.model.module_file import spec_text
from qlumod.model.stanzas import read_stanzas
from qlumod.package.before import (
    CHANGELOG,
    CONTENTS_CHANGELOG,
    DEBIAN_CHANGELOG,
    PACKAGES_CHANGELOG,
    SPEC,
    Predecessor,
)
from qlumod.package.source_plan import SourcePlan

WIDTH = 78
ENTRIES = 20
"""The most versions in a changelog; older ones are in older packages."""
NAMED = 20
"""The most packages that a sentence names."""

_KERNEL = re.compile(r"linux-image-([0-9].*?)(-unsigned)?\Z")


def date(epoch: int) -> str:
    """Format seconds as a date of a changelog (RFC 5322), in UTC."""
    return format_datetime(datetime.fromtimestamp(epoch, UTC))


def year(epoch: int) -> int:
    """The year of some seconds, in UTC."""
    return datetime.fromtimestamp(epoch, UTC).year


def summary(plan: SourcePlan) -> tuple[str, ...]:
    """Describe this version and its changes for people, in a few sentences."""
    number = counted(len(plan.packages), "package")
    target = f"{plan.lock.flavor} {plan.lock.architecture}"
    headline = f"{plan.spec.title} {plan.release.version} for {target}: {number}."
    if plan.before is None:
        return headline, "Initial version."
    changes = package_changes(plan.before.packages, plan.packages)
    return headline, *_sentences(plan, plan.before, changes)


def items(plan: SourcePlan) -> tuple[str, ...]:
    """The items of the newest debian/changelog entry, wrapped and indented in its format."""
    changes = package_changes(plan.before.packages, plan.packages) if plan.before else ()
    headline, against, *others = summary(plan)
    return (
        *(_item(line, "  * ") for line in (headline, against)),
        *(_item(line, "    - ") for line in bounded(changes)),
        *(_item(line, "  * ") for line in others),
    )


def older(plan: SourcePlan) -> str:
    """The text of debian/changelog below the newest entry."""
    return _newest(plan.before.texts[DEBIAN_CHANGELOG], ENTRIES - 1) if plan.before else ""


def transparency(plan: SourcePlan, contents: Iterable[PathLine]) -> dict[str, str]:
    """The published changelogs of the module, by file name without .gz.

    `contents` are the paths of its layer.
    """
    packages: tuple[str, ...] = ("Initial version of all packages.",)
    paths: tuple[str, ...] = ("Initial version of all paths.",)
    if before := plan.before:
        packages = _against(package_changes(before.packages, plan.packages), before, "package")
        paths = _against(path_changes(before.contents, contents), before, "path")
    return {
        f"{plan.module}.{name}": _continued(plan, name, lines)
        for name, lines in (
            (CHANGELOG, summary(plan)),
            (PACKAGES_CHANGELOG, packages),
            (CONTENTS_CHANGELOG, paths),
        )
    }


def _sentences(
    plan: SourcePlan, before: Predecessor, changes: tuple[PackageChange, ...]
) -> Iterator[str]:
    if changes:
        yield f"Against {before.version}: {counts(changes, 'package')}."
    else:
        yield f"No package has changed since {before.version}."
    old, new = _kernels(before.packages), _kernels(plan.packages)
    if old != new:
        yield f"Kernel: {old or 'none'} → {new or 'none'}."
    if urgent := _security_updates(plan, changes):
        yield f"Security updates: {_enumerated(urgent)}."
    if fields := _changed_fields(before.texts.get(SPEC), spec_text(plan.spec)):
        yield f"Changed in the module's spec: {', '.join(fields)}."


def _kernels(packages: Iterable[PackageLine]) -> str:
    """The kernels among packages: ``6.1.0-56-amd64 (6.1.176-1)``."""
    found = ((_KERNEL.match(line.package), line.version) for line in packages)
    return ", ".join(sorted(f"{match[1]} ({version})" for match, version in found if match))


def _security_updates(plan: SourcePlan, changes: Iterable[PackageChange]) -> list[str]:
    """The packages that have moved to a version of an archive of security updates."""
    archives = {
        archive.name
        for archive in plan.release.archives
        if any("security" in word.lower() for word in (archive.label, *archive.suites))
    }
    return [
        change.package
        for change in changes
        if change.kind is ChangeKind.UPGRADED and change.new and change.new.archive in archives
    ]


def _changed_fields(old: str | None, new: str) -> list[str]:
    """The fields that differ between two specs; none if the older one is not known."""
    if old is None:
        return []
    before, after = (next(read_stanzas(text, SPEC)).fields for text in (old, new))
    return [
        name for name in dict.fromkeys((*after, *before)) if before.get(name) != after.get(name)
    ]


def _enumerated(names: list[str]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _against(changes: Sequence[ContentChange], before: Predecessor, noun: str) -> tuple[str, ...]:
    if not changes:
        return (f"against {before.version}: no {noun} has changed",)
    return (f"against {before.version}: {counts(changes, noun)}", *bounded(changes))


def _continued(plan: SourcePlan, name: str, lines: Iterable[str]) -> str:
    """A transparency changelog: the newest entry, then those of the predecessor."""
    head = f"{plan.module} {plan.version} ({date(plan.epoch)})\n"
    entry = head + "".join(f"  {line}\n" for line in lines)
    rest = _newest(plan.before.texts[name], ENTRIES - 1) if plan.before else ""
    return f"{entry}\n{rest}" if rest else entry


def _newest(text: str, most: int) -> str:
    """The newest entries of a changelog; each begins with its only line without indentation."""
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    return "".join([entry for entry in entries if entry.strip()][:most])


def _item(line: str, bullet: str) -> str:
    return textwrap.fill(
        line, WIDTH, initial_indent=bullet, subsequent_indent=" " * len(bullet),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
