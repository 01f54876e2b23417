"""Compiling kernel modules: each package of them once for the same inputs, kept in the store."""

from collections.abc import Iterator
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, Notice, step
from qlumod.layer.job import Job
from qlumod.layer.task import make_inside
from qlumod.model.lock import LockedPackage, inputs_of
from qlumod.packaging.debian.deb import Deb
from qlumod.system.disk.regular_files import file_sum
from qlumod.system.disk.store import Store
from qlumod.system.disk.workshop import Workshop


def needed(job: Job, store: Store) -> tuple[LockedPackage, ...]:
    """The packages of archives needed to make a module; more if it is still to be compiled."""
    if all(store.generated(package.sha256) for package in job.generated):
        own = tuple(package for package in job.packages if not package.generated)
        return (*own, *job.restoring)
    return job.to_make


def ensure_compiled(job: Job, place: Path, workshop: Workshop, *, listen: Listener) -> None:
    """Make the generated packages of a module that the store lacks.

    The payloads of the modules below must exist already; `place` is made as a work directory.
    """
    _require_inputs(job)
    if not job.generated:
        return
    if all(workshop.store.generated(package.sha256) for package in job.generated):
        names = ", ".join(package.package for package in job.generated)
        listen(Notice(text=f"nothing to compile, {names} is there"))
        return
    for package, deb in _compile(job, place, workshop, listen=listen):
        workshop.store.add_generated(deb, package.sha256)


def compiled_otherwise(
    job: Job, place: Path, workshop: Workshop, *, listen: Listener
) -> tuple[str, ...]:
    """Compile once more, and list the differences from the packages in the store.

    Packages that differ are compiled again by the next build.
    """
    store = workshop.store
    found: list[str] = []
    if job.generated:
        for package, deb in _compile(job, place, workshop, listen=listen):
            made = store.generated(package.sha256)
            lines = _differences(package, store.path(made.sha256), deb) if made else ()
            if lines:
                store.forget_generated(package.sha256)
            found += lines
    return tuple(found)


def _compile(
    job: Job, place: Path, workshop: Workshop, *, listen: Listener
) -> Iterator[tuple[LockedPackage, Path]]:
    place.mkdir()
    output = place / "packages"
    with step(
        listen, f"compiling the kernel modules of {job.spec.module}", id="compiling-kernel-modules"
    ):
        make_inside(
            "qlumod.layer.compile_inside:compile_modules",
            job,
            job.to_compile,
            output=output,
            workshop=workshop,
            listen=listen,
        )
    for package in job.generated:
        yield package, output / package.file_name


def _require_inputs(job: Job) -> None:
    """Raise if the digests of inputs in the lock are wrong: by another qlumod, or by hand."""
    for package in job.generated:
        if package.sha256 != inputs_of(package, job.lock.packages):
            raise QlumodError(
                f"{job.spec.module}: the lock has other inputs of {package.package} than it names",
                remedy="run `qlumod lock`",
            )


def _differences(package: LockedPackage, first: Path, second: Path) -> tuple[str, ...]:
    if file_sum(first) == file_sum(second):
        return ()
    one, other = _members(first), _members(second)
    paths = sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))
    return tuple(f"{package.package}: {path}: compiled otherwise" for path in paths) or (
        f"{package.package}: other bytes",
    )


def _members(deb: Path) -> dict[str, str]:
    files = Deb.at(deb).files()
    return {f"/{file.path}": file.digest("sha256").hex() for file in files if file.is_file}
