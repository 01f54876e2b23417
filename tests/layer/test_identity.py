"""A layer's identity: what decides its bytes changes it, and nothing else."""

from dataclasses import replace

import pytest

from qlumod.layer.payload_build import plan_jobs
from qlumod.model.names import ModuleName
from qlumod.model.release import Release, parse_release
from tests.layer.small_release import FROM_MIRROR, RELEASE, SmallRelease

TEXT = RELEASE.format(debian=FROM_MIRROR)
MORE = """
Archive: extra
Flavors: bookworm
Directory: extra
On-Request: yes
"""


def identity(release: SmallRelease, text: str) -> str:
    project = replace(release.project, release=parse_release(text, "release"))
    return plan_jobs(project, release.lock, [ModuleName("plain")])[-1].identity


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("\nArchive: small\n", f"{MORE}\nArchive: small\n", True),
        ("Suites: bookworm\n", "Suites: bookworm bookworm-updates\n", True),
        ("Maintainer: A Person", "Maintainer: Another Person", True),
        ("Origin: Test\n", "Origin: Site\n", True),
        ("Profiles:\n dev zstd 2 64K\n", "", True),
        ("Version: 1.0.0", "Version: 1.0.1", False),
        (" /usr/share/locale/*\n", "", False),
        ("/usr/share/doc/*/copyright", "/usr/share/doc/*/LICENSE", False),
        ("Compression: zstd 1 128K", "Compression: zstd 2 128K", False),
    ],
)
def test_only_what_decides_the_bytes_of_a_layer_changes_its_identity(
    release: SmallRelease, old: str, new: str, same: bool
) -> None:
    assert TEXT.count(old) == 1
    changed = identity(release, TEXT.replace(old, new))
    assert (changed == identity(release, TEXT)) == same


def test_a_flavor_more_changes_no_layer(release: SmallRelease) -> None:
    text = TEXT.replace("\nFlavors: bookworm\nDefault", "\nFlavors: bookworm trixie\nDefault")
    text += "\nArchive: small\nFlavors: trixie\nDirectory: debs\n"
    assert identity(release, text) == identity(release, TEXT)


def test_each_profile_has_its_own(release: SmallRelease) -> None:
    of_all: Release = release.project.release
    in_profile = replace(release.project, release=of_all.in_profile("dev"))
    (*_, job) = plan_jobs(in_profile, release.lock, [ModuleName("plain")])
    assert job.identity != release.job("plain").identity
