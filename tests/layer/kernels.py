"""A small release whose core has Debian's kernel for virtual machines, and modules for it."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from qlumod.model.address import Address
from qlumod.workflows.check import check
from qlumod.workflows.lock import fetch_locked, lock
from qlumod.workflows.workplace import Workplace
from tests.conftest import ROOT
from tests.layer.site import RELEASE, Site, write_site
from tests.support.archive import SmallArchive
from tests.support.debs import make_deb
from tests.support.dkms import make_dkms_deb

MODULES = {
    "core": "Packages: linux-image-cloud-amd64",
    "greeting": "Requires: core\nPackages: greet-tools, greet-support\n"
    "Kernel-Modules: greet-dkms, reply-dkms",
    "broken": "Requires: core\nPackages: greet-support\nKernel-Modules: broken-dkms",
    "other": "Requires: core\nPackages: other-kernel",
    "watch": "Requires: core\nArchive: beegfs-8\nPackages: beegfs-mon",
}
VENDORS = ("beegfs-client", "beegfs-server")
"""The specs of module-specs that are locked as they are, with stand-ins for their archives."""
TO_BUILD = ("core", "greeting", "broken", "other", "watch", "beegfs-8-client")

ACCOUNTS = """\
Format: 1

Group: input
Gid: 400
Packages: udev

Group: sgx
Gid: 401
Packages: udev

Group: kvm
Gid: 402
Packages: udev

Group: render
Gid: 403
Packages: udev

Group: beegfs-mon
Gid: 404
Packages: beegfs-mon

Group: rdma
Gid: 405
Packages: libibverbs1

User: beegfs-mon
Uid: 404
Group: beegfs-mon
Home: /var/lib/beegfs-mon
Shell: /usr/sbin/nologin
Packages: beegfs-mon
"""


def kernel_site(directory: Path, cache: Path, mirrors: Mapping[str, SmallArchive]) -> Site:
    """The release, locked and fetched; `mirrors` have what the vendors' archives should have."""
    specs = write_kernel_site(directory, MODULES)
    _debs(specs / "debs")
    addresses = addresses_of(mirrors)
    place = Workplace(specs=specs, cache=cache, addresses=addresses)
    made, project = lock(place), check(specs)
    fetch_locked(place, made.lock, project.release, modules=TO_BUILD)
    return Site(specs=specs, project=project, lock=made.lock, cache=cache)


def write_kernel_site(directory: Path, modules: Mapping[str, str]) -> Path:
    """Write the documents of such a release, the vendors' specs and archives among them."""
    specs = write_site(directory, modules)
    (specs / "debs").mkdir()
    (specs / "accounts").write_text(ACCOUNTS)
    (specs / "release").write_text(f"{RELEASE}\n{_vendors_archives()}")
    for name in VENDORS:
        shutil.copy(ROOT / "module-specs" / f"{name}.module", specs)
    return specs


def addresses_of(mirrors: Mapping[str, SmallArchive]) -> tuple[Address, ...]:
    """What a qlumod.conf would say of where the archives are, and who signed them."""
    return tuple(
        Address(
            archive=name,
            said="qlumod.conf",
            uri=f"file://{archive.directory}",
            key=str(archive.keyring),
        )
        for name, archive in mirrors.items()
    )


def _vendors_archives() -> str:
    """The stanzas of the vendors' archives, as the release of this project has them."""
    stanzas = (ROOT / "module-specs/release").read_text().split("\n\n")
    wanted = (re.sub("^#.*\n", "", stanza, flags=re.MULTILINE) for stanza in stanzas)
    unverified = (stanza for stanza in wanted if "Key: unverified" in stanza)
    return "\n\n".join(stanza for stanza in unverified if "Flavors: trixie" not in stanza)


def _debs(folder: Path) -> None:
    make_dkms_deb(folder, "greet", depends="greet-support")
    make_dkms_deb(folder, "reply", eager=True)
    make_dkms_deb(folder, "broken", code="this is no C\n")
    make_deb(folder, "greet-support", files={"/usr/share/greet/data": "hello\n"})
    make_deb(folder, "greet-tools", depends="greet-dkms (= 1.0-1) | greet-module-1.0")
    make_deb(folder, "other-kernel", files={"/lib/modules/5.10.0-1-amd64/updates/a.ko.xz": "?"})
