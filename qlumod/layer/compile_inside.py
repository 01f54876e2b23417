"""The part of compiling kernel modules in namespaces: it installs sources and runs dkms."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from qlumod.errors import QlumodError
from qlumod.events import Listener, step
from qlumod.layer.dkms_tree import Added, add, logs_of, source_directories, tell_logs
from qlumod.layer.job import Job
from qlumod.layer.kernel_package import Compiled, package_modules
from qlumod.layer.task import Document, Task, order_of, taken_up
from qlumod.model.build_option import variables_in, words_in
from qlumod.model.generated import Generated
from qlumod.model.lock import LockedPackage
from qlumod.model.names import ModuleName
from qlumod.packaging.debian.roots.dpkg_database import listed_by_dpkg
from qlumod.stack.assemble import assemble
from qlumod.stack.mounted import mounted
from qlumod.state.kernel_modules import is_kernel_module
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import Enclosure, enclosed
from qlumod.system.processes.command import CommandFailed

_COMPILED = re.compile(rb": (built|installed)")
_NEVER_BY_ITSELF = "/etc/dkms/no-autoinstall"
"""If this file exists, dkms compiles nothing when packages are installed (common.postinst)."""
_SETTINGS = "/etc/dkms/framework.conf"
_UNSIGNED = b'\n# Signing would make a key.\nsign_file="/nonexistent"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """The root in which modules are compiled."""

    job: Job
    root: Root
    """The root with their sources and all tools."""
    place: Enclosure
    """The enclosure for the programs of that root."""
    processors: int
    listen: Listener

    @property
    def module(self) -> ModuleName:
        """The name of the module, for errors."""
        return self.job.spec.module


def compile_modules(*, listen: Listener, task: Document) -> None:
    """Write a module's generated packages into the directory of the task; see `layer.compile`."""
    with taken_up(task, listen) as taken, mounted(taken.below, taken.space) as stack:
        assemble(
            stack.root,
            taken.below,
            packaging=taken.packaging,
            epoch=taken.job.epoch,
            listen=listen,
        )
        with enclosed(stack.root) as place:
            site = _Site(
                job=taken.job,
                root=stack.root,
                place=place,
                processors=taken.processors or os.cpu_count() or 1,
                listen=listen,
            )
            _install(site, taken)
            for package, compiled in _compiled_packages(site):
                package_modules(
                    place, stack.root, compiled, taken.output / package.file_name, listen=listen
                )


def _install(site: _Site, task: Task) -> None:
    packages, installer = site.job.to_compile, task.packaging.installer
    site.root.write(_NEVER_BY_ITSELF, b"")
    with (
        step(
            site.listen,
            f"installing {len(packages)} packages to compile with",
            id="installing-to-compile",
        ),
        _told(site, "cannot install what its kernel modules are compiled with"),
    ):
        order = replace(
            order_of(site.job, packages), environment=installer.environment, unsynced=True
        )
        installer.install(site.root, order, task.supply, listen=site.listen)
    site.root.write(_SETTINGS, site.root.read(_SETTINGS) + _UNSIGNED)


def _compiled_packages(site: _Site) -> Iterator[tuple[LockedPackage, Compiled]]:
    """Compile in the spec's order: one may need another's symbols."""
    made = {p.generated.sources: (p, p.generated) for p in site.job.generated if p.generated}
    for relation in site.job.spec.kernel_modules_for(site.job.lock.flavor):
        # Packages that a module below has compiled already are not here.
        if relation.name in made:
            package, how = made[relation.name]
            with step(site.listen, f"compiling {how.sources} for {how.kernel}", id="compiling"):
                compiled = _compiled(site, package, how)
            yield package, compiled


def _compiled(site: _Site, package: LockedPackage, how: Generated) -> Compiled:
    paths = listed_by_dpkg(site.root, how.sources)
    directories = source_directories(site.root, paths)
    if not directories:
        raise QlumodError(
            f"{site.module}: {how.sources} has no dkms sources: no /usr/src/*/dkms.conf",
            remedy="name packages of dkms sources in Kernel-Modules, all others in Packages",
        )
    epoch = _newest(site.root, (path for path in paths if path.startswith("/usr/src/")))
    before = _modules(site.root, how.kernel)
    for directory in directories:
        _run_dkms(site, directory, how, epoch)
    after = _modules(site.root, how.kernel)
    modules = sorted(path for path, seen in after.items() if before.get(path) != seen)
    if not modules:
        raise QlumodError(
            f"{site.module}: {how.sources} compiled no module for {how.kernel}",
            remedy="see BUILT_MODULE_NAME in its dkms.conf",
        )
    for path in modules:
        _finish(site, path, how)
    return Compiled(package=package, how=how, modules=modules, epoch=epoch)


