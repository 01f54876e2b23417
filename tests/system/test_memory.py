"""How much memory a build may take: that of the machine, and of the cgroup that it runs in."""

from pathlib import Path

import pytest

from qlumod.system.disk.tmpfs import available_memory, free_in_groups


@pytest.mark.parametrize(
    "limits, group, free",
    [
        ({}, "0::/a/b\n", []),
        ({"a/b": ("1000", "300")}, "0::/a/b\n", [700]),
        ({"a/b": ("max", "300"), "a": ("500", "450")}, "0::/a/b\n", [50]),
        ({"a/b": ("1000", "0"), "a": ("500", "600")}, "4:memory:/x\n0::/a/b\n", [1000, 0]),
        ({"": ("1000", "0")}, "0::/\n", [1000]),
        ({"": ("1000", "0")}, "4:memory:/x\n", [1000]),
    ],
)
def test_the_limits_of_a_cgroup_and_of_those_above_count(
    tmp_path: Path, limits: dict[str, tuple[str, str]], group: str, free: list[int]
) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    for name, (limit, current) in limits.items():
        (tmp_path / name / "memory.max").write_text(f"{limit}\n")
        (tmp_path / name / "memory.current").write_text(f"{current}\n")
    assert free_in_groups(group, tmp_path) == free


def test_there_is_memory_here() -> None:
    assert available_memory() > 1 << 20
