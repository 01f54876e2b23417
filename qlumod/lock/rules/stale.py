"""Whether a lock is still up to date with the engineers' files."""

from collections.abc import Iterator, Sequence
from itertools import product

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.lock import Lock, LockedPackage
from qlumod.model.names import module_name
from qlumod.model.project import Project
from qlumod.model.renewing import renewing
from qlumod.model.stacks import excluded


def require_fresh(lock: Lock, project: Project) -> None:
    """Raise if release, accounts or specs have changed since the lock was made."""
    stale = (*_differences(lock, project), *_two_versions(lock, project))
    if stale:
        raise QlumodError(
            f"the lock of {lock.version} {lock.flavor} {lock.architecture} is stale",
            details=stale,
            remedy=renewing(project.release, lock.flavor, lock.architecture),
        )


def require_locked(lock: Lock, project: Project, modules: Sequence[str]) -> None:
    """Raise for each of these modules that does not exist, or that the lock has left out."""
    raise_faults(_not_locked(lock, project, modules))


def _not_locked(lock: Lock, project: Project, modules: Sequence[str]) -> Iterator[QlumodError]:
    left_out = dict(lock.left_out)
    known = {spec.module for spec in project.specs}
    for name in modules:
        module = module_name(name)
        if module in left_out:
            yield QlumodError(
                f"{module} is not in the lock of {lock.version} for {lock.flavor} and "
                f"{lock.architecture}: {left_out[module]}",
                remedy="name a mirror or a directory of .debs: qlumod lock --archive NAME=URI",
            )
        elif module not in known:
            choice = ", ".join(sorted(known - left_out.keys()))
            yield QlumodError(f"there is no module {module!r}", remedy=f"choose from {choice}")


def _two_versions(lock: Lock, project: Project) -> Iterator[str]:
    """Two versions of one package in an image: possible only in a lock that was merged by hand."""
    apart = excluded(project.specs)
    first: dict[str, list[LockedPackage]] = {}
    for package in lock.packages:
        for other in first.setdefault(package.package, []):
            for one, another in product(other.modules, package.modules):
                if another not in apart.get(one, frozenset()):
                    yield (
                        f"{one} has {other.package} {other.version},"
                        f" {another} has it in {package.version}"
                    )
        first[package.package].append(package)


def _differences(lock: Lock, project: Project) -> Iterator[str]:
    if lock.release != project.release.digest:
        yield "the release file has changed"
    if lock.accounts != project.accounts.digest:
        yield "the account table has changed"
    locked, written = dict(lock.specs), {spec.module: spec.digest for spec in project.specs}
    left_out = dict(lock.left_out)
    for module in sorted({*locked, *written} - left_out.keys()):
        if module not in locked:
            yield f"the module {module} is new"
        elif module not in written:
            yield f"the module {module} is gone"
        elif locked[module] != written[module]:
            yield f"the spec of the module {module} has changed"
