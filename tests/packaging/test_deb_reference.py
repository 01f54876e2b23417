"""What is removed from a reference installation of Debian's packages, so that two are equal."""

from pathlib import Path

import pytest

from qlumod.packaging.debian.roots.deb_reference import DebReference
from qlumod.system.disk.within import Root

STATES = "var/lib/apt/extended_states"


@pytest.mark.parametrize("text", ["", "Package: a\nArchitecture: amd64\nAuto-Installed: 1\n\n"])
def test_a_record_of_no_automatic_package_is_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / STATES
    path.parent.mkdir(parents=True)
    path.write_text(text)
    DebReference().forget(Root(tmp_path))
    assert path.exists() == bool(text)
