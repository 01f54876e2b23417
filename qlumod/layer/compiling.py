"""The part of compiling kernel modules that runs in namespaces: install sources, let dkms build."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, step
from qlumod.layer import apt
from qlumod.layer.inputs import read_inputs
from qlumod.layer.job import Job
from qlumod.layer.kernel_package import Compiled, listed, package_modules
from qlumod.model.generated import Generated
from qlumod.model.lock import LockedPackage
from qlumod.model.names import ModuleName
from qlumod.stack.assemble import assemble
from qlumod.stack.chroot import in_root, inhabited
from qlumod.stack.member import read_member, stacked
from qlumod.state.kernel_modules import is_kernel_module
from qlumod.system.memory import scratch_space
from qlumod.system.mount import all_squashfs, overlay
from qlumod.system.run import TAIL, CommandFailed, capture, run

_CONF = re.compile(r"/usr/src/[^/]+/dkms\.conf")
_COMPILED = re.compile(rb": (built|installed)")
_SETTING = r"^\s*{}=\s*[\"']?([^\"'\s#]+)"
_NEVER_BY_ITSELF = Path("etc/dkms/no-autoinstall")
"""While it is there, dkms compiles nothing when packages are installed (common.postinst)."""
_UNSIGNED = '\n# Signing would make a key.\nsign_file="/nonexistent"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """Where modules are compiled."""

    job: Job
    root: Path
    """An inhabited root, in which their sources and all tools are installed."""
    processors: int
    listen: Listener

    @property
    def module(self) -> ModuleName:
        """The name of the module, for errors."""
        return self.job.spec.module


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sources:
    """One directory of dkms sources."""

    name: str
    version: str
    epoch: int
    """The time of its package's newest file."""


def compile_modules(
    *,
    listen: Listener,
    inputs: str,
    module: str,
    source: str,
    archive: str,
    below: Sequence[str],
    scratch: str,
    output: str,
    processors: int | None,
) -> None:
    """Write a module's generated packages into the directory `output`; see `layer.compile`."""
    job = read_inputs(Path(inputs), ModuleName(module))
    members = stacked([read_member(Path(payload)) for payload in below])
    with scratch_space(Path(scratch)) as space:
        upper, work, root = (space / name for name in ("upper", "work", "root"))
        for place in (upper, work, root):
            place.mkdir()
        with (
            all_squashfs([member.layer for member in members], space / "layers") as layers,
            overlay(layers, root, upper=upper, work=work),
        ):
            assemble(root, members, epoch=job.epoch, listen=listen)
            with inhabited(root):
                site = _Site(
                    job=job,
                    root=root,
                    processors=processors or os.cpu_count() or 1,
                    listen=listen,
                )
                _install(site, Path(archive), source)
                for deb, name in _packages(site):
                    shutil.copyfile(deb, Path(output) / name)


def _install(site: _Site, archive: Path, source: str) -> None:
    packages = site.job.to_compile
    never = site.root / _NEVER_BY_ITSELF
    never.parent.mkdir(exist_ok=True)
    never.touch()
    with (
        step(site.listen, f"installing {len(packages)} packages to compile with"),
        _told(site, "cannot install what its kernel modules are compiled with"),
    ):
        apt.install(
            site.root,
            packages,
            archive=archive,
            source=source,
            epoch=site.job.epoch,
            dpkg_options=("force-unsafe-io",),
            listen=site.listen,
        )
    with (site.root / "etc/dkms/framework.conf").open("a", encoding="utf-8") as settings:
        settings.write(_UNSIGNED)


def _packages(site: _Site) -> Iterator[tuple[Path, str]]:
    """Compile and package in the spec's order: one may build upon another's symbols."""
    made = {p.generated.sources: (p, p.generated) for p in site.job.generated if p.generated}
    for relation in site.job.spec.kernel_modules_for(site.job.lock.flavor):
        # What a module below has compiled already is not here.
        if relation.name in made:
            package, how = made[relation.name]
            with step(site.listen, f"compiling {how.sources} for {how.kernel}"):
                compiled = _compiled(site, package, how)
                deb = package_modules(site.root, compiled, listen=site.listen)
            yield deb, package.file_name


