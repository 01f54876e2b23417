"""Print the measures of the source: ``python upkeep/house.py``; `make house`.

A *wing* is a package directly below ``qlumod/``. A *shared name* is a public class, function or
type alias that two wings define; `upkeep/reviewed.toml` lists those that may be shared, and files
of one name in two directories, each with its reason. ``--hold MEASURE…`` prints only what is beyond
the limits of these measures, and ends with 1 where anything is: `make lint` holds those that have
passed once.
"""

import argparse
import ast
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REVIEWED = ROOT / "upkeep" / "reviewed.toml"
LONG_MODULE = 300
MANY_ARGUMENTS = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One source file: where it lies below the measured directory, its lines and its syntax."""

    path: Path
    lines: int
    tree: ast.Module

    @property
    def wing(self) -> str:
        """The directory directly below the measured one; of a file that lies there, its name."""
        return self.path.parts[0]

    @property
    def functions(self) -> Iterator[Function]:
        """All functions and methods, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    @property
    def classes(self) -> Iterator[ast.ClassDef]:
        """All classes, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))

    @property
    def names(self) -> Iterator[str]:
        """The public classes, functions and type aliases that stand at the top of the file."""
        for node in self.tree.body:
            if isinstance(node, Function | ast.ClassDef) and node.name[0] != "_":
                yield node.name
            elif isinstance(node, ast.Assign):
                yield from (name for name in _targets(node) if _is_type_name(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a measure found, and how many of that there may be."""

    what: str
    found: Sequence[str]
    most: int

    @property
    def kept(self) -> bool:
        """Whether there are not more than there may be."""
        return len(self.found) <= self.most


def modules_of(directory: Path) -> tuple[Module, ...]:
    """Read all Python files below a directory, sorted by path."""
    return tuple(_module(path, directory) for path in sorted(directory.rglob("*.py")))


def _module(path: Path, directory: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, str(path))
    return Module(path=path.relative_to(directory), lines=len(text.splitlines()), tree=tree)


def _targets(node: ast.Assign) -> Iterator[str]:
    return (target.id for target in node.targets if isinstance(target, ast.Name))


def _is_type_name(name: str) -> bool:
    return name[0].isupper() and not name.isupper()


def measures(modules: Sequence[Module]) -> Iterator[tuple[str, str]]:
    """What is measured without a limit: its name, and the numbers."""
    functions = [function for module in modules for function in module.functions]
    classes = [each for module in modules for each in module.classes]
    lengths = sorted(map(length, functions))
    lines = [module.lines for module in modules]
    yield "files / lines", f"{len(modules)} / {sum(lines)}"
    yield "lines of a file: median / p90 / max", _spread(lines)
    yield "functions", str(len(functions))
    yield "lines of a function: median / p90 / max", _spread(lengths)
    yield "functions > 35 / > 50 lines", " / ".join(str(_above(lengths, n)) for n in (35, 50))
    yield "functions fully typed", _share(map(is_typed, functions))
    yield "docstrings: all", _documented([*functions, *classes])
    yield "docstrings: public", _documented(node for each in modules for node in _public(each))
    kinds = [frozen for each in classes if (frozen := is_frozen(each)) is not None]
    yield "dataclasses frozen / all", f"{sum(kinds)} / {len(kinds)}"


def limits(
    modules: Sequence[Module], reviewed: Mapping[str, Mapping[str, str]]
) -> dict[str, Limit]:
    """What is measured with a limit, by the word that --hold takes."""
    long = [f"{m.path}: {m.lines}" for m in modules if m.lines > LONG_MODULE]
    many = [
        f"{module.path}:{function.lineno} {function.name}: {count}"
        for module in modules
        for function in module.functions
        if (count := arguments(function)) > MANY_ARGUMENTS
    ]
    return {
        "names": Limit(
            what="public names in two wings, outside the reviewed list",
            found=_outside(shared_names(modules), reviewed["names"]),
            most=0,
        ),
        "files": Limit(
            what="file names in two directories, outside the reviewed list",
            found=_outside(shared_files(modules), reviewed["files"]),
            most=0,
        ),
        "modules": Limit(what=f"modules > {LONG_MODULE} lines", found=long, most=8),
        "arguments": Limit(
            what=f"functions with > {MANY_ARGUMENTS} arguments", found=many, most=10
        ),
    }


