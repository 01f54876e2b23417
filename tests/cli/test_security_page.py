"""SECURITY.md says what is so: its tests are there, and what stays open is what is reached."""

import ast
import re

import pytest

from qlumod.system.enclosure.bubblewrap import CAPABILITIES
from tests.conftest import ROOT

PAGE = (ROOT / "SECURITY.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[a-z_/]+\.py)::(test_\w+)`", PAGE)))


def test_many_tests_are_named() -> None:
    assert len(NAMED) > 30


@pytest.mark.parametrize(("file", "test"), NAMED, ids=[test for _, test in NAMED])
def test_a_test_that_is_named_is_there(file: str, test: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_position_has_a_test() -> None:
    table = PAGE.partition("## What each position cannot do")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert [row for row in rows if "`tests/" not in row] == []


def test_the_capabilities_are_those_of_the_page() -> None:
    (row,) = re.findall(r"^\| capabilities \| ([A-Z_, ]+);", PAGE, re.MULTILINE)
    assert [f"CAP_{name}" for name in row.split(", ")] == list(CAPABILITIES)


def test_what_stays_open_is_what_the_probe_reaches() -> None:
    asked = re.findall(r'"(visible-[a-z-]+)"', (ROOT / "tests/attack/probe.c").read_text())
    assert re.findall(r"^\| `(visible-[a-z-]+)` \|", PAGE, re.MULTILINE) == sorted(asked)
