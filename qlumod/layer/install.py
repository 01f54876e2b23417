"""Installing a module's packages: accounts first, then apt, then what the spec switches."""

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from debian.deb822 import Deb822

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.layer import apt
from qlumod.layer.inputs import read_inputs
from qlumod.layer.job import Job
from qlumod.layer.restore import LeftOut, restore
from qlumod.model.accounts import Accounts
from qlumod.model.names import ModuleName, PackageName
from qlumod.stack.chroot import in_root, inhabited
from qlumod.stack.files import Owners, read_files, write_files
from qlumod.stack.inside import inside
from qlumod.state.accounts import PATHS as ACCOUNT_FILES
from qlumod.state.accounts import seed
from qlumod.state.kernel_modules import kernels_of
from qlumod.system.archive import POOL
from qlumod.system.mmdebstrap import install, without_host
from qlumod.system.namespace import HOST_NAME
from qlumod.system.run import CommandFailed, run


def ground(
    job: Job, root: Path, *, inputs: Path, source: str, scratch: Path, listen: Listener
) -> None:
    """Install a module that stands upon nothing."""
    options = scratch / "dpkg.cfg"
    options.write_text("".join(f"{option}\n" for option in _dpkg_options(job)), encoding="utf-8")
    preseed = scratch / "preseed"
    preseed.write_text("".join(f"{line}\n" for line in job.spec.debconf), encoding="utf-8")
    hook = scratch / "hook"
    _write_hook(hook, job.spec.module, inputs, preseed)
    with without_host(scratch, host_name=HOST_NAME), _told(job, "mmdebstrap"):
        install(
            root,
            source=source,
            suite=job.lock.flavor,
            packages=apt.wanted(job.packages),
            architecture=job.lock.architecture,
            epoch=job.epoch,
            dpkg_options=options,
            essential_hooks=[str(hook)],
            environment=apt.ENVIRONMENT,
            listen=listen,
        )
    with inhabited(root):
        _switch_units(job, root, listen)
    _check_installed(job, root)


def over(
    job: Job, root: Path, left_out: LeftOut, *, archive: Path, source: str, listen: Listener
) -> None:
    """Install a module into the mounted stack of what it requires.

    `left_out` is what these left out, some of which the spec may restore.
    """
    seed_accounts(root, job.accounts, job.epoch)
    restored = restore(job, root, left_out, archive / POOL)
    with inhabited(root):
        if job.spec.debconf:
            text = "".join(f"{line}\n" for line in job.spec.debconf)
            _in_root(job, root, ["debconf-set-selections"], listen, stdin=text.encode())
        with _told(job, "apt-get"):
            apt.install(
                root,
                job.packages,
                archive=archive,
                source=source,
                epoch=job.epoch,
                dpkg_options=_dpkg_options(job),
                listen=listen,
            )
        _switch_units(job, root, listen)
        for kernel in kernels_of(restored):
            _in_root(job, root, ["depmod", "-a", kernel], listen)
    _check_installed(job, root)


def seed_accounts(root: Path, accounts: Accounts, epoch: int) -> None:
    """Put entries of the account table into a root, with the homes that adduser would make.

    The maintainer scripts find them ("already exists") and leave their ids alone.
    """
    before = read_files(root, ACCOUNT_FILES)
    write_files(root, seed(before, accounts, epoch), Owners.of(root))
    owners = Owners.of(root)
    for user in accounts.users:
        if user.home_mode is not None:
            home = inside(root, user.home)
            home.mkdir(parents=True, exist_ok=True)
            home.chmod(user.home_mode)
            os.chown(home, owners.users[user.name], owners.groups[user.group])


def seed_into(root: str, inputs: str, module: str) -> None:
    """What the essential hook of mmdebstrap calls; see `_write_hook`."""
    job = read_inputs(Path(inputs), ModuleName(module))
    seed_accounts(Path(root), job.accounts, job.epoch)


def _write_hook(hook: Path, module: ModuleName, inputs: Path, preseed: Path) -> None:
    """Write the hook that seeds accounts and answers once the essential packages are there."""
    code = "from qlumod.layer.install import seed_into; import sys; seed_into(*sys.argv[1:])"
    path = os.pathsep.join(entry for entry in sys.path if entry)
    seeding = shlex.join([sys.executable, "-c", code])
    hook.write_text(
        "#!/bin/sh\nset -e\n"
        f'PYTHONPATH={shlex.quote(path)} {seeding} "$1" {shlex.join([str(inputs), module])}\n'
        f"if [ -s {shlex.quote(str(preseed))} ]; then\n"
        f'  chroot "$1" debconf-set-selections < {shlex.quote(str(preseed))}\nfi\n',
        encoding="utf-8",
    )
    hook.chmod(0o755)


def _dpkg_options(job: Job) -> tuple[str, ...]:
    release, spec = job.project.release, job.spec
    return (
        # The tree is thrown away after a crash; syncing it would only cost time.
        "force-unsafe-io",
        *(f"path-exclude={pattern}" for pattern in (*release.excludes, *spec.exclude)),
        *(f"path-include={pattern}" for pattern in (*release.includes, *spec.include)),
    )


def _in_root(
    job: Job, root: Path, words: Sequence[str], listen: Listener, *, stdin: bytes = b""
) -> None:
    call = in_root(root, *words, epoch=job.epoch, environment=apt.ENVIRONMENT, stdin=stdin)
    with _told(job, words[0]):
        run(call, listen=listen)


@contextmanager
def _told(job: Job, program: str) -> Iterator[None]:
    """Say of which module's installation a program failed, and what it said at last."""
    try:
        yield
    except CommandFailed as failed:
        raise QlumodError(
            f"{job.spec.module}: cannot install the packages: {program} failed: {failed.ending}",
            details=failed.tail,
            remedy="see the log of the build for all that it said; what a maintainer script "
            "misses may have to be added to Packages",
        ) from failed


def _switch_units(job: Job, root: Path, listen: Listener) -> None:
    for verb, units in (("enable", job.spec.enable), ("disable", job.spec.disable)):
        if units:
            _in_root(job, root, ["systemctl", verb, *units], listen)


def _check_installed(job: Job, root: Path) -> None:
    """Make sure that exactly the locked packages were installed."""
    installed = read_installed(root)
    for package in job.packages:
        if installed.get(package.package) != package.version:
            raise QlumodError(
                f"{job.spec.module}: {package.package} {package.version} is locked, but "
                f"{installed.get(package.package, 'nothing')} was installed"
            )


def read_installed(root: Path) -> dict[PackageName, str]:
    """The versions of the packages that a root's dpkg database says are installed."""
    with (root / "var/lib/dpkg/status").open() as status:
        return {
            PackageName(stanza["Package"]): stanza["Version"]
            for stanza in Deb822.iter_paragraphs(status, use_apt_pkg=False)
            if stanza["Status"].endswith(" installed")
        }