def _compiled(site: _Site, package: LockedPackage, how: Generated) -> Compiled:
    all_sources = tuple(_sources(site, how))
    before = _modules(site.root, how.kernel)
    for sources in all_sources:
        _run_dkms(site, sources, how)
    after = _modules(site.root, how.kernel)
    modules = sorted(path for path, seen in after.items() if before.get(path) != seen)
    if not modules:
        raise QlumodError(
            f"{site.module}: {how.sources} compiled no module for {how.kernel}",
            remedy="see BUILT_MODULE_NAME in its dkms.conf",
        )
    for path in modules:
        _finish(site, path, how)
    epoch = max(sources.epoch for sources in all_sources)
    return Compiled(package=package, how=how, modules=modules, epoch=epoch)


def _sources(site: _Site, how: Generated) -> Iterator[_Sources]:
    paths = listed(site.root, how.sources)
    files = [site.root / path.lstrip("/") for path in paths if path.startswith("/usr/src/")]
    found = [path for path in paths if _CONF.fullmatch(path)]
    if not found:
        raise QlumodError(
            f"{site.module}: {how.sources} has no dkms sources: no /usr/src/*/dkms.conf",
            remedy="name packages of dkms sources in Kernel-Modules, all others in Packages",
        )
    for path in found:
        text = (site.root / path.lstrip("/")).read_text(encoding="utf-8", errors="replace")
        yield _Sources(
            name=_setting(text, "PACKAGE_NAME", path),
            version=_setting(text, "PACKAGE_VERSION", path),
            epoch=max(int(file.lstat().st_mtime) for file in files if file.is_file()),
        )


def _setting(text: str, name: str, path: str) -> str:
    found = re.search(_SETTING.format(name), text, re.MULTILINE)
    if not found:
        raise QlumodError(f"{path}: the setting {name} is missing")
    return found[1]


def _run_dkms(site: _Site, sources: _Sources, how: Generated) -> None:
    what = ("-m", sources.name, "-v", sources.version, "-k", how.kernel)
    if _COMPILED.search(capture(in_root(site.root, "dkms", "status", *what, epoch=0))):
        # Its own scripts have compiled it already, signed and at another time.
        run(in_root(site.root, "dkms", "remove", *what, epoch=0), listen=site.listen)
    call = in_root(
        site.root,
        "dkms", "install", *what, "-j", str(site.processors),
        epoch=sources.epoch,
        environment={
            # What a kernel's Makefile would ask the host for (Documentation/kbuild).
            "KBUILD_BUILD_USER": "qlumod",
            "KBUILD_BUILD_HOST": "qlumod",
            "KBUILD_BUILD_TIMESTAMP": f"@{sources.epoch}",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        },
    )  # fmt: skip
    try:
        run(call, listen=site.listen)
    except CommandFailed as failed:
        raise QlumodError(
            f"{site.module}: cannot compile {how.sources} for {how.kernel}: "
            f"dkms failed: {failed.ending}",
            details=(*failed.tail, *_end_of_log(site.root, sources)),
            remedy="see the log of the build; what the sources need beside the kernel's headers "
            "belongs into Build-Packages",
        ) from failed


def _end_of_log(root: Path, sources: _Sources) -> tuple[str, ...]:
    """The last lines that the compiler printed; dkms itself only names the file."""
    logs = sorted((root / "var/lib/dkms" / sources.name / sources.version).rglob("make.log"))
    return tuple(
        line
        for log in logs[:1]
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL:]
    )


def _modules(root: Path, kernel: str) -> Mapping[str, tuple[int, int]]:
    """All modules of a kernel, with what tells whether one was written."""
    base = root / "usr/lib/modules" / kernel
    return {
        f"/{path.relative_to(root)}": (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in base.rglob("*")
        if is_kernel_module(path.name) and path.is_file()
    }


def _finish(site: _Site, path: str, how: Generated) -> None:
    """Take from a module what only a debugger reads, and see that it is for the kernel."""
    if path.endswith(".ko"):
        run(in_root(site.root, "strip", "--strip-debug", path, epoch=0), listen=site.listen)
    magic = capture(in_root(site.root, "modinfo", "-F", "vermagic", path, epoch=0)).decode()
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
            remedy="see the log of the build for all that it said",
        ) from failed
