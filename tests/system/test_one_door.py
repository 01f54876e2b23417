"""Nobody goes around the door to programs of a root, nor out of a root by a path: the source says.

A path of a root that is made by hand (``root / name``) follows links that packages have put there.
`qlumod.system.disk.within.Root` has no such operator; this looks for roots that are plain paths.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

ROOMS = ("layer", "stack", "head", "packaging", "proof", "system", "workflows")
NAMES = frozenset(("root", "tree", "view", "upper", "base", "mounted"))
"""What trees of packages are called."""
HOSTS = {
    "head/places.py": "the head node's own root, which its administrator names",
    "layer/reproducibility.py": "a payload that was built here",
    "layer/installed.py": "the host's own root: packages that dpkg has installed here",
    "packaging/debian/apt_client.py": "a private root of apt, made here",
    "workflows/keyring.py": "the root of a repository",
    "system/disk/store.py": "the package store",
    "system/disk/tree_scan.py": "a scan goes from directory to directory, and follows no link",
}
"""Where such a name is no tree of packages, and what it is there."""
TREES = ("layer", "stack", "proof")
DOOR = "system/enclosure/enclosure.py"
OWN_ROOTS = ("bwrap", "chroot", "systemd-nspawn", "unshare", "nsenter")
"""Programs that put another program into another root or other namespaces."""
STARTERS = {
    "bwrap": {DOOR, "layer/payload_build.py", "system/processes/programs.py"},
    "unshare": {
        "layer/payload_build.py",
        "system/keys/gpg.py",
        "system/processes/namespace.py",
        "system/processes/programs.py",
        "system/enclosure/syscalls.py",
    },
}
"""Who may name them: the door, what makes namespaces, and what tells of missing programs."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "qlumod").rglob("*.py")):
        name = str(path.relative_to(ROOT / "qlumod"))
        if name.partition("/")[0] in ROOMS:
            yield name, ast.parse(path.read_text())


SOURCES = dict(sources())


def name_of(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def paths_by_hand(tree: ast.Module) -> Iterator[int]:
    """The lines in which a path below a tree of packages is put together."""
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(left=left, op=ast.Div() | ast.Add()) if name_of(left) in NAMES:
                yield node.lineno
            # Where a tree lies, whatever that one is called.
            case ast.BinOp(left=ast.Attribute(attr="place"), op=ast.Div()):
                yield node.lineno
            case ast.Call(func=ast.Name(id="Path"), args=[ast.Attribute(attr="place"), _, *_]):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="joinpath" | "glob" | "rglob", value=value)) if (
                name_of(value) in NAMES
            ):
                yield node.lineno


@pytest.mark.parametrize("name", SOURCES)
def test_no_path_of_a_root_is_made_by_hand(name: str) -> None:
    if name not in HOSTS:
        assert list(paths_by_hand(SOURCES[name])) == []


def test_every_exception_is_one() -> None:
    assert [name for name in HOSTS if not list(paths_by_hand(SOURCES[name]))] == []


BY_HAND = """\
def read(root, tree, ground):
    one = (root / "etc/passwd").read_text()
    two = tree.glob("*.list")
    three = ground.root / "usr"
    four = Path(made.place, "x")
    return Root(enclosure.run_directory.place / "var")
"""


def test_it_would_be_noticed() -> None:
    assert sorted(paths_by_hand(ast.parse(BY_HAND))) == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("name", SOURCES)
def test_only_the_door_puts_programs_into_other_roots(name: str) -> None:
    words = {
        node.value
        for node in ast.walk(SOURCES[name])
        if isinstance(node, ast.Constant) and node.value in OWN_ROOTS
    }
    assert {word for word in words if name not in STARTERS.get(word, set())} == set()


def test_a_root_is_a_root_by_its_type() -> None:
    """What a function takes as a root cannot be a plain path, wherever packages have written."""
    wrong = [
        f"{name}:{argument.lineno}"
        for name, tree in SOURCES.items()
        if name not in {*HOSTS, "layer/payload_build.py"} and name.partition("/")[0] in TREES
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for argument in (*node.args.args, *node.args.kwonlyargs)
        if argument.arg in ("root", "tree", "view") and argument.annotation is not None
        if name_of(argument.annotation) == "Path"
    ]
    assert wrong == []


def test_the_door_is_not_in_the_way_of_the_source(tmp_path: Path) -> None:
    assert (ROOT / "qlumod" / DOOR).exists()
    assert all((ROOT / "qlumod" / name).exists() for name in HOSTS)


def test_only_what_asks_for_the_locks_tools_hands_out_packages_to_install() -> None:
    callers = {
        name
        for name, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and name_of(node.func) == "freeze"
    }
    assert callers == {"packaging/recorded_tools.py"}
