"""The source package of a module: for uploads with `dput`, and for building binary packages."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, step
from qlumod.model.stanzas import signed_stanza
from qlumod.package.moving import PREFIX, move_all
from qlumod.package.orig import COMPONENT, write_orig, write_packages
from qlumod.package.render import README, render
from qlumod.package.source_plan import SourcePlan
from qlumod.packaging.debian.debhelper import pack_source
from qlumod.system.disk.documents import MOST
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.disk.staging import staging, sweep
from qlumod.system.disk.store import Store

TREE = "source"
"""The source tree's name during a build: no package contains it."""


def source_package(
    plan: SourcePlan, *, output: Path, packages: Store | None = None, listen: Listener
) -> tuple[Path, ...]:
    """Write a module's source package into `output`; returns its files, the .changes last.

    `packages` is the store of the locked .debs to include; None: they are not included.
    """
    check_kind(output, plan, with_packages=packages is not None)
    with (
        step(listen, f"writing the source of {plan.module}", id="writing-the-source"),
        beside_output(output, plan) as place,
    ):
        write_tree(plan, render(plan), place)
        if packages:
            write_packages(plan, packages, place)
        changes = place / f"{plan.source}_{plan.version}_source.changes"
        pack_source(place / TREE, changes, epoch=plan.epoch, listen=listen)
        return take_out(place, output)


def write_tree(plan: SourcePlan, files: Mapping[str, str], place: Path) -> None:
    """Write the source tree; dpkg-source packs the modes, so they must not depend on the umask."""
    write_orig(plan, README, place)
    for name, text in files.items():
        path = place / TREE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755 if name == "debian/rules" else 0o644)
    for directory in (place / TREE, *(place / TREE).rglob("*")):
        if directory.is_dir():
            directory.chmod(0o755)


@contextmanager
def beside_output(output: Path, plan: SourcePlan) -> Iterator[Path]:
    """A directory beside the output, so that its files can be moved by renaming."""
    sweep(output, f"{PREFIX}*")
    with staging(output, f"{PREFIX}{plan.source}") as place:
        yield place


def take_out(place: Path, output: Path) -> tuple[Path, ...]:
    """Move the built files; the .changes comes last, since it means that all are there."""
    built = sorted(path for path in place.iterdir() if path.is_file())
    return move_all(tuple(sorted(built, key=lambda path: path.suffix == ".changes")), output)


def check_kind(output: Path, plan: SourcePlan, *, with_packages: bool) -> None:
    """Refuse to overwrite a source package of this name if only one of both includes packages.

    Their .dsc have one name and different contents: no archive may have both.
    """
    dsc = output / f"{plan.source}_{plan.version}.dsc"
    if not dsc.is_file():
        return
    named = signed_stanza(read_bytes(dsc, most=MOST), str(dsc)).files("Checksums-Sha256")
    has_packages = any(f".orig-{COMPONENT}" in name for _, _, name in named)
    if has_packages != with_packages:
        raise QlumodError(
            f"{dsc} is there {'with' if has_packages else 'without'} packages, and one name must "
            "not have two contents",
            remedy="choose another directory with --output",
        )
