"""README.md and the pages of docs/ have what they should; tests/docs/ types their commands."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()


def test_the_worked_example_has_about_ten_lines() -> None:
    block = re.search(r"^```console\n(\$ cat > .*?)^```", README, flags=re.DOTALL | re.MULTILINE)
    assert block
    assert len(block[1].splitlines()) <= 12


def test_the_two_commands_stand_at_the_top() -> None:
    top = README.splitlines()[:8]
    assert any(line.startswith("$ make demo") for line in top)
    assert any(line.startswith("$ make test") for line in top)


@pytest.mark.parametrize(
    "file",
    [pytest.param(file, id=file.name) for file in [ROOT / "README.md", *ROOT.glob("docs/*.md")]],
)
def test_links_lead_somewhere(file: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)|^\[[^]]+\]: (\S+)", file.read_text(), flags=re.MULTILINE)
    for target in ("".join(each) for each in targets):
        if "://" not in target:
            assert (file.parent / target).exists(), target


def test_every_directory_that_the_readme_names_is_there() -> None:
    for path in (
        "module-specs",
        "qlumod",
        "templates",
        "debian",
        "debhelper",
        "demo",
        "benchmarks",
    ):
        assert f"`{path}/`" in README
        assert (ROOT / path).is_dir()