def _newest(root: Root, paths: Iterable[str]) -> int:
    """The time of the newest file."""
    return max(int(root.status(path).st_mtime) for path in paths if root.is_file(path))


def _run_dkms(site: _Site, directory: str, how: Generated, epoch: int) -> None:
    environment = _environment(how, epoch)
    try:
        added = add(
            site.place,
            site.root,
            directory,
            kernel=how.kernel,
            environment=environment,
            listen=site.listen,
        )
    except CommandFailed as failed:
        raise QlumodError(
            f"{site.module}: cannot compile {how.sources} for {how.kernel}: dkms takes no sources "
            f"from {directory}: {failed.ending}",
            details=failed.tail,
            remedy=failed.remedy or f"see {directory}/dkms.conf, and what Build-Options add to it",
        ) from failed
    what = (*added.words, "-k", how.kernel)
    if _COMPILED.search(site.place.capture("dkms", "status", *what)):
        # Its own scripts have already compiled it, with a signature and another time.
        site.place.run("dkms", "remove", *what, listen=site.listen)
    try:
        site.place.run(
            "dkms", "install", *what, "-j", str(site.processors), *words_in(how.options),
            epoch=epoch,
            environment=environment,
            listen=site.listen,
        )  # fmt: skip
    except CommandFailed as failed:
        raise _not_compiled(site, added, how, failed) from failed
    tell_logs(logs_of(site.root, added), site.listen)


def _environment(how: Generated, epoch: int) -> dict[str, str]:
    return {
        **variables_in(how.options),
        # A kernel's Makefile would otherwise use the host's values (Documentation/kbuild).
        "KBUILD_BUILD_USER": "qlumod",
        "KBUILD_BUILD_HOST": "qlumod",
        "KBUILD_BUILD_TIMESTAMP": f"@{epoch}",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


def _not_compiled(site: _Site, added: Added, how: Generated, failed: CommandFailed) -> QlumodError:
    logs = logs_of(site.root, added)
    tell_logs(logs, site.listen)
    return QlumodError(
        f"{site.module}: cannot compile {how.sources} for {how.kernel}: "
        f"dkms failed: {failed.ending}",
        details=(*failed.tail, *(line for log in logs for line in log.end)),
        remedy=failed.remedy
        or "the log of the build has all lines of these logs; packages that the sources need "
        "beside the kernel's headers belong into Build-Packages, variables and options of dkms "
        "into Build-Options",
    )


def _modules(root: Root, kernel: str) -> Mapping[str, tuple[int, int]]:
    """All modules of a kernel, with the attributes that show whether one was rewritten."""
    paths = [p for p in root.below(f"/usr/lib/modules/{kernel}") if is_kernel_module(p)]
    found = {path: root.status(path) for path in paths if root.is_file(path)}
    return {path: (status.st_size, status.st_mtime_ns) for path, status in found.items()}


def _finish(site: _Site, path: str, how: Generated) -> None:
    """Strip the debug information of a module, and check that it is for the kernel."""
    if path.endswith(".ko"):
        site.place.run("strip", "--strip-debug", path, listen=site.listen)
    magic = site.place.capture("modinfo", "-F", "vermagic", path).decode()
    if magic.split(" ")[0].strip() != how.kernel:
        raise QlumodError(
            f"{site.module}: {how.sources} compiled {path} for {magic.strip() or 'no kernel'}, "
            f"not for {how.kernel}",
            remedy="its dkms.conf or Makefile may ask `uname -r`, which is the build host's "
            "kernel: dkms has $kernelver and KERNELRELEASE",
        )


@contextmanager
def _told(site: _Site, what: str) -> Iterator[None]:
    try:
        yield
    except CommandFailed as failed:
        raise QlumodError(
            f"{site.module}: {what}: {failed.command.program} failed: {failed.ending}",
            details=failed.tail,
            remedy=failed.remedy or "see the log of the build for all that it said",
        ) from failed
