"""The page about formats says what is so: its examples are read."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.model.accounts_file import parse_accounts
from qlumod.model.contents import parse_contents, parse_packages
from qlumod.model.history import parse_history
from qlumod.model.image import parse_image, parse_stack
from qlumod.model.lock_file import parse_lock
from qlumod.model.manifest import parse_manifest
from qlumod.model.module_file import parse_spec
from qlumod.model.registry import parse_registry
from qlumod.model.release import parse_release
from qlumod.repository.format.settings import parse_settings
from qlumod.repository.sets.set_documents import read_lines
from tests.conftest import ROOT
from tests.support.documents import release

PAGE = (ROOT / "docs" / "formats.md").read_text()
EXAMPLES = dict(
    re.findall(r"^```(?:deb822|text) (\S+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
)

READERS: dict[str, Callable[[str, str], object]] = {
    "slurm.module": lambda text, path: parse_spec(text, path, release()),
    "samba.module": lambda text, path: parse_spec(
        text, path, parse_release(EXAMPLES["release"], "release")
    ),
    "release": parse_release,
    "accounts": parse_accounts,
    "14.0.0-bookworm-amd64.lock": parse_lock,
    "kernel-modules.lock": parse_lock,
    "manifest": parse_manifest,
    "slurm.packages.version": parse_packages,
    "slurm.contents": parse_contents,
    "compute.image": parse_image,
    "stack": parse_stack,
    "history": parse_history,
    "registry": parse_registry,
    "modules": lambda text, path: read_lines(text.encode(), path),
    "settings": lambda text, path: parse_settings(text.encode(), Path(path)),
}


def test_every_example_has_a_reader() -> None:
    assert EXAMPLES.keys() == READERS.keys()


@pytest.mark.parametrize("name", READERS)
def test_an_example_is_read(name: str, tmp_path: Path) -> None:
    text = EXAMPLES[name].replace("→", "\t")
    path = tmp_path / name
    path.write_text(text)
    assert READERS[name](text, str(path))


@pytest.mark.parametrize(
    "name", ["slurm.module", "release", "accounts", "14.0.0-bookworm-amd64.lock", "manifest"]
)
def test_every_field_that_is_read_is_on_the_page(name: str) -> None:
    text = EXAMPLES[name].replace("Format: 1\n", "Format: 1\nZzz: 1\n")
    with pytest.raises(QlumodError) as caught:
        READERS[name](f"{text}Zzz: 1\n".replace("Zzz: 1\nZzz: 1\n", "Zzz: 1\n"), name)
    known = re.findall(r"known are (.*)", str(caught.value))
    fields = {field for line in known for field in line.split(", ")} - {"none but Format"}
    assert known
    assert sorted(field for field in fields if f"`{field}`" not in PAGE) == []
