"""A small release whose packages ask what they reach, wherever programs of a root are started."""

from pathlib import Path

from qlumod.lock.verbs.check import check_specs
from qlumod.lock.verbs.fetch_locked import fetch_locked
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from qlumod.workflows.lock import lock
from qlumod.workflows.workplace import Workplace
from tests.layer.kernels import ACCOUNTS, SMALL_INITRD
from tests.layer.small_release import SmallRelease, write_small_release
from tests.support.debs import make_deb
from tests.support.dkms import make_dkms_deb

HERE = Path(__file__).parent
AROUND = "/usr/share/probe/around-the-door"
"""Where `witness.c` writes down programs that no enclosure is around."""
MODULES = {
    "core": "Packages: linux-image-cloud-amd64, probe-core",
    "probing": "Requires: core\nPackages: probe-module\nKernel-Modules: probed-dkms\n"
    "Debconf:\n probe-module probe-module/question string answered",
}
ONCE = """\
#!/bin/sh
# probe-once LABEL: asks once in each enclosure; /run is new in each.
[ -e "/run/probed-$1" ] || { : >"/run/probed-$1" && /usr/bin/probe "$1"; }
"""
LDCONFIG = '#!/bin/sh\nprobe-once ldconfig\nexec /sbin/ldconfig.real "$@"\n'
DIVERT = """\
if [ "$1" = install ]; then
	dpkg-divert --package probe-core --add --rename --divert /sbin/ldconfig.real /sbin/ldconfig
fi
probe-once preinst
"""
HOOK = '#!/bin/sh\n[ "$1" = prereqs ] && exit 0\nprobe-once initramfs-hook\n'
PROGRAMS = (
    "/sbin/ldconfig",
    "/usr/share/initramfs-tools/hooks/probe",
    "/usr/src/probed-1.0/run-probe",
)
APT_HOOKS = "".join(
    f'{when} {{"probe-once apt-hook";}};\n'
    for when in ("DPkg::Pre-Invoke", "DPkg::Post-Invoke", "APT::Update::Pre-Invoke")
)


def probing_release(directory: Path, cache: Path) -> SmallRelease:
    """The release, locked and fetched."""
    specs = write_small_release(directory, MODULES, cache)
    (specs / "accounts").write_text(ACCOUNTS)
    _debs(specs / "debs", directory / "programs")
    place = Workplace(specs=specs, cache=cache)
    made, project = lock(place), check_specs(specs)
    fetch_locked(place, made.lock, project.release)
    return SmallRelease(specs=specs, project=project, lock=made.lock, cache=cache)


def compiled(directory: Path, name: str, *options: str) -> bytes:
    """A program of this directory, the same bytes whenever it is compiled by one compiler."""
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / name
    capture(
        command(
            "gcc", "-O1", "-Wall", "-Wextra", "-Werror", *options, "-o", program, f"{name}.c",
            directory=HERE,
        )
    )  # fmt: skip
    return program.read_bytes()


def _debs(folder: Path, programs: Path) -> None:
    make_deb(
        folder,
        "probe-essential",
        architecture="amd64",
        fields={"Essential": "yes"},
        files={
            "/usr/bin/probe": compiled(programs, "probe", "-static"),
            "/usr/bin/probe-once": ONCE,
            "/usr/lib/probe/witness.so": compiled(programs, "witness", "-shared", "-fPIC"),
            "/etc/ld.so.preload": "/usr/lib/probe/witness.so\n",
        },
        modes={"/usr/bin/probe": 0o755, "/usr/bin/probe-once": 0o755},
        scripts={name: f"probe-once essential-{name}" for name in ("preinst", "postinst")},
    )
    make_deb(
        folder,
        "probe-core",
        files={
            **SMALL_INITRD,
            "/sbin/ldconfig": LDCONFIG,
            "/usr/share/initramfs-tools/hooks/probe": HOOK,
            "/etc/apt/apt.conf.d/99probe": APT_HOOKS,
            "/usr/src/probed-1.0/run-probe": "#!/bin/sh\nprobe-once dkms\n",
        },
        modes=dict.fromkeys(PROGRAMS, 0o755),
        scripts={
            "preinst": DIVERT,
            "postinst": 'if [ "$1" = triggered ]; then probe-once trigger; fi\nprobe-once postinst',
        },
        triggers=["interest-noawait /usr/share/probe-trigger"],
    )
    make_deb(
        folder,
        "probe-module",
        depends="debconf, probed-dkms | probed-module-1.0",
        files={"/usr/share/probe-trigger/one": ""},
        scripts={
            "preinst": "probe-once preinst",
            "postinst": ". /usr/share/debconf/confmodule\nprobe-once postinst >&2 3>&-",
        },
    )
    make_dkms_deb(folder, "probed", conf='PRE_BUILD="run-probe"\n')
