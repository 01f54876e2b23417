"""The package that compiled kernel modules become: its files, its control fields, its scripts."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.events import Listener
from qlumod.layer.apt import ENVIRONMENT
from qlumod.model.generated import Generated
from qlumod.model.lock import LockedPackage
from qlumod.stack.chroot import in_root
from qlumod.stack.inside import followed
from qlumod.system.run import capture, run

INFO = "var/lib/dpkg/info"
_TREES = "run/qlumod/packages"
"""Where the packages' trees lie in the root; /run is a tmpfs there."""

_ONLY_SOURCES = (
    "/usr/src/",
    "/usr/lib/dkms/",
    "/etc/dkms/",
    "/usr/share/doc/",
    "/usr/share/bug/",
    "/usr/share/lintian/",
)
"""What a package of dkms sources has for the sources' sake; the rest of it is for nodes."""

_SCRIPTS = {
    "postinst": ("configure", "depmod -a {}"),
    "postrm": ("remove", "[ ! -d /usr/lib/modules/{0}/kernel ] || depmod -a {0}"),
}
"""Maintainer scripts as those of dh_installmodules, which only looks for a System.map first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """Modules of a generated package, as absolute paths of the root that they were compiled in."""

    package: LockedPackage
    how: Generated
    modules: Sequence[str]
    epoch: int
    """The time of the newest file of their sources."""


def package_modules(root: Path, compiled: Compiled, *, listen: Listener) -> Path:
    """Make the .deb within an inhabited root, by the root's own dpkg-deb; returns its path."""
    tree = root / _TREES / compiled.package.package
    for source, target in _files(root, compiled):
        _copy(source, tree / target.lstrip("/"))
    _write_control(root, tree, compiled)
    _settle_modes(tree)
    deb = tree.parent / f"{tree.name}.deb"
    call = in_root(
        root,
        "dpkg-deb", "--root-owner-group", "-Zgzip", "-z6", "--build",
        f"/{tree.relative_to(root)}", f"/{deb.relative_to(root)}",
        epoch=compiled.epoch,
        environment=ENVIRONMENT,
    )  # fmt: skip
    run(call, listen=listen)
    return deb


def listed(root: Path, package: str) -> tuple[str, ...]:
    """The paths of a package that is installed in a root."""
    info = root / INFO
    for path in sorted(info.glob(f"{package}.list")) or sorted(info.glob(f"{package}:*.list")):
        return tuple(line for line in os.fsdecode(path.read_bytes()).splitlines() if line != "/.")
    return ()


def _files(root: Path, compiled: Compiled) -> Iterator[tuple[Path, str]]:
    """Where each file of the package lies, and its path in the package."""
    how = compiled.how
    # Debian's kernels lie in /lib up to 12, in /usr/lib since: dpkg knows paths by their names.
    merged = any(
        path.startswith(f"/usr/lib/modules/{how.kernel}/")
        for name in _kernel_packages(root, how.kernel)
        for path in listed(root, name)
    )
    for module in compiled.modules:
        yield root / module.lstrip("/"), module if merged else module.removeprefix("/usr")
    paths = listed(root, how.sources)
    parents = {path.rpartition("/")[0] for path in paths}
    for path in paths:
        # What holds others may be a link in the root: /sbin is one to usr/sbin.
        if path not in parents and not f"{path}/".startswith(_ONLY_SOURCES):
            yield root / path.lstrip("/"), path
    licence = followed(root, f"/usr/share/doc/{how.sources}/copyright")
    if licence.is_file():
        yield licence, f"/usr/share/doc/{compiled.package.package}/copyright"


def _kernel_packages(root: Path, kernel: str) -> Iterator[str]:
    for path in sorted((root / INFO).glob(f"linux-image-{kernel}*.list")):
        yield path.name.removesuffix(".list").partition(":")[0]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
    elif source.is_dir():
        target.mkdir(exist_ok=True)
    elif source.is_file():
        shutil.copy2(source, target)


def _write_control(root: Path, tree: Path, compiled: Compiled) -> None:
    control = tree / "DEBIAN"
    files = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    sums = "".join(f"{_md5(path)}  {path.relative_to(tree)}\n" for path in files)
    size = sum(-(-path.stat().st_size // 1024) for path in files)
    control.mkdir()
    fields = _control_fields(compiled, _maintainer(root, compiled.how.sources), size)
    _write(control / "control", "".join(f"{name}: {text}\n" for name, text in fields))
    _write(control / "md5sums", sums)
    kept = {f"/{path.relative_to(tree)}" for path in files}
    conffiles = [path for path in _conffiles(root, compiled.how.sources) if path in kept]
    if conffiles:
        _write(control / "conffiles", "".join(f"{path}\n" for path in conffiles))
    for name, (when, line) in _SCRIPTS.items():
        text = line.format(compiled.how.kernel)
        _write(
            control / name,
            f'#!/bin/sh\nset -e\nif [ "$1" = {when} ]; then\n\t{text}\nfi\n',
            0o755,
        )


def _control_fields(compiled: Compiled, maintainer: str, size: int) -> Iterator[tuple[str, str]]:
    package, how = compiled.package, compiled.how
    yield "Package", package.package
    yield "Source", package.source
    yield "Version", package.version
    yield "Architecture", package.architecture
    yield "Maintainer", maintainer
    yield "Installed-Size", str(size)
    for name, relations in (
        ("Depends", how.depends),
        ("Conflicts", how.conflicts),
        ("Provides", how.provides),
    ):
        if relations:
            yield name, ", ".join(relations)
    yield "Section", package.section or "kernel"
    yield "Priority", "optional"
    yield (
        "Description",
        f"kernel modules of {how.sources} for Linux {how.kernel}\n"
        f" Compiled by dkms from {how.sources} {how.sources_version}.",
    )


def _maintainer(root: Path, package: str) -> str:
    """Who cares for the sources: that is settled by the inputs, as all of the package is."""
    call = in_root(root, "dpkg-query", "--show", "--showformat=${Maintainer}", package, epoch=0)
    return capture(call).decode()


def _conffiles(root: Path, package: str) -> tuple[str, ...]:
    path = root / INFO / f"{package}.conffiles"
    return tuple(path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()


def _settle_modes(tree: Path) -> None:
    """Give directories the modes that dpkg expects, whatever the umask is."""
    for path in (tree, *sorted(tree.rglob("*"))):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


def _md5(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
