"""A vendor's module whose archive stands in for the vendor's: from the spec of this project on."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.model.names import ModuleName
from qlumod.proof.verdict import Verdict
from qlumod.workflows.lock import lock
from qlumod.workflows.proof import verify_stack
from qlumod.workflows.workplace import Workplace
from tests.layer.kernels import addresses_of, write_kernel_site
from tests.layer.site import Site
from tests.support.archive import SmallArchive
from tests.support.contents import packages_in, paths_in

pytestmark = [pytest.mark.slow]

CLIENT = ModuleName("beegfs-8-client")
REFUSAL = """\
archive virtualgl: its key is unverified
  it is https://packagecloud.io/dcommander/virtualgl/any/
To mend it: make sure of the key, and write its fingerprint, or the path of a keyring, into the \
archive's field Key in the release file; or name a mirror that you sign yourself, with its Key, in \
qlumod.conf; or a directory of .debs: --archive virtualgl=DIR"""


@pytest.fixture(scope="module")
def client(kernels: Site) -> Path:
    """The payload of the client, its kernel module compiled."""
    return kernels.build(CLIENT)


def test_nothing_comes_from_an_archive_whose_key_nobody_has_verified(
    tmp_path: Path, test_cache: Path, stand_ins: dict[str, SmallArchive]
) -> None:
    specs = write_kernel_site(tmp_path / "specs", {"core": "Packages: adduser"})
    place = Workplace(specs=specs, cache=test_cache)
    locked = lock(place).lock
    assert dict(locked.left_out) == {
        f"beegfs-{version}-{kind}": f"archive beegfs-{version}: its key is unverified"
        for version in (7, 8)
        for kind in ("client", "server")
    }
    release = specs / "release"
    release.write_text(release.read_text().replace("On-Request: yes", "On-Request: no", 1))
    with pytest.raises(QlumodError) as caught:
        lock(place)
    assert str(caught.value) == REFUSAL


def test_the_kernel_module_is_compiled_and_the_clients_settings_are_there(
    kernels: Site, client: Path
) -> None:
    (compiled,) = kernels.lock.generated(CLIENT)
    assert re.fullmatch(r"beegfs-client-kernel-6\.1\.0-\d+-cloud-amd64", compiled.package)
    assert compiled.version.startswith("20:8.1.0+6.1.")
    assert [line[0] for line in packages_in(client)] == [
        compiled.package,
        "beegfs-tools",
        "beegfs-utils",
        *(package.package for package in kernels.lock.of(CLIENT)[3:]),
    ]
    found = paths_in(client)
    kernel = compiled.package.removeprefix("beegfs-client-kernel-")
    assert found[f"/usr/lib/modules/{kernel}/updates/dkms/beegfs.ko"] == compiled.package
    assert found["/etc/beegfs/beegfs-client.conf"] == compiled.package
    assert found["/usr/sbin/mount.beegfs"] == compiled.package
    assert not [path for path in found if path.startswith(("/usr/src", "/var/lib/dkms"))]


@pytest.fixture(scope="module")
def proof(kernels: Site, client: Path, stand_ins: dict[str, SmallArchive]) -> Verdict:
    return verify_stack(
        replace(kernels.place, addresses=addresses_of(stand_ins)),
        ["core", CLIENT, "watch"],
        listen=ignore,
    )


def test_stacked_they_are_what_one_installation_of_all_is(proof: Verdict) -> None:
    """With an account, a unit, a diversion and an alternative of the vendor's beside the module."""
    assert proof.failures == ()
    assert proof.counts["account ids"]
