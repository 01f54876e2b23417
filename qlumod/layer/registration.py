"""Accounts made by packages but missing in the account table: the stanzas to add."""

import stat
from collections.abc import Iterator

from qlumod.errors import QlumodError
from qlumod.events import Proposal
from qlumod.layer.ground import Ground
from qlumod.layer.job import Job
from qlumod.layer.task import Task
from qlumod.model.lines import lines_of
from qlumod.model.names import PackageName
from qlumod.state.account_files import GROUP, PASSWD, rows
from qlumod.state.kind import Files
from qlumod.state.unregistered_accounts import base_names, makers_of, require_readable, unregistered
from qlumod.system.disk.within import Root


def require_registered(task: Task, ground: Ground, above: Files) -> None:
    """Raise if packages made accounts that are not in the table; the error has stanzas to add.

    `above` are the files of state in the root.
    """
    job, base = task.job, base_names(above)
    if not unregistered(above, job.project.accounts, base):
        return
    names = {name for path in (PASSWD, GROUP) for name in rows(above, path)}
    stanzas = unregistered(
        above,
        job.project.accounts,
        base,
        makers={
            **dict.fromkeys(names, _requested(job)),
            **makers_of(names - base, _texts(task, ground.root)),
        },
        homes=dict(_new_homes(task, ground, above)),
    )
    try:
        require_readable(stanzas, job.project.accounts)
    except QlumodError as fault:
        raise QlumodError(
            f"{job.spec.module}: packages make accounts that the account table cannot hold",
            details=lines_of(str(fault)),
            remedy="see which package makes them, and have it mended or leave it out",
        ) from fault
    task.listen(Proposal(stanzas=stanzas))
    raise QlumodError(
        f"{job.spec.module}: packages make accounts that have no fixed id in the account table",
        details=[line for stanza in stanzas for line in ("", *lines_of(stanza))],
        remedy="add these stanzas to module-specs/accounts",
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
