"""Accounts made by packages but missing in the account table: the stanzas to add."""

import stat
from collections.abc import Iterator, Mapping, Sequence

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Proposal
from qlumod.layer.ground import Ground
from qlumod.layer.job import Job
from qlumod.layer.task import Task
from qlumod.model.lines import lines_of
from qlumod.model.names import PackageName
from qlumod.model.renewing import renewing
from qlumod.state.account_files import PASSWD, rows
from qlumod.state.account_makers import Account, makers_of
from qlumod.state.kind import Files
from qlumod.state.unregistered_accounts import (
    Unregistered,
    base_names,
    proposed,
    require_readable,
    unregistered,
)
from qlumod.system.disk.within import Root


def require_registered(task: Task, ground: Ground, above: Files) -> None:
    """Raise if packages made accounts that are not in the table; the error has stanzas to add.

    `above` are the files of state in the root.
    """
    accounts = task.job.project.accounts
    found = unregistered(above, accounts, base_names(above))
    if found:
        makers = makers_of((one.account for one in found), _texts(task, ground.root))
        raise_faults(
            (
                *(_missing(task, ground, above, [one for one in found if not one.known], makers)),
                *(_unseeded(task.job, one, makers) for one in found if one.known),
            )
        )


Makers = Mapping[Account, tuple[PackageName | str, ...]]


def _missing(
    task: Task, ground: Ground, above: Files, found: Sequence[Unregistered], makers: Makers
) -> Iterator[QlumodError]:
    """The error for accounts that the table lacks; also announces the stanzas to add."""
    if not found:
        return
    job, requested = task.job, _requested(task.job)
    stanzas = proposed(
        found,
        above,
        job.project.accounts,
        makers={one.account: makers.get(one.account, (requested,)) for one in found},
        homes=dict(_new_homes(task, ground, above)),
    )
    try:
        require_readable(stanzas, job.project.accounts)
    except QlumodError as fault:
        yield QlumodError(
            f"{job.spec.module}: packages make accounts that the account table cannot hold",
            details=lines_of(str(fault)),
            remedy="see which package makes them, and have it mended or leave it out",
        )
        return
    brief = f"{job.spec.module}: packages make accounts that have no fixed id in the account table"
    task.listen(Proposal(stanzas=stanzas, fault=brief))
    guessed = sorted({one.account[1] for one in found if one.account not in makers})
    yield QlumodError(
        brief,
        details=[line for stanza in stanzas for line in ("", *lines_of(stanza))],
        remedy="add these stanzas to module-specs/accounts, then run: "
        f"{renewing(job.project.release, job.lock.flavor, job.lock.architecture)}"
        + (f" (no script names {' or '.join(guessed)}: check Packages there)" if guessed else ""),
    )


def _unseeded(job: Job, found: Unregistered, makers: Makers) -> QlumodError:
    """The error for an account of the table that was made by a package not named there."""
    path, name = found.account
    what, field = ("user", "User") if path == PASSWD else ("group", "Group")
    packages = " ".join(makers.get(found.account, (_requested(job),)))
    return QlumodError(
        f"{job.spec.module}: a package makes {what} {name}, and gives it another id than the "
        f"account table: {found.row[2]}",
        remedy=f"add {packages} to Packages of '{field}: {name}' in module-specs/accounts, then "
        f"run: {renewing(job.project.release, job.lock.flavor, job.lock.architecture)}",
    )


def _requested(job: Job) -> PackageName:
    """A requested package, which is named if the package that made an account is unknown."""
    there = [package.package for package in job.packages]
    wanted = (relation.name for relation in job.spec.packages if relation.name in there)
    return next(wanted, there[0])


def _new_homes(task: Task, ground: Ground, above: Files) -> Iterator[tuple[str, int]]:
    """The users whose home was made with them, as by adduser, and its mode."""
    packaged = {path for paths in task.file_lists(ground.root).values() for path in paths}
    for name, row in rows(above, PASSWD).items():
        home = row[5]
        new = not (ground.view and ground.view.has(home))
        if ground.root.is_directory(home) and home not in packaged and new:
            yield name, stat.S_IMODE(ground.root.status(ground.root.where(home)).st_mode)


def _texts(task: Task, root: Root) -> dict[str, str]:
    """The texts that make a package's accounts: maintainer scripts and sysusers.d(5) files."""
    texts: dict[str, list[str]] = {package: [] for package in task.file_lists(root)}
    for package, script in task.packaging.database.scripts(root):
        if package in texts:
            texts[package].append(script.decode("utf-8", "replace"))
    for package, paths in task.file_lists(root).items():
        places = (path for path in paths if "/sysusers.d/" in path)
        texts[package] += (root.text(place) for place in places if root.is_file(place))
    return {package: "\n".join(found) for package, found in texts.items()}
