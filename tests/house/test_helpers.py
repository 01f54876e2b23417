"""The tests' own rules: see tests/README.md, "What a test never does"."""

import ast
import collections
import functools
import itertools
from collections.abc import Iterator, Sequence
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from tests.conftest import ROOT

REPLACED = {
    "publication.try_staged": "the trial by apt takes half of the time; test_trial has it",
    "host_apt.host_archives": "only Debian 13 has an apt with the field Snapshot in its sources",
    "package_files.normalised": "what an older program published, with fields of the package",
    "qlumod.repository.sets.whole_set.set_faults": "what was published before sets were checked",
    "verb.verify_stack": "a proof takes minutes; here it is known, and only printed",
    "verb.verify_all": "a proof takes minutes; here it is known, and only printed",
}
"""What tests replace in the product, and why."""
BY_HAND = frozenset({"os._exit", "sys._getframe"})
"""Python's own public names with an underscore."""
LONGEST = 40
"""Lines of a fixture."""


@functools.cache
def sources() -> Sequence[tuple[str, ast.Module]]:
    """The tests' modules."""
    paths = sorted((ROOT / "tests").rglob("*.py"))
    return [(str(path.relative_to(ROOT)), ast.parse(path.read_text())) for path in paths]


def private_names(tree: ast.Module) -> Iterator[str]:
    """The private names of other modules or objects that a module uses."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=module, names=names) if module:
                yield from (f"{module}.{one.name}" for one in names if is_private(one.name))
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if is_private(attribute):
                if name not in ("self", "cls") and f"{name}.{attribute}" not in BY_HAND:
                    yield f"{name}.{attribute}"


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def replaced(tree: ast.Module) -> Iterator[str]:
    """What of the product a module replaces by ``setattr``."""
    ours = {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("qlumod")
        for name in node.names
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and _name_of(node.func) == "setattr"):
            continue
        target, *rest = node.args
        if isinstance(target, ast.Constant) and str(target.value).startswith("qlumod."):
            yield str(target.value)
        elif ast.unparse(target).partition(".")[0] in ours:
            yield f"{ast.unparse(target)}.{ast.literal_eval(rest[0])}"


def _name_of(function: ast.expr) -> str:
    return getattr(function, "attr", "") or getattr(function, "id", "")


def test_no_test_uses_a_private_name() -> None:
    found = [f"{path}: {name}" for path, tree in sources() for name in private_names(tree)]
    assert found == []


def test_what_tests_replace_in_the_product_has_a_reason() -> None:
    found = {name for _, tree in sources() for name in replaced(tree)}
    assert found == REPLACED.keys()
    assert [name for name in found if name.rpartition(".")[2].isupper()] == [], "a number or a path"


def test_two_helpers_never_share_a_name() -> None:
    found = collections.Counter(
        node.name for _, tree in sources() for node in tree.body if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in found.items() if count > 1] == []


def test_no_fixture_is_long() -> None:
    found = {
        f"{path}: {node.name}": node.end_lineno - node.lineno
        for path, tree in sources()
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and node.end_lineno
        and (Path(path).name == "conftest.py" or _is_fixture(node))
    }
    assert {name: lines for name, lines in found.items() if lines > LONGEST} == {}


def _is_fixture(function: ast.FunctionDef) -> bool:
    return any("fixture" in ast.unparse(one) for one in function.decorator_list)


def test_only_the_command_line_starts_qlumod() -> None:
    """In a process of its own; an ordinary user's is in tests/support/ordinary.py."""
    words = ("-m", "qlumod")
    found = {
        path
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.List | ast.Tuple | ast.Call)
        for pair in itertools.pairwise(node.args if isinstance(node, ast.Call) else node.elts)
        if tuple(one.value for one in pair if isinstance(one, ast.Constant)) == words
    }
    assert found <= {
        "tests/conftest.py",
        "tests/house/test_helpers.py",
        "tests/layer/test_rootless.py",
        "tests/support/ordinary.py",
    }


def test_the_page_explains_every_helper() -> None:
    """Those that several directories or files use."""
    page = (ROOT / "tests/README.md").read_text()
    missing = [name for name in shared_helpers() if f"`{name}`" not in page]
    assert missing == []


def shared_helpers() -> list[str]:
    """The classes of helper modules that other modules of tests import."""
    defined = {
        node.name
        for path, tree in sources()
        if not path.startswith(("tests/packaging/toy/", "tests/secrets/"))
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }
    imported = {
        name.name
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests.")
        for name in node.names
    }
    return sorted(defined & imported)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("from qlumod.a import _b", ["qlumod.a._b"]),
        ("from qlumod.a import b\nb._c()", ["b._c"]),
        ("os._exit(1)\nself._x\na.__class__", []),
    ],
)
def test_private_names_are_found(text: str, names: list[str]) -> None:
    assert list(private_names(ast.parse(text))) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("patch.setattr('qlumod.a.B', 1)", ["qlumod.a.B"]),
        ("from qlumod import a\nm.setattr(a, 'B', 1)", ["a.B"]),
        ("from qlumod import a\nm.setattr(a.b, 'C', 1)", ["a.b.C"]),
        ("import os\nm.setattr(os, 'rmdir', 1)", []),
    ],
)
def test_what_is_replaced_is_found(text: str, names: list[str]) -> None:
    assert list(replaced(ast.parse(text))) == names


def test_the_program_is_compiled_before_its_processes_start() -> None:
    compiled = {path: Path(cache_from_source(path)) for path in (ROOT / "qlumod").rglob("*.py")}
    assert [path for path, made in compiled.items() if not made.exists()] == []
