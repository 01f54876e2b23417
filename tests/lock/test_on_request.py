"""Which archives on request have what the archives of all modules lack."""

import pytest

from qlumod.errors import QlumodError
from qlumod.lock.rules.on_request import lacking_packages, needed_archives, with_archive
from qlumod.model.release_archives import Archive
from qlumod.packaging.solving.solution import PackageOffer


def archive(name: str, *components: str, label: str = "Debian", asked: bool = True) -> Archive:
    return Archive(
        name=name, flavors=(), origin="Debian", label=label, components=components,
        on_request=asked,
    )  # fmt: skip


ARCHIVES = (
    archive("debian", "main", asked=False),
    archive("nonfree", "contrib", "non-free"),
    archive("security-nonfree", "contrib", "non-free", label="Debian-Security"),
    archive("backports", "main"),
    Archive(name="vendor", flavors=(), uri="https://vendor.example/", on_request=True),
)


def offers(*said: str) -> list[PackageOffer]:
    """Of ``package version archive``."""
    return [
        PackageOffer(package=package, version=version, archive=place)
        for package, version, place in map(str.split, said)
    ]


@pytest.mark.parametrize(
    ("said", "needed"),
    [
        (["zfs 2 debian", "zfs 3 backports"], ()),
        # With that of the security updates beside it.
        (["zfs 2 nonfree"], ("nonfree", "security-nonfree")),
        (["zfs 3 backports"], ("backports",)),
        # The first in the release file.
        (["zfs 3 backports", "zfs 2 nonfree"], ("nonfree", "security-nonfree")),
        (["zfs 1 vendor"], ("vendor",)),
        ([], ()),
        # One archive that is needed anyway is enough.
        (["zfs 2 vendor", "zed 3 backports", "zed 1 vendor"], ("backports", "vendor")),
    ],
)
def test_the_archives_that_a_module_must_name(said: list[str], needed: tuple[str, ...]) -> None:
    found = needed_archives(["zed", "zfs"], offers(*said), ARCHIVES)
    assert found == needed


FAULT = QlumodError(
    "gpu.module: gpu cannot be installed",
    details=(" driver : Depends: lib (>= 2) but 1 is to be installed",),
    remedy="do this",
)


@pytest.mark.parametrize(
    ("said", "more", "remedy"),
    [
        ([], [], "do this"),
        (["lib 1 nonfree"], [], "do this"),
        (
            ["lib 1 nonfree", "lib 2 backports", "tool 2 backports"],
            ["lib 2 is in the archive backports, which is on request"],
            "add backports to the field Archive of the module; or do this",
        ),
        (["lib 2 backports", "lib 2 debian"], [], "do this"),
    ],
)
def test_an_error_is_told_with_the_archives_that_would_help(
    said: list[str], more: list[str], remedy: str
) -> None:
    found = with_archive(FAULT, offers(*said), ARCHIVES, {"debian", "nonfree"})
    assert (found.details, found.remedy) == ((*FAULT.details, *more), remedy)


def test_the_packages_that_an_error_is_about() -> None:
    missing = QlumodError("a.module:7: Packages: there is no package own")
    assert lacking_packages([FAULT, missing]) == ("lib", "own")
