"""Installing a module's packages: accounts first, then apt, then what the spec switches."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.layer.excluded import DIRECTORIES, make_excluded, remove_excluded
from qlumod.layer.job import Job
from qlumod.layer.restore import LeftOut, restore_paths
from qlumod.model.accounts import Accounts
from qlumod.model.names import PackageName
from qlumod.packaging.debian.apt_order import Order
from qlumod.packaging.debian.archive import POOL, FrozenArchive
from qlumod.stack import apt_in_root as apt
from qlumod.stack.bootstrap import bootstrap
from qlumod.stack.state_files import Owners, read_files, write_files
from qlumod.state.account_files import PATHS as ACCOUNT_FILES
from qlumod.state.account_seed import seed
from qlumod.state.fragment import keyed
from qlumod.state.kernel_modules import kernels_of
from qlumod.state.kind import parsed
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import enclosed
from qlumod.system.processes.command import CommandFailed

_STATUS = "/var/lib/dpkg/status"
ENVIRONMENT = {"INITRD": "No"}
"""Core's initrd is made once, at the end, and lies beside the layer."""


def ground(job: Job, place: Path, *, archive: FrozenArchive, listen: Listener) -> Root:
    """Install a module that stands upon nothing into a new directory."""
    with _told(job):
        root = bootstrap(place, _order(job, archive), listen=listen)
    seed_accounts(root, job.accounts, job.epoch)
    _install(job, root, archive=archive, listen=listen)
    remove_excluded(job, root, below=None)
    return root


def over(
    job: Job,
    root: Root,
    left_out: LeftOut,
    *,
    below: Root,
    archive: FrozenArchive,
    listen: Listener,
) -> None:
    """Install a module into the mounted stack of what it requires, which `below` shows as it was.

    `left_out` is what these left out, some of which the spec may restore.
    """
    seed_accounts(root, job.accounts, job.epoch)
    restored = restore_paths(job, root, left_out, archive.directory / POOL)
    make_excluded(job, root)
    _install(job, root, archive=archive, listen=listen)
    remove_excluded(job, root, below=below)
    for kernel in kernels_of(restored):
        _run(job, root, ["depmod", "-a", kernel], listen)


def _install(job: Job, root: Root, *, archive: FrozenArchive, listen: Listener) -> None:
    """Install the packages into a root that has accounts, and switch units."""
    if job.spec.debconf:
        text = "".join(f"{line}\n" for line in job.spec.debconf)
        _run(job, root, ["debconf-set-selections"], listen, stdin=text.encode())
    with _told(job):
        apt.install(root, _order(job, archive), listen=listen)
    for verb, units in (("enable", job.spec.enable), ("disable", job.spec.disable)):
        if units:
            _run(job, root, ["systemctl", verb, *units], listen)
    _check_installed(job, root)


def seed_accounts(root: Root, accounts: Accounts, epoch: int) -> None:
    """Put entries of the account table into a root, with the homes that adduser would make.

    The maintainer scripts find them ("already exists") and leave their ids alone.
    """
    before = read_files(root, ACCOUNT_FILES)
    write_files(root, seed(before, accounts, epoch), Owners.of(root))
    owners = Owners.of(root)
    for user in accounts.users:
        if user.home_mode is not None:
            root.make_directory(user.home)
            uid, gid = owners.users[user.name], owners.groups[user.group]
            root.own(root.where(user.home), uid=uid, gid=gid, mode=user.home_mode)


def _order(job: Job, archive: FrozenArchive) -> Order:
    return Order(
        archive=archive,
        packages=apt.wanted(job.packages),
        architecture=job.lock.architecture,
        epoch=job.epoch,
        dpkg_options=_dpkg_options(job),
        environment=ENVIRONMENT,
    )


def _dpkg_options(job: Job) -> tuple[str, ...]:
    release, spec = job.project.release, job.spec
    return (
        # The tree is thrown away after a crash; syncing it would only cost time.
        "force-unsafe-io",
        *(f"path-exclude={pattern}" for pattern in (*release.excludes, *spec.exclude)),
        *(f"path-include={pattern}" for pattern in (*release.includes, *spec.include)),
        f"path-include={DIRECTORIES}",
    )


def _run(
    job: Job, root: Root, words: Sequence[str], listen: Listener, *, stdin: bytes = b""
) -> None:
    with _told(job), enclosed(root) as place:
        place.run(*words, epoch=job.epoch, environment=ENVIRONMENT, stdin=stdin, listen=listen)


@contextmanager
def _told(job: Job) -> Iterator[None]:
    """Say of which module's installation a program failed, and what it said at last."""
    try:
        yield
    except CommandFailed as failed:
        raise QlumodError(
            f"{job.spec.module}: cannot install the packages: "
            f"{failed.command.program} failed: {failed.ending}",
            details=failed.tail,
            remedy=failed.remedy or _MISSED,
        ) from failed


_MISSED = (
    "see the log of the build for all that it said; what a maintainer script misses may have to be "
    "added to Packages"
)


def _check_installed(job: Job, root: Root) -> None:
    """Make sure that exactly the locked packages were installed."""
    installed = read_installed(root)
    for package in job.packages:
        if installed.get(package.package) != package.version:
            raise QlumodError(
                f"{job.spec.module}: {package.package} {package.version} is locked, but "
                f"{installed.get(package.package, 'nothing')} was installed"
            )


def read_installed(root: Root) -> dict[PackageName, str]:
    """The versions of the packages that a root's dpkg database says are installed."""
    if not root.is_file(_STATUS):
        raise QlumodError(
            f"{_STATUS}: it is no file, and nobody knows what is installed",
            remedy="see which package takes it away, and have it mended or leave it out",
        )
    stanzas = parsed(_STATUS, root.text(_STATUS), lambda text: keyed(text, "Package", "Status"))
    return {
        PackageName(values["Package"]): values.get("Version", "")
        for values, _ in stanzas
        if values["Status"].endswith(" installed")
    }
