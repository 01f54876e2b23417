"""What is looked for in a repository, and what is said where it cannot be read."""

from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.model.names import ArchName, FlavorName, ModuleName, ReleaseVersion
from qlumod.package.published_module import read_inputs_of, read_payload
from qlumod.repository.format.layout import Layout
from qlumod.repository.maintenance.published import (
    WantedVersion,
    at_version,
    highest_revision,
    is_compared_with,
)
from tests.support.debs import make_deb

SLURM = ModuleName("slurm")
NAME = "qlustar-module-slurm-bookworm-amd64"


def wanted(version: str = "14.1.2") -> WantedVersion:
    return WantedVersion(
        prefix="qlustar",
        version=ReleaseVersion.parse(version),
        flavor=FlavorName("bookworm"),
        architecture=ArchName("amd64"),
    )


@pytest.mark.parametrize(
    ("suite", "counts"),
    [
        ("14.1-bookworm", True),
        ("14.1-bookworm-proposed-updates", True),
        ("14.0-bookworm", True),
        ("13.9-bookworm", True),
        ("14.2-bookworm", False),
        ("15.0-bookworm", False),
        ("14.1-trixie", False),
        ("14.1-bookworm-testing", False),
        ("testing", False),
    ],
)
def test_modules_are_compared_with_what_their_release_or_an_earlier_one_has(
    suite: str, counts: bool
) -> None:
    assert is_compared_with(suite, wanted()) is counts


def test_the_pool_tells_which_versions_were_given_away(tmp_path: Path) -> None:
    layout = Layout(root=tmp_path)
    assert highest_revision(layout, wanted(), SLURM) == 0
    place = tmp_path / "pool/main/q" / NAME
    place.mkdir(parents=True)
    for name in (
        f"{NAME}-14.1.2_14.1.2-9_all.deb",
        f"{NAME}-14.1.2_14.1.2-10_all.deb",
        f"{NAME}-14.1.2_14.1.2-11+b1_all.deb",
        f"{NAME}-14.1.3_14.1.3-40_all.deb",
        f"{NAME}-14.1_14.1.2-50_all.deb",
        f"{NAME}_14.1.2-60.dsc",
    ):
        (place / name).touch()
    assert highest_revision(layout, wanted(), SLURM) == 10
    assert at_version(layout, wanted(), SLURM, "14.1.2-8") is None
    found = at_version(layout, wanted(), SLURM, "14.1.3-40")
    assert found is not None
    assert (found.deb.name, found.packaging) == (f"{NAME}-14.1.3_14.1.3-40_all.deb", None)


def test_a_package_that_holds_no_payload_is_named(tmp_path: Path) -> None:
    meta = make_deb(tmp_path, f"{NAME}-14.1", "14.1.2-1")
    with pytest.raises(QlumodError) as caught:
        read_payload(meta)
    assert str(caught.value) == (
        f"{meta}: cannot read what it says of its module: File not found inside package\n"
        "To mend it: name a whole payload package; qlumod repo check looks through a repository"
    )
    with pytest.raises(QlumodError, match="'munge' is no name of a module package"):
        read_payload(make_deb(tmp_path, "munge"))


def test_damaged_files_of_a_repository_are_named(tmp_path: Path) -> None:
    for name, read in (("x.deb", read_payload), ("x.debian.tar.xz", read_inputs_of)):
        (tmp_path / name).write_bytes(b"no archive at all")
        with pytest.raises(QlumodError, match=f"{tmp_path}/{name}: cannot read what it says"):
            read(tmp_path / name)
