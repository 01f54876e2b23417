"""README's commands in a root of another release: what is refused before any work."""

import subprocess

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("release", ["", "Trixie", "../trixie", "trixie/x"])
def test_a_host_is_a_release_of_debian(release: str) -> None:
    done = subprocess.run(
        ["make", "--silent", "host", f"HOST={release}"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[0] == (
        f"host: '{release}' is no release of Debian: make host HOST=trixie"
    )
