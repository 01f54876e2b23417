"""What decides a result is known from the imports: nobody keeps a list of files."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from qlumod.layer import job
from qlumod.package import deb_build as build
from qlumod.proof import prover, reference
from qlumod.system.disk.own_code import HARMLESS, PACKAGE, closure, imports

FILES = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py"))
RESULTS = {
    "a layer": (job.ENTRIES, ()),
    "packages": (build.ENTRIES, build.HARMLESS),
    "a reference installation": (reference.ENTRIES, ()),
    "a result of the proof": (prover.ENTRIES, prover.HARMLESS),
}
DECIDE = {
    "a layer": (
        "layer/compile_inside.py", "layer/inside.py", "secrets/rules/gitleaks.json",
        "packaging/debian/roots/bootstrap.py", "packaging/debian/state/dpkg.py",
        "packaging/debian/archive.py",
        "system/enclosure/enclosed.sh", "system/disk/files.py", "system/processes/map_ids.py",
    ),
    "packages": (
        "package/payload_install.py", "package/orig.py", "package/render.py", "package/stored.py",
        "workflows/package.py",
    ),
    "a reference installation": (
        "proof/inside.py", "proof/scanned.py", "packaging/debian/archive.py",
        "packaging/debian/roots/bootstrap.py",
        "system/processes/namespace.py", "system/processes/run.py",
    ),
    "a result of the proof": (
        "proof/expected.py", "proof/inside.py", "proof/permitted.py",
        "proof/stack_verdict.py", "packaging/debian/installing_traces.py",
    ),
}  # fmt: skip
"""Files of which somebody once forgot that they decide it."""


def imported(tree: ast.AST) -> Iterator[str]:
    """What Python itself reads in a source text: the names of modules, and of what is in them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", FILES)
def test_no_import_is_overlooked(file: str) -> None:
    text = (PACKAGE / file).read_text()
    own = {name for name in imported(ast.parse(text)) if name.split(".")[0] == "qlumod"}
    assert own <= set(imports(text))


@pytest.mark.parametrize("what", RESULTS)
def test_a_file_that_decides_it_is_known(what: str) -> None:
    entries, harmless = RESULTS[what]
    assert set(DECIDE[what]) <= set(closure(*entries, harmless=harmless))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKAGE, tmp_path / "qlumod"))


@pytest.mark.parametrize("what", RESULTS)
def test_it_is_one_more_file_once_any_of_them_imports_that(what: str, package: Path) -> None:
    entries, harmless = RESULTS[what]
    known = closure(*entries, harmless=harmless, package=package)
    (package / "model/newcomer.py").write_text('"""Decides something."""\n')
    assert set(closure(*entries, harmless=harmless, package=package)) == set(known)
    for path in filter(lambda path: path.endswith(".py"), known):
        text = (package / path).read_text()
        (package / path).write_text(f"{text}\nfrom qlumod.model.newcomer import decision\n")
        found = closure(*entries, harmless=harmless, package=package)
        assert set(found) == {*known, "model/newcomer.py"}, path
        (package / path).write_text(text)


@pytest.mark.parametrize("room", [*HARMLESS, *build.HARMLESS, *prover.HARMLESS])
def test_a_harmless_room_is_there(room: str) -> None:
    assert (PACKAGE / room).exists()
