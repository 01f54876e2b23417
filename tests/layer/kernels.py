"""A small release whose core has Debian's kernel for virtual machines, and modules for it."""

import re
import shutil
from pathlib import Path

from qlumod.lock.verbs.check import check_specs
from qlumod.lock.verbs.fetch_locked import fetch_locked
from qlumod.workflows.lock import lock
from qlumod.workflows.workplace import Workplace
from tests.conftest import ROOT
from tests.layer.small_release import SmallRelease, write_small_release
from tests.support.debs import make_deb
from tests.support.dkms import MISSING, make_dkms_deb

CORDIC = "/usr/lib/modules/*/kernel/lib/math/cordic.ko"
"""A kernel module that core leaves out."""
MODULES = {
    "core": "Packages: linux-image-cloud-amd64, keeping\nSecrets: /etc/keeping/key node\n"
    "Exclude: /*lib/modules/*/kernel/lib/math/cordic.ko*",
    "greeting": "Requires: core\nPackages: greet-tools, greet-support\n"
    "Kernel-Modules: greet-dkms, reply-dkms\nBuild-Options:\n greet-dkms: GREETING=good day\n"
    " reply-dkms: --directive=GREETING=and to you",
    "broken": "Requires: core\nPackages: greet-support\nKernel-Modules: broken-dkms",
    "unnamed": "Requires: core\nPackages: greet-support\nKernel-Modules: unnamed-dkms",
    "other": "Requires: core\nPackages: other-kernel",
    "turning": "Requires: core\nPackages: greet-support\nKernel-Modules: turning-dkms",
    "turned": "Requires: core\nPackages: greet-support\nKernel-Modules: turned-dkms\n"
    f"Restore:\n linux-image-*: {CORDIC}",
    "second": "Requires: core\nPackages: second-kernel",
}
_TURNING = """\
#include <linux/cordic.h>
#include <linux/module.h>

static int __init turn(void)
{{
	return cordic_calc_iq(1).i == 0;
}}

module_init(turn);
MODULE_LICENSE("GPL");
"""
HOOK = "/usr/share/initramfs-tools/hooks/keeping"
"""It copies what it finds into the initrd, a secret too."""
SMALL_INITRD = {"/etc/initramfs-tools/conf.d/small": "MODULES=list\nCOMPRESSLEVEL=1\n"}
"""A file of a package of core: an initrd without the drivers of machines that nobody boots."""
VENDORS = ("beegfs-client", "beegfs-server")
"""Specs of module-specs whose archives nobody has verified."""

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
"""


def kernel_release(directory: Path, cache: Path) -> SmallRelease:
    """The release, locked and fetched."""
    specs = write_small_release(directory, MODULES, cache)
    (specs / "accounts").write_text(ACCOUNTS)
    _debs(specs / "debs")
    place = Workplace(specs=specs, cache=cache)
    made, project = lock(place), check_specs(specs)
    fetch_locked(place, made.lock, project.release)
    return SmallRelease(specs=specs, project=project, lock=made.lock, cache=cache)


def write_vendors_site(directory: Path, cache: Path) -> Path:
    """Write a small release with the vendors' archives as this project's has them, and specs."""
    specs = write_small_release(directory, {"core": "Packages: adduser"}, cache)
    (specs / "debs").mkdir()
    (specs / "accounts").write_text(ACCOUNTS)
    with (specs / "release").open("a") as release:
        release.write(f"\n{_vendors_archives()}")
    for name in VENDORS:
        shutil.copy(ROOT / "module-specs" / f"{name}.module", specs)
    return specs


def _vendors_archives() -> str:
    """The stanzas of the vendors' archives, as the release of this project has them."""
    stanzas = (ROOT / "module-specs/release").read_text().split("\n\n")
    wanted = (re.sub("^#.*\n", "", stanza, flags=re.MULTILINE) for stanza in stanzas)
    unverified = (stanza for stanza in wanted if "Key: unverified" in stanza)
    return "\n\n".join(stanza for stanza in unverified if "Flavors: trixie" not in stanza)


def _debs(folder: Path) -> None:
    make_dkms_deb(folder, "greet", depends="greet-support", told="1.0-1")
    make_deb(
        folder,
        "keeping",
        files={
            **SMALL_INITRD,
            HOOK: "#!/bin/sh\ncp -r /etc/keeping $DESTDIR/etc/ || :\n",
            "/etc/keeping/name": "kept\n",
        },
        modes={HOOK: 0o755},
        scripts={"postinst": "echo of this build only >/etc/keeping/key"},
    )
    make_dkms_deb(folder, "reply", told="1.0-1", eager=True, two=True)
    make_dkms_deb(folder, "broken", code="this is no C\n", test=MISSING)
    make_dkms_deb(folder, "turning", code=_TURNING)
    make_dkms_deb(folder, "turned", code=_TURNING)
    make_dkms_deb(folder, "unnamed", conf="PACKAGE_VERSION=\n")
    make_deb(folder, "greet-support", files={"/usr/share/greet/data": "hello\n"})
    make_deb(folder, "greet-tools", depends="greet-dkms (= 1.0-1) | greet-module-1.0")
    make_deb(folder, "other-kernel", files={"/lib/modules/5.10.0-1-amd64/updates/a.ko.xz": "?"})
    make_deb(folder, "second-kernel", files={"/boot/vmlinuz-5.10.0-1-amd64": "?"})
