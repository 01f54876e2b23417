"""Unit tests are what tests/unit.py says."""

import contextlib
import os
import subprocess
from collections.abc import Callable

import pytest

from tests.conftest import ROOT
from tests.unit import UNIT, ProcessStarted, is_unit, no_process


def test_each_entry_is_a_directory_or_a_file_of_tests() -> None:
    tests = ROOT / "tests"
    assert [
        entry
        for entry in sorted(UNIT)
        if not (tests / entry).is_dir() and not (tests / f"{entry}.py").is_file()
    ] == []


def test_a_file_is_one_by_its_directory_or_by_its_name() -> None:
    assert is_unit("state/test_delta.py")
    assert is_unit("proof/test_table.py")
    assert not is_unit("proof/test_small_release.py")


def test_this_one_is_marked(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("unit")


@pytest.mark.programs
@pytest.mark.parametrize(
    "start", [lambda: subprocess.run(["true"], check=False), os.fork, lambda: os.system("true")]
)
def test_a_unit_test_starts_no_process(start: Callable[[], object]) -> None:
    with pytest.raises(ProcessStarted, match="a unit test started a process: "), no_process():
        start()


@pytest.mark.programs
def test_nor_does_it_pass_where_the_refusal_is_caught() -> None:
    with pytest.raises(ProcessStarted), no_process(), contextlib.suppress(AssertionError):
        subprocess.run(["true"], check=False)
    assert subprocess.run(["true"], check=False).returncode == 0
