"""Making .debs of a module: the source package is written, debhelper builds it, all is moved."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache as remembered
from importlib import resources
from pathlib import Path
from shlex import quote

from debian.deb822 import Changes

from qlumod import __version__
from qlumod.events import Listener, Notice, Output, step
from qlumod.model.digests import digest_value
from qlumod.model.manifest import MANIFEST
from qlumod.model.names import Digest
from qlumod.package.linting import require_clean
from qlumod.package.orig import orig_name, orig_tarball
from qlumod.package.place import addon, source_tree
from qlumod.package.plan import Plan
from qlumod.package.render import render
from qlumod.package.staging import PREFIX, move_all
from qlumod.system.debhelper import build_source_package
from qlumod.system.run import SEARCH_PATH
from qlumod.system.staging import staging, sweep

INPUTS = "Qlumod-Inputs"
"""The field of the .changes file with the digest of everything that the packages were made from."""
UNLINTED = "Qlumod-Unlinted"
"""The field of a .changes file whose packages lintian has not seen; missing where it has."""

SOURCE = "source"
"""The source tree's name while it is built: no package tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """What debhelper needs to find our add-on and our program."""

    environment: tuple[tuple[str, str], ...] = ()
    installed: bool = True
    """Whether they are installed as packages, so that build dependencies can be checked."""


def build_package(
    plan: Plan,
    payload: Path,
    *,
    output: Path,
    cache: Path,
    lint: bool = True,
    listen: Listener,
    toolbox: Toolbox | None = None,
) -> tuple[Path, ...]:
    """Build the packages of a module; returns the files in `output`, the .changes last.

    `payload` is what the layer wing built; the package build finds it in `cache` by its identity.
    Nothing is done where `output` has packages of the same inputs already; where lintian finds
    errors, nothing gets there.
    """
    files = render(plan)
    inputs = _inputs(files, payload)
    if ready := finished(output, plan, inputs, lint=lint):
        listen(Notice(text=f"{plan.module}: nothing to package, {ready[-1].name} is up to date"))
        return ready
    with step(listen, f"packaging {plan.module}"), _staging(output, plan) as place:
        _write_source(plan, files, place)
        tools = toolbox or _toolbox(place)
        _say_what_is_not_checked(tools, listen)
        build_source_package(
            place / SOURCE,
            environment={**_environment(plan, cache), **dict(tools.environment)},
            check_dependencies=tools.installed,
            changes_fields={INPUTS: inputs} if lint else {INPUTS: inputs, UNLINTED: "yes"},
            listen=listen,
        )
        if lint:
            (changes,) = place.glob("*.changes")
            require_clean(plan, changes, scratch=place / "lintian", listen=listen)
        return _move(place, output)


@contextmanager
def _staging(output: Path, plan: Plan) -> Iterator[Path]:
    """A directory beside the output, so that its files get there by renaming."""
    sweep(output, f"{PREFIX}*")
    with staging(output, f"{PREFIX}{plan.source}") as place:
        yield place


def finished(output: Path, plan: Plan, inputs: Digest, *, lint: bool) -> tuple[Path, ...]:
    """The files of an earlier build from the same inputs, the .changes last, or nothing.

    Where lintian is to see them, it has.
    """
    for changes in sorted(output.glob(f"{plan.source}_{plan.version}_*.changes")):
        document = Changes(changes.read_text(encoding="utf-8"))
        if document.get(INPUTS) == inputs and not (lint and UNLINTED in document):
            named = tuple((output / file["name"], int(file["size"])) for file in document["Files"])
            if all(path.is_file() and path.stat().st_size == size for path, size in named):
                return (*sorted(path for path, _ in named), changes)
    return ()


def _inputs(files: Mapping[str, str], payload: Path) -> Digest:
    return digest_value(
        {
            "code": _code_digest(),
            "files": files,
            "payload": (payload / MANIFEST).read_bytes(),
            "qlumod": __version__,
        }
    )


@remembered
def _code_digest() -> Digest:
    """The digest of what decides, beside the templates, what the packages' bytes are."""
    own = resources.files("qlumod") / "package"
    names = ("before.py", "changelog.py", "changes.py", "install.py")
    return digest_value([path.read_bytes() for path in (*(own / name for name in names), *addon())])


def _write_source(plan: Plan, files: Mapping[str, str], place: Path) -> None:
    """Write the source tree; dpkg-source packs the modes, so that none may come from the umask."""
    (place / orig_name(plan)).write_bytes(orig_tarball(plan, files["README"]))
    for name, text in files.items():
        path = place / SOURCE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755 if name == "debian/rules" else 0o644)
    for directory in (place / SOURCE, *(place / SOURCE).rglob("*")):
        if directory.is_dir():
            directory.chmod(0o755)


def _environment(plan: Plan, cache: Path) -> dict[str, str]:
    return {"QLUMOD_CACHE": str(cache.resolve()), "SOURCE_DATE_EPOCH": str(plan.epoch)}


def _toolbox(place: Path) -> Toolbox:
    """Find the add-on: installed as a package, or in the source tree that we run from."""
    tree = source_tree()
    if tree is None:
        return Toolbox()
    program = place / "bin" / "qlumod"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH={quote(str(tree))} PYTHONDONTWRITEBYTECODE=1 "
        f'exec {quote(sys.executable)} -P -m qlumod.cli.main "$@"\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    return from_tree(tree, program.parent)


def from_tree(tree: Path, programs: Path) -> Toolbox:
    """The add-on of a source tree, with the directory that its `qlumod` lies in."""
    addon = tree / "debhelper"
    return Toolbox(
        environment=(("PATH", f"{programs}:{addon}:{SEARCH_PATH}"), ("PERL5LIB", str(addon))),
        installed=False,
    )


def _say_what_is_not_checked(toolbox: Toolbox, listen: Listener) -> None:
    if not toolbox.installed:
        text = "dh-sequence-qlumod comes from the source tree: build dependencies are not checked"
        listen(Output(program="qlumod", line=text))


def _move(place: Path, output: Path) -> tuple[Path, ...]:
    """Move what was built; the .changes comes last, since it says that all of it is there."""
    built = sorted(path for path in place.iterdir() if path.is_file())
    return move_all(tuple(sorted(built, key=lambda path: path.suffix == ".changes")), output)
