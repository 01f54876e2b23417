"""apt-file finds the files of published modules by the index of Contents."""

from pathlib import Path

import pytest

from tests.interoperation.conftest import Signer, client, run
from tests.package.conftest import Built
from tests.repository.conftest import SmallRepository

CONFIGURATION = Path("/etc/apt/apt.conf.d/50apt-file.conf")
LAYER = "/usr/share/qlumod/modules/core/bookworm/amd64/14.0.0/layer.squashfs"


def test_apt_file_finds_the_package_of_a_layer(
    repository: SmallRepository,
    core: Built,
    http: str,
    signer: Signer,
    work: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository.publish(core.file(".changes"), repository.deb("qlumod-head", "1.0"))
    reader = client(work / "client", http, signer)
    configuration_file = reader.root / "apt.conf"
    with configuration_file.open("a") as configuration:
        configuration.write(CONFIGURATION.read_text())
    reader.update()
    monkeypatch.setenv("APT_CONFIG", str(configuration_file))
    found = run("apt-file", "search", LAYER, home=work)
    assert found.split() == ["qlustar-module-core-bookworm-amd64-14.0.0:", LAYER]
