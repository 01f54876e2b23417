"""The measures of the source, of a small house."""

from pathlib import Path

import pytest

from upkeep.house import Module, limits, measures, modules_of, shared_files, shared_names

SOURCES = {
    "head/plan.py": '''"""Plans."""

@dataclass(frozen=True)
class Plan:
    """What is done."""

    def steps(self, first: int, *others: int) -> list[int]:
        def inner(x):
            return x
        return [first, *others]

Step = tuple[int, str]
LIMIT = 5
_private = 1
''',
    "lock/plan.py": '''"""More plans."""

@dataclasses.dataclass
class Plan:
    many: int

def many(a: int, b: int, /, c: int, *, d: int, e: int, f: int, g: int) -> None:
    """Takes much."""

def _step() -> None: ...
''',
    "lock/step.py": "class Step: ...\nclass Plan: ...\n",
    "events.py": "LIMIT = 5\n",
}


@pytest.fixture
def modules(tmp_path: Path) -> tuple[Module, ...]:
    for name, text in SOURCES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return modules_of(tmp_path)


def test_sizes_types_and_docstrings_are_counted(modules: tuple[Module, ...]) -> None:
    assert dict(measures(modules)) == {
        "files / lines": "4 / 27",
        "lines of a file: median / p90 / max": "2 / 10 / 14",
        "functions": "4",
        "lines of a function: median / p90 / max": "2 / 2 / 4",
        "functions > 35 / > 50 lines": "0 / 0",
        "functions fully typed": "75 %",
        "docstrings: all": "25 %",
        "docstrings: public": "33 %",
        "dataclasses frozen / all": "1 / 2",
    }


def test_a_public_name_of_two_wings_is_shared(modules: tuple[Module, ...]) -> None:
    assert shared_names(modules) == {
        "Plan": ["head/plan.py", "lock/plan.py", "lock/step.py"],
        "Step": ["head/plan.py", "lock/step.py"],
    }
    assert shared_files(modules) == {"plan.py": ["head/plan.py", "lock/plan.py"]}


def test_what_was_reviewed_is_within_the_limit_and_must_be_so(modules: tuple[Module, ...]) -> None:
    found = limits(modules, {"names": {"Plan": "one idea", "gone": "?"}, "files": {"plan.py": "!"}})
    assert list(found["names"].found) == [
        "Step: head/plan.py, lock/step.py",
        "gone: reviewed, and not shared",
    ]
    assert not found["names"].kept
    assert found["files"].kept


def test_functions_of_many_arguments_and_long_modules_are_named(
    modules: tuple[Module, ...],
) -> None:
    found = limits(modules, {"names": {}, "files": {}})
    assert list(found["arguments"].found) == ["lock/plan.py:7 many: 7"]
    assert list(found["modules"].found) == []
