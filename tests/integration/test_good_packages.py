"""core and slurm as packages: what a Debian developer looks at first."""

from pathlib import Path

import pytest
from debian.deb822 import Deb822

from qlumod.packaging.debian.lintian import Level, lint
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.integration.conftest import MODULES, MainJob
from tests.model.test_copyright import taken_apart

pytestmark = pytest.mark.slow

NOT_OURS = {
    "spelling-error-in-copyright": Level.PEDANTIC,
    # lintian of Debian 12 does not yet say what is overridden for that of Debian 13.
    "unused-override": Level.INFO,
    # They say the newest version that lintian of Debian 12 knows.
    "out-of-date-standards-version": Level.INFO,
}
"""What lintian says of other people's words, and what that leads to."""


def test_lintian_has_nothing_to_say_of_the_packages_themselves(main_job: MainJob) -> None:
    found = lint(
        *sorted(main_job.packages.glob("*.changes")),
        without=["changes-file"],
        options=["--display-info", "--pedantic", "--display-experimental"],
    )
    assert [one for one in found if NOT_OURS.get(one.tag) is not one.level] == []


@pytest.fixture(params=MODULES)
def unpacked(request: pytest.FixtureRequest, main_job: MainJob, tmp_path: Path) -> Path:
    """The documentation of a module's payload package."""
    name = f"qlustar-module-{request.param}-bookworm-amd64-14.0.0"
    capture(command("dpkg-deb", "--extract", main_job.deb(name), tmp_path))
    return tmp_path / "usr/share/doc" / name


def test_the_copyright_file_has_a_text_of_each_package(unpacked: Path) -> None:
    (head, _), *texts = taken_apart((unpacked / "copyright").read_bytes())
    packages = [line.split()[0] for stanza, _ in texts for line in _lines(stanza, "Packages")]
    assert len(packages) == len(set(packages)) == int(head["Packages"])
    assert "Without-Copyright" not in head
    assert all(text for _, text in texts)
    assert [line.split()[0] for line in _lines(head, "Restricted")] == [
        name for name in sorted(packages) if name.startswith(("firmware-", "intel-", "amd64-"))
    ]


def _lines(stanza: Deb822, field: str) -> list[str]:
    return stanza.get(field, "").strip().splitlines()
