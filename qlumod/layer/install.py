"""Installing a module: accounts first, then packages, then the units that the spec switches."""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from qlumod.errors import QlumodError, raise_faults
from qlumod.layer.excluded import BelowModule, filters_of, make_excluded, remove_excluded
from qlumod.layer.ground import LeftOut
from qlumod.layer.restore import restore_paths
from qlumod.layer.task import Task, order_of
from qlumod.layer.unfit import fault_of_device
from qlumod.model.accounts import Accounts
from qlumod.packaging.installer import Order
from qlumod.stack.state_files import Owners, read_files, write_files
from qlumod.state.account_files import PATHS as ACCOUNT_FILES
from qlumod.state.account_seed import seed
from qlumod.state.kernel_modules import kernels_of
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import enclosed
from qlumod.system.processes.command import CommandFailed


def ground(task: Task) -> Root:
    """Install a module without requirements into a new directory of the task's space."""
    place, installer = task.space / "root", task.packaging.installer
    with _told(task):
        root = installer.bootstrap(place, _order(task), task.supply, listen=task.listen)
    seed_accounts(root, task.job.accounts, task.job.epoch)
    _install(task, root)
    remove_excluded(task, root, root, None)
    return root


def over(task: Task, root: Root, left_out: LeftOut, *, tree: Root, view: Root) -> None:
    """Install a module into the mounted stack of its required modules.

    `view` shows that stack before the installation, `tree` is what the installation adds.
    `left_out` are the paths that its modules left out, some of which the spec may restore.
    """
    seed_accounts(root, task.job.accounts, task.job.epoch)
    restored = restore_paths(task.job, root, left_out, task.supply)
    below = BelowModule(
        view=view, left_out=frozenset(path for _, path in left_out), restored=restored
    )
    make_excluded(task, root, below)
    _install(task, root)
    remove_excluded(task, root, tree, below)
    for kernel in kernels_of(restored):
        _run(task, root, ["depmod", "-a", kernel])


def _install(task: Task, root: Root) -> None:
    """Install the packages into a root that has accounts, and switch units."""
    spec, order, installer = task.job.spec, _order(task), task.packaging.installer
    with _told(task):
        installer.answer(root, spec.debconf, order, task.listen)
        installer.install(root, order, task.supply, listen=task.listen)
    _switch_units(task, root)
    _check_installed(task, root)


def _switch_units(task: Task, root: Root) -> None:
    spec = task.job.spec
    for field, units in (("Enable", spec.enable), ("Disable", spec.disable)):
        if not units:
            continue
        if not root.has("/usr/bin/systemctl"):
            raise QlumodError(
                f"{spec.module}: {field}: there is no systemctl in the module or below it",
                remedy=f"add systemd to the packages of core, or take {' '.join(units)} out of "
                f"the field {field}",
            )
        _run(task, root, ["systemctl", field.lower(), *units])


def seed_accounts(root: Root, accounts: Accounts, epoch: int) -> None:
    """Add entries of the account table to a root, with the homes that adduser would make.

    The maintainer scripts find them ("already exists") and keep their ids.
    """
    before = read_files(root, ACCOUNT_FILES)
    write_files(root, seed(before, accounts, epoch), Owners.of(root))
    owners = Owners.of(root)
    for user in accounts.users:
        if user.home_mode is not None:
            root.make_directory(user.home)
            uid, gid = owners.users[user.name], owners.groups[user.group]
            root.own(root.where(user.home), uid=uid, gid=gid, mode=user.home_mode)


def _order(task: Task) -> Order:
    return replace(
        order_of(task.job, task.job.packages),
        filters=filters_of(task.job),
        environment=task.packaging.installer.environment,
        unsynced=True,
    )


def _run(task: Task, root: Root, words: Sequence[str]) -> None:
    environment = task.packaging.installer.environment
    with _told(task), enclosed(root) as place:
        place.run(*words, epoch=task.job.epoch, environment=environment, listen=task.listen)


@contextmanager
def _told(task: Task) -> Iterator[None]:
    """Add the module's name and the end of the output to an error of a program."""
    try:
        yield
    except CommandFailed as failed:
        if any(_REFUSED in line for line in failed.tail):
            raise_faults(_devices(task))
        raise QlumodError(
            f"{task.job.spec.module}: cannot install the packages: "
            f"{failed.command.program} failed: {failed.ending}",
            details=failed.tail,
            remedy=failed.remedy or _MISSED,
        ) from failed


def _devices(task: Task) -> Iterator[QlumodError]:
    """An error for each path of a package that no overlay takes; slow."""
    filters = filters_of(task.job)
    for package in task.job.packages:
        for file in task.supply.files(package):
            path = f"/{file.path}"
            if file.is_whiteout and not filters.leave_out(path):
                yield fault_of_device(task.job.spec.module, package.package, path)


_REFUSED = os.strerror(errno.EPERM)
"""What a program prints, in the locale of the enclosure, if the overlay refuses a device 0:0."""
_MISSED = (
    "see the log of the build for all that it said; what a maintainer script misses may have to be "
    "added to Packages, and a question that it asks answered under Debconf"
)


def _check_installed(task: Task, root: Root) -> None:
    """Check that exactly the locked packages were installed."""
    installed = task.packaging.database.installed(root)
    for package in task.job.packages:
        if installed.get(package.package) != package.version:
            raise QlumodError(
                f"{task.job.spec.module}: {package.package} {package.version} is locked, but "
                f"{installed.get(package.package, 'nothing')} was installed"
            )