def shared_names(modules: Iterable[Module]) -> dict[str, list[str]]:
    """The public names that two wings define, and the files that do."""
    files: defaultdict[str, list[Module]] = defaultdict(list)
    for module in modules:
        for name in module.names:
            files[name].append(module)
    return {
        name: [str(module.path) for module in found]
        for name, found in sorted(files.items())
        if len({module.wing for module in found}) > 1
    }


def shared_files(modules: Iterable[Module]) -> dict[str, list[str]]:
    """The names of files that several directories have, and the files."""
    files: defaultdict[str, list[str]] = defaultdict(list)
    for module in modules:
        files[module.path.name].append(str(module.path))
    return {
        name: found
        for name, found in sorted(files.items())
        if len(found) > 1 and not name.startswith("__")
    }


def _outside(shared: Mapping[str, Sequence[str]], reviewed: Mapping[str, str]) -> list[str]:
    """What is shared and not on the list, and what is on the list and no longer shared."""
    return [
        *(f"{name}: {', '.join(where)}" for name, where in shared.items() if name not in reviewed),
        *(f"{name}: reviewed, and not shared" for name in reviewed if name not in shared),
    ]


def length(function: Function) -> int:
    """Its lines, from ``def`` to the end."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def arguments(function: Function) -> int:
    """How many it takes by name, ``self`` and ``cls`` aside."""
    named = _named(function)
    return len(named) - (bool(named) and named[0].arg in ("self", "cls"))


def is_typed(function: Function) -> bool:
    """Whether every argument and the result have a type."""
    spec = function.args
    every = [*_named(function), *filter(None, (spec.vararg, spec.kwarg))]
    typed = all(each.annotation or each.arg in ("self", "cls") for each in every)
    return typed and function.returns is not None


def _named(function: Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def is_frozen(node: ast.ClassDef) -> bool | None:
    """Whether a dataclass is frozen; None: it is no dataclass."""
    for decorator in node.decorator_list:
        if ast.unparse(decorator).partition("(")[0].endswith("dataclass"):
            return "frozen=True" in ast.unparse(decorator)
    return None


def _public(module: Module) -> Iterator[Function | ast.ClassDef]:
    """The public definitions at the top of a file, and the public methods of public classes."""
    for node in module.tree.body:
        if isinstance(node, Function | ast.ClassDef) and node.name[0] != "_":
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (
                    each for each in node.body if isinstance(each, Function) and each.name[0] != "_"
                )


def _documented(nodes: Iterable[Function | ast.ClassDef]) -> str:
    return _share(bool(ast.get_docstring(node)) for node in nodes)


def _spread(values: Sequence[int]) -> str:
    ordered = sorted(values)
    return f"{_part(ordered, 0.5)} / {_part(ordered, 0.9)} / {ordered[-1]}"


def _part(ordered: Sequence[int], share: float) -> int:
    return ordered[int(share * (len(ordered) - 1))]


def _above(values: Iterable[int], most: int) -> int:
    return sum(value > most for value in values)


def _share(each: Iterable[bool]) -> str:
    every = list(each)
    return f"{100 * sum(every) // len(every)} %"


def main(words: Sequence[str]) -> int:
    """Print the measures and what is beyond a limit; the exit code."""
    product = modules_of(ROOT / "qlumod")
    found = limits(product, tomllib.loads(REVIEWED.read_text(encoding="utf-8")))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hold", nargs="*", choices=found, metavar="MEASURE")
    asked = parser.parse_args(words)
    if asked.hold is None:
        _print_measures(product)
    for word, limit in found.items():
        if asked.hold is None or (word in asked.hold and not limit.kept):
            print(f"{word}: {limit.what}: {len(limit.found)}, at most {limit.most}")
            for each in limit.found:
                print(f"  {each}")
    return int(any(not found[word].kept for word in asked.hold or ()))


def _print_measures(product: Sequence[Module]) -> None:
    tests = measures(modules_of(ROOT / "tests"))
    for (what, ours), (_, theirs) in zip(measures(product), tests, strict=True):
        print(f"{what:40} {ours:>16}   tests {theirs:>16}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
