"""Building a module's .debs: the source package is written, debhelper builds it, all is moved."""

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod import __version__
from qlumod.events import Listener, Notice, step
from qlumod.model.digests import digest_value
from qlumod.model.names import Digest
from qlumod.model.stanzas import signed_stanza
from qlumod.package.delivery import Delivery
from qlumod.package.linting import require_clean, without_trials
from qlumod.package.place import addon, source_tree
from qlumod.package.render import render
from qlumod.package.source_package import TREE, beside_output, check_kind, take_out, write_tree
from qlumod.package.source_plan import SourcePlan
from qlumod.packaging.debian.debhelper import build_source_package
from qlumod.stack.payload import Payload
from qlumod.system.disk.documents import MOST
from qlumod.system.disk.own_code import code_digest
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.processes import isolated
from qlumod.system.processes.programs import SEARCH_PATH
from qlumod.system.processes.workers import workers

INPUTS = "Qlumod-Inputs"
"""The field of the .changes file with the digest of all inputs of the packages."""
UNLINTED = "Qlumod-Unlinted"
"""The field of a .changes file whose packages lintian has not checked; otherwise missing."""
ENTRIES = ("package/deb_build.py", "workflows/package.py")
"""The entry points of packaging: this module, and the one that debhelper calls."""
HARMLESS = {
    "layer/": "the payload's digest is among the inputs",
    "lock/": "the lock is one of the files",
    "repository/": "what is known of published packages is among the files",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """The paths by which debhelper finds qlumod's add-on and program."""

    environment: tuple[tuple[str, str], ...] = ()


def build_package(
    plan: SourcePlan,
    payload: Payload,
    *,
    to: Delivery,
    cache: Path,
    check: Callable[[Payload], None],
    listen: Listener,
    toolbox: Toolbox | None = None,
) -> tuple[Path, ...]:
    """Build the packages of a module; returns the delivered files, the .changes last.

    `payload` is the result of the layer wing; the package build finds it in `cache` by its
    identity. `check` raises if it differs from its own manifest; it runs in parallel with
    debhelper, and no package is delivered before it has ended. If packages of the same inputs
    exist, nothing is done.
    """
    output, lint = to.output, to.lint
    check_kind(output, plan, with_packages=False)
    files = render(plan)
    inputs = _inputs(files, payload)
    if ready := finished(output, plan, inputs, lint=lint):
        listen(Notice(text=f"{plan.module}: nothing to package, {ready[-1].name} is up to date"))
        return ready
    with (
        step(listen, f"packaging {plan.module}", id="packaging"),
        beside_output(output, plan) as place,
        workers(1) as beside,
    ):
        checked = beside.submit(check, payload)
        write_tree(plan, files, place)
        tools = toolbox or _toolbox(place)
        build_source_package(
            place / TREE,
            environment={**_environment(plan, cache), **dict(tools.environment)},
            changes_fields={INPUTS: inputs} if lint else {INPUTS: inputs, UNLINTED: "yes"},
            listen=listen,
        )
        if lint:
            (changes,) = place.glob("*.changes")
            require_clean(
                plan.module,
                [changes],
                options=without_trials(plan),
                scratch=place / "lintian",
                listen=listen,
            )
        checked.result()
        return take_out(place, output)


def finished(output: Path, plan: SourcePlan, inputs: Digest, *, lint: bool) -> tuple[Path, ...]:
    """The files of an earlier build from the same inputs, the .changes last, or nothing.

    With `lint`, only if lintian has checked them.
    """
    for changes in sorted(output.glob(f"{plan.source}_{plan.version}_*.changes")):
        document = signed_stanza(read_bytes(changes, most=MOST), str(changes))
        if document.get(INPUTS) == inputs and not (lint and document.get(UNLINTED)):
            named = tuple((output / name, size) for _, size, name in document.files("Files"))
            if all(path.is_file() and path.stat().st_size == size for path, size in named):
                return (*sorted(path for path, _ in named), changes)
    return ()


def _inputs(files: Mapping[str, str], payload: Payload) -> Digest:
    return digest_value(
        {
            "code": code_digest(*ENTRIES, harmless=tuple(HARMLESS)),
            "addon": [path.read_bytes() for path in addon()],
            "files": files,
            "payload": payload.digest,
            "qlumod": __version__,
        }
    )


def _environment(plan: SourcePlan, cache: Path) -> dict[str, str]:
    return {
        # The configuration was read and applied already.
        "QLUMOD_CONFIG": os.devnull,
        "QLUMOD_CACHE": str(cache.resolve()),
        # dh_qlumod need not check it: the check runs in parallel.
        "QLUMOD_CHECKED": "1",
        "SOURCE_DATE_EPOCH": str(plan.epoch),
    }


def _toolbox(place: Path) -> Toolbox:
    """Find the add-on: installed as a package, or in the running program's source tree."""
    tree = source_tree()
    if tree is None:
        return Toolbox()
    program = place / "bin" / "qlumod"
    program.parent.mkdir()
    words = shlex.join(isolated.words("qlumod.cli.main"))
    program.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return from_tree(tree, program.parent)


def from_tree(tree: Path, programs: Path) -> Toolbox:
    """The add-on of a source tree, and the directory of its `qlumod`."""
    addon = tree / "debhelper"
    return Toolbox(
        environment=(("PATH", f"{programs}:{addon}:{SEARCH_PATH}"), ("PERL5LIB", str(addon))),
    )
