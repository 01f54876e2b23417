"""The package of compiled kernel modules: its files, its control fields, its scripts."""

import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.layer.shipped import digest_of
from qlumod.model.characters import unseen
from qlumod.model.generated import Generated
from qlumod.model.licences import licences_among
from qlumod.model.lines import lines_of
from qlumod.model.lock import LockedPackage
from qlumod.packaging.debian.roots.deb_installer import ENVIRONMENT
from qlumod.packaging.debian.roots.dpkg_database import INFO, listed_by_dpkg
from qlumod.system.disk.scratch import scratch
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.bubblewrap import Shown
from qlumod.system.enclosure.enclosure import Enclosure

_SHOWN = "/run/qlumod-package"
"""The directory in which the root's dpkg-deb finds a package's tree, and writes the .deb."""

_BESIDE_SOURCES = re.compile(r"/usr/src/[^/]+/[^/]+")
_ONLY_SOURCES = (
    "/usr/src/",
    "/usr/lib/dkms/",
    "/etc/dkms/",
    "/usr/share/doc/",
    "/usr/share/bug/",
    "/usr/share/lintian/",
)
"""The files of a dkms package that only the sources need; the others are for nodes."""

_SCRIPTS = {
    "postinst": ("configure", "depmod -a {}"),
    "postrm": ("remove", "[ ! -d /usr/lib/modules/{0}/kernel ] || depmod -a {0}"),
}
"""Maintainer scripts as those of dh_installmodules, which only checks for a System.map first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """Modules of a generated package, as absolute paths of the root in which they were compiled."""

    package: LockedPackage
    how: Generated
    modules: Sequence[str]
    epoch: int
    """The time of the newest file of their sources."""


def package_modules(
    place: Enclosure, root: Root, compiled: Compiled, output: Path, *, listen: Listener
) -> None:
    """Write the .deb, made by the root's own dpkg-deb.

    No program of the root has run where the tree is made.
    """
    with scratch(output.parent) as directory:
        made = Root(directory)
        made.make_directory("/tree")
        tree = Root(directory / "tree")
        for source, target in _files(root, compiled):
            _copy(root, source, tree, target)
        _write_control(place, root, tree, compiled)
        place.showing(Shown(source=made.place, name=_SHOWN, writable=True)).run(
            "dpkg-deb", "--root-owner-group", "-Zgzip", "-z6", "--build",
            f"{_SHOWN}/tree", f"{_SHOWN}/made.deb",
            epoch=compiled.epoch,
            environment=ENVIRONMENT,
            listen=listen,
        )  # fmt: skip
        made.copy_out("/made.deb", output)


def _files(root: Root, compiled: Compiled) -> Iterator[tuple[str, str]]:
    """The path of each file in the root, and in the package."""
    how = compiled.how
    # Debian's kernels are in /lib up to 12, in /usr/lib since: dpkg compares paths by their names.
    merged = any(
        path.startswith(f"/usr/lib/modules/{how.kernel}/")
        for name in _kernel_packages(root, how.kernel)
        for path in listed_by_dpkg(root, name)
    )
    for module in compiled.modules:
        yield module, module if merged else module.removeprefix("/usr")
    paths = listed_by_dpkg(root, how.sources)
    parents = {path.rpartition("/")[0] for path in paths}
    for path in paths:
        # A parent directory may be a link in the root: /sbin is one to usr/sbin.
        if path not in parents and not f"{path}/".startswith(_ONLY_SOURCES):
            yield path, path
    yield from licence_files(root, how.sources, paths, compiled.package.package).items()


def licence_files(root: Root, sources: str, paths: Sequence[str], package: str) -> dict[str, str]:
    """The licence texts of a package of sources, with their paths in the generated package.

    Those beside the sources only count if there is no copyright file.
    """
    documents, own = f"/usr/share/doc/{sources}/", f"/usr/share/doc/{package}/"
    files = [path for path in licences_among(paths) if root.is_file(path)]
    targets = {
        own + path.removeprefix(documents): path for path in files if path.startswith(documents)
    }
    if root.is_file(f"{documents}copyright"):
        targets[f"{own}copyright"] = f"{documents}copyright"
    else:
        beside = (path for path in files if _BESIDE_SOURCES.fullmatch(path))
        targets = {**{own + path.rpartition("/")[2]: path for path in beside}, **targets}
    return {root.where(path): target for target, path in sorted(targets.items())}


def _kernel_packages(root: Root, kernel: str) -> Iterator[str]:
    for path in root.matching(f"{INFO}linux-image-{kernel}*.list"):
        yield path.removeprefix(INFO).removesuffix(".list").partition(":")[0]


def _copy(root: Root, source: str, tree: Root, target: str) -> None:
    if root.is_link(source):
        tree.link(target, root.target(source))
    elif root.is_directory(source):
        tree.make_directory(target)
    elif root.is_file(source):
        status = root.status(source)
        with root.reading(source) as reading, tree.writing(target) as writing:
            shutil.copyfileobj(reading, writing)
        mode = stat.S_IMODE(status.st_mode)
        tree.own(target, uid=0, gid=0, mode=mode, mtime=int(status.st_mtime))


def _write_control(place: Enclosure, root: Root, tree: Root, compiled: Compiled) -> None:
    files = sorted(path for path in tree.below("/") if not tree.is_link(path))
    sums = "".join(f"{digest_of(tree, path, 'md5').hex()}  {path.lstrip('/')}\n" for path in files)
    size = sum(-(-tree.status(path).st_size // 1024) for path in files)
    fields = _control_fields(compiled, maintainer_of(place, compiled.how.sources), size)
    _write(tree, "control", "".join(f"{name}: {text}\n" for name, text in fields))
    _write(tree, "md5sums", sums)
    conffiles = [path for path in _conffiles(root, compiled.how.sources) if path in files]
    if conffiles:
        _write(tree, "conffiles", "".join(f"{path}\n" for path in conffiles))
    for name, (when, line) in _SCRIPTS.items():
        text = line.format(compiled.how.kernel)
        _write(
            tree,
            name,
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


def maintainer_of(place: Enclosure, package: str) -> str:
    """The maintainer of the sources: the inputs determine it, as the whole package.

    It is the output of the root's own dpkg-query, which packages may have changed: more than one
    line would add other fields.
    """
    said = place.capture("dpkg-query", "--show", "--showformat=${Maintainer}", package)
    name = said.decode(errors="surrogateescape").strip(" \n")
    if not name or any(unseen(name)):
        raise QlumodError(
            f"package {package}: the root's dpkg-query tells no maintainer in one line of text:"
            f" {name[:60]!r}",
            remedy="see which package changes dpkg's database or dpkg-query, and leave it out",
        )
    return name


def _conffiles(root: Root, package: str) -> tuple[str, ...]:
    path = f"{INFO}{package}.conffiles"
    return tuple(lines_of(root.text(path))) if root.has(path) else ()


def _write(tree: Root, name: str, text: str, mode: int = 0o644) -> None:
    tree.write(f"/DEBIAN/{name}", text.encode(), mode=mode)
