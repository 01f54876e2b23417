"""Archives that stand in for those of vendors (VirtualGL, Lustre, BeeGFS), which no test can reach.

Their packages have the vendors' names, versions and dependencies, lie where the vendors' do, and
have maintainer scripts like theirs; what they bring only says what it is. Their libraries are
libraries without a function, and the sources of kernel modules are laid out as the vendors' and
compile, to modules that do nothing.

``make stand-ins DIR=…`` writes them; tests call `make_stand_ins`.
"""

import functools
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qlumod.system.keys import gpg
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.support.archive import SmallArchive, make_archive
from tests.support.debs import make_deb
from tests.support.dkms import POSTINST, PRERM

ARCH = "amd64"
TOOLS = "libc6 (>= 2.34), zlib1g"
FLAT = "./"
LDCONFIG = ("activate-noawait ldconfig",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """One archive: its name in the release file, and how the vendor lays it out."""

    archive: str
    suites: tuple[str, ...]
    component: str
    debs: Callable[[Path], Iterator[Path]]
    """What makes the packages, in a directory."""


def make_stand_ins(directory: Path, names: Sequence[str] = ()) -> dict[str, SmallArchive]:
    """Write the archives (all, or those of some names), signed by a key that nobody keeps.

    Beside them lies a qlumod.conf that says where they are, and who signed them.
    """
    with gpg.throw_away_key("stand-in for a vendor") as key:
        made = {
            vendor.archive: _publish(vendor, directory / vendor.archive, key)
            for vendor in VENDORS
            if not names or vendor.archive in names
        }
    (directory / "qlumod.conf").write_text(configuration(made))
    return made


def configuration(made: Mapping[str, SmallArchive]) -> str:
    """A qlumod.conf that names the stand-ins as the mirrors of the vendors' archives."""
    stanzas = (
        f"\nArchive: {name}\nURI: file://{archive.directory}\nKey: {archive.keyring}\n"
        for name, archive in sorted(made.items())
    )
    return "".join(("Format: 1\n", *stanzas))


def _publish(vendor: Vendor, directory: Path, key: gpg.SigningKey) -> SmallArchive:
    debs = list(vendor.debs(directory / "debs"))
    *_, last = [
        make_archive(
            directory, debs, suite=suite, component=vendor.component, key=key,
            origin=vendor.archive, label="a stand-in",
        )
        for suite in vendor.suites
    ]  # fmt: skip
    return last


def _tool(name: str) -> str:
    return f"#!/bin/sh\necho '{name}: a stand-in'\n"


def _programs(*paths: str) -> dict[str, dict[str, object]]:
    """The arguments for `make_deb` by which a package has these programs."""
    return {
        "files": {path: _tool(path.rpartition("/")[2]) for path in paths},
        "modes": dict.fromkeys(paths, 0o755),
    }


@functools.cache
def _library(name: str) -> bytes:
    """A shared library without a function: ldconfig takes no other file into its cache."""
    with tempfile.TemporaryDirectory() as place:
        made = Path(place, "library")
        capture(
            command(
                "gcc", "-shared", "-nostdlib", "-Wl,--build-id=none", f"-Wl,-soname,{name}",
                "-x", "c", "/dev/null", "-o", made,
            )
        )  # fmt: skip
        return made.read_bytes()


# VirtualGL: release/deb-control.in, makedpkg.in

_GL = "/opt/VirtualGL"
_GL_PROGRAMS = ("vglrun", "vglconnect", "vgllogin", "vglserver_config", "vglgenkey", "vglclient")
_GL_VERSION = "3.1.4"


def _virtualgl(directory: Path) -> Iterator[Path]:
    programs = _programs(*(f"{_GL}/bin/{name}" for name in _GL_PROGRAMS))
    documents = f"/usr/share/doc/virtualgl-{_GL_VERSION}"
    yield make_deb(
        directory,
        "virtualgl",
        f"{_GL_VERSION}-20250826",
        architecture=ARCH,
        depends=", ".join(f"{name}:{ARCH}" for name in ("libxtst6", "libxv1", "libglu1-mesa"))
        + f", libegl1:{ARCH}",
        files={
            **programs["files"],
            **{f"/usr/lib/{name}": _library(name) for name in ("libvglfaker.so", "libdlfaker.so")},
            f"{documents}/LICENSE.txt": "a stand-in\n",
            f"{documents}/LGPL.txt": "a stand-in\n",
        },
        modes=programs["modes"],
        links={
            **{f"/usr/bin/{name}": f"{_GL}/bin/{name}" for name in _GL_PROGRAMS},
            f"{_GL}/doc": documents,
        },
        fields={"Section": "misc", "Homepage": "https://virtualgl.org"},
    )


# Lustre: debian/control.main, lustre-*-utils.conffiles, dkms.conf.in, lustre-client-modules-dkms.*
# The servers' sources for dkms are what a site makes itself, by the client's example.

_MODULES = {
    "libcfs": ("libcfs/libcfs", "net", ""),
    "lnet": ("lnet/lnet", "net", "libcfs"),
    "lustre": ("lustre/llite", "fs", "lnet"),
    "mdt": ("lustre/mdt", "fs", "lnet"),
    "ost": ("lustre/ost", "fs", "lnet"),
}
"""Of each kernel module: where it is in the tree, its kind, and which one it needs."""

_CONFIGURE = """\
#!/bin/sh
# What the vendor's asks for, as far as it matters here: all of it comes from Build-Packages.
set -e
for tool in libtoolize automake pkg-config flex bison python3; do
	command -v $tool >/dev/null || { echo "configure: error: $tool is missing" >&2; exit 1; }
done
for header in yaml.h zlib.h libmount/libmount.h selinux/selinux.h; do
	[ -e /usr/include/$header ] || { echo "configure: error: no $header" >&2; exit 1; }
done
for word; do case $word in --with-linux=*) linux=${word#*=} ;; esac; done
printf 'all:\\n\\t$(MAKE) -C %s M=$(CURDIR) modules\\ndistclean:\\n\\trm -f Makefile\\n' \
	"$linux" >Makefile
"""

_LUSTRE_CODE = """\
#include <linux/fs.h>
#include <linux/module.h>

{needs}
void {name}_stands_in(void)
{{
	{calls}
}}
EXPORT_SYMBOL_GPL({name}_stands_in);

static int __init begin(void)
{{
	{name}_stands_in();
	return 0;
}}

static void __exit end(void)
{{
}}

module_init(begin);
module_exit(end);
{alias}
MODULE_DESCRIPTION("A stand-in for {name}");
MODULE_LICENSE("GPL");
MODULE_VERSION("{version}");
"""

_LUSTRE_SCRIPTS = {
    # Of the running kernel, whatever that is: it is no fault where it has no headers.
    "postinst": """\
package="{name}"
version="$(dpkg-query -W -f='${{Version}}' "${{package}}-dkms" | sed -e 's/-[^-]*$//')"
dkms add -m "${{package}}" -v "${{version}}"
dkms build -m "${{package}}" -v "${{version}}" && \
dkms install -m "${{package}}" -v "${{version}}" --force || true
""",
    "prerm": """\
version="$(dpkg-query -W -f='${{Version}}' "{name}-dkms" | sed -e 's/-[^-]*$//')"
dkms remove -m "{name}" -v "${{version}}" --all || true
""",
}


_LUSTRE_UTILS = f"{TOOLS}, libmount1, libyaml-0-2, libselinux1, libnl-genl-3-200, perl"
_LUSTRE_CLIENT = ("/sbin/mount.lustre", "/usr/sbin/lctl", "/usr/sbin/lnetctl", "/usr/bin/lfs")
_LUSTRE_SERVER = (*_LUSTRE_CLIENT, "/usr/sbin/mkfs.lustre", "/usr/sbin/tunefs.lustre")
_LUSTRE_SETTINGS = {
    "/etc/lnet.conf": "# LNet\n",
    "/etc/lnet_routes.conf": "# routes of LNet\n",
    "/etc/modprobe.d/ko2iblnd.conf": "alias ko2iblnd-opa ko2iblnd\n"
    "install ko2iblnd /usr/sbin/ko2iblnd-probe\n",
    "/etc/udev/rules.d/99-lustre.rules": 'SUBSYSTEM=="lustre", ACTION=="change", '
    'ENV{PARAM}=="?*", RUN+="/usr/sbin/lctl set_param $env{PARAM}=$env{SETTING}"\n',
}
_OSD = "/usr/lib/lustre/mount_osd_ldiskfs.so"


def _lustre_utils(directory: Path, kind: str, version: str) -> Path:
    full = f"{version}-1"
    serves = kind == "server"
    settings = {**_LUSTRE_SETTINGS, **({"/etc/ldev.conf": "# targets\n"} if serves else {})}
    made = _programs(*(_LUSTRE_SERVER if serves else _LUSTRE_CLIENT), "/usr/sbin/ko2iblnd-probe")
    takes_the_place_of_the_clients = {
        "Provides": f"lustre-server-utils, lustre-client-utils (= {full})",
        "Conflicts": "lustre-client-utils",
        "Replaces": "lustre-client-utils",
    }
    return make_deb(
        directory,
        f"lustre-{kind}-utils",
        full,
        architecture=ARCH,
        depends=f"{_LUSTRE_UTILS}, libext2fs2 (>= 1.37)" if serves else _LUSTRE_UTILS,
        files={
            **made["files"],
            **settings,
            "/lib/systemd/system/lnet.service": _unit("lnet", "/usr/sbin/lnetctl lnet configure"),
            "/usr/lib/liblustreapi.so.1.0.0": _library("liblustreapi.so.1"),
            **({_OSD: _library("mount_osd_ldiskfs.so")} if serves else {}),
        },
        modes=made["modes"],
        links={"/usr/lib/liblustreapi.so.1": "liblustreapi.so.1.0.0"},
        triggers=LDCONFIG,
        conffiles=tuple(settings),
        fields={
            "Source": "lustre",
            "Section": "utils",
            **(takes_the_place_of_the_clients if serves else {}),
        },
    )


def _lustre(version: str) -> Callable[[Path], Iterator[Path]]:
    def debs(directory: Path) -> Iterator[Path]:
        full = f"{version}-1"
        yield _lustre_utils(directory, "client", version)
        yield _lustre_utils(directory, "server", version)
        yield from _patched_e2fsprogs(directory)
        yield make_deb(
            directory,
            "lustre-resource-agents",
            full,
            architecture=ARCH,
            depends=f"lustre-server-utils (= {full}), resource-agents",
            **_programs("/usr/lib/ocf/resource.d/lustre/Lustre"),
            fields={"Source": "lustre", "Section": "ha"},
        )
        yield _lustre_modules(directory, "client", version, ("libcfs", "lnet", "lustre"))
        yield _lustre_modules(directory, "server", version, ("libcfs", "lnet", "mdt", "ost"))

    return debs


def _lustre_modules(directory: Path, kind: str, version: str, modules: Sequence[str]) -> Path:
    name = f"lustre-{kind}-modules"
    place = f"/usr/src/{name}-{version}"
    settings = [
        f'PACKAGE_NAME="{name}"',
        f'PACKAGE_VERSION="{version}"',
        'MAKE="sh autogen.sh && ./configure --with-linux=$kernel_source_dir'
        ' --with-linux-obj=$kernel_source_dir && make"',
        'CLEAN="make distclean || true"',
        'AUTOINSTALL="yes"',
        'STRIP="no"',
    ]
    files = {f"{place}/autogen.sh": "exit 0\n", f"{place}/configure": _CONFIGURE}
    kbuild = []
    for number, module in enumerate(modules):
        folder, family, needed = _MODULES[module]
        settings += [
            f'BUILT_MODULE_NAME[{number}]="{module}"',
            f'BUILT_MODULE_LOCATION[{number}]="{folder}"',
            f'DEST_MODULE_LOCATION[{number}]="/updates/kernel/{family}/lustre"',
        ]
        kbuild.append(f"obj-m += {folder}/")
        files[f"{place}/{folder}/Kbuild"] = f"obj-m := {module}.o\n"
        files[f"{place}/{folder}/{module}.c"] = _LUSTRE_CODE.format(
            name=module,
            version=version,
            needs=f"void {needed}_stands_in(void);" if needed else "",
            calls=f"{needed}_stands_in();" if needed else 'pr_info("a stand-in\\n");',
            alias='MODULE_ALIAS_FS("lustre");' if module == "lustre" else "",
        )
    files[f"{place}/Kbuild"] = "".join(f"{line}\n" for line in kbuild)
    files[f"{place}/dkms.conf"] = "".join(f"{line}\n" for line in settings)
    files[f"/usr/share/doc/{name}-dkms/copyright"] = "GPL-2\n"
    return make_deb(
        directory,
        f"{name}-dkms",
        f"{version}-1",
        architecture=ARCH,
        depends="dkms, automake, libtool, libyaml-dev,"
        " linux-headers-generic | linux-headers | linux-headers-amd64, zlib1g",
        files=files,
        modes={f"{place}/{script}": 0o755 for script in ("autogen.sh", "configure")},
        scripts={when: text.format(name=name) for when, text in _LUSTRE_SCRIPTS.items()},
        fields={"Source": "lustre", "Section": "admin", "Provides": name},
    )


# e2fsprogs, branch master-lustre: lustre.spec.in asks for this version on servers. The library has
# the name that it has in trixie, and provides that of bookworm.

_E2FSPROGS = "1.47.3-wc1"
_E2FSPROGS_PROGRAMS = ("mke2fs", "e2fsck", "tune2fs", "debugfs", "dumpe2fs", "resize2fs")
_LIBRARIES = "/usr/lib/x86_64-linux-gnu"
_SCRUB = {
    "/lib/systemd/system/e2scrub_all.timer": "[Unit]\nDescription=Check ext4 volumes\n\n"
    "[Timer]\nOnCalendar=Sun *-*-* 03:10:00\n\n[Install]\nWantedBy=timers.target\n",
    "/lib/systemd/system/e2scrub_all.service": "[Unit]\nDescription=Check all ext4 volumes\n\n"
    "[Service]\nType=oneshot\nExecStart=/sbin/e2scrub_all\n",
}


def _patched_e2fsprogs(directory: Path) -> Iterator[Path]:
    versions = {"libext2fs.so.2": "2.4", "libe2p.so.2": "2.3"}
    yield make_deb(
        directory,
        "libext2fs2t64",
        _E2FSPROGS,
        architecture=ARCH,
        depends="libc6 (>= 2.34), libblkid1, libcom-err2 (>= 1.43.9)",
        files={
            f"{_LIBRARIES}/{name[:-1]}{version}": _library(name)
            for name, version in versions.items()
        },
        links={
            f"{_LIBRARIES}/{name}": f"{name[:-1]}{version}" for name, version in versions.items()
        },
        triggers=LDCONFIG,
        fields={
            "Source": "e2fsprogs",
            "Section": "libs",
            "Provides": f"libext2fs2 (= {_E2FSPROGS})",
            "Replaces": "libext2fs2",
            "Breaks": f"libext2fs2 (<< {_E2FSPROGS})",
        },
    )
    programs = _programs(*(f"/sbin/{name}" for name in (*_E2FSPROGS_PROGRAMS, "e2scrub_all")))
    settings = {"/etc/mke2fs.conf": "[defaults]\n", "/etc/e2scrub.conf": "# e2scrub\n"}
    yield make_deb(
        directory,
        "e2fsprogs",
        _E2FSPROGS,
        architecture=ARCH,
        depends="logsave",
        files={**programs["files"], **settings, **_SCRUB},
        modes=programs["modes"],
        links={f"/sbin/{link}": "mke2fs" for link in ("mkfs.ext4", "mkfs.ext3", "mkfs.ext2")},
        conffiles=tuple(settings),
        scripts={"postinst": _ENABLED.format(unit="e2scrub_all.timer")},
        fields={
            "Section": "admin",
            "Pre-Depends": "libblkid1 (>= 2.36), libc6 (>= 2.34), libcom-err2 (>= 1.43.9),"
            f" libext2fs2 (= {_E2FSPROGS}), libss2 (>= 1.38), libuuid1 (>= 2.16)",
        },
    )


# BeeGFS: debian/control, debian/rules, client_module/dkms.conf.in

_BEEGFS_CONF = """\
PACKAGE_NAME="beegfs"
PACKAGE_VERSION="{version}"
BUILT_MODULE_NAME[0]="beegfs"
BUILT_MODULE_LOCATION[0]="build/"
DEST_MODULE_LOCATION[0]="/kernel/fs/beegfs/"
MAKE[0]="make -C build module 'KDIR=$kernel_source_dir' TARGET=beegfs BEEGFS_VERSION={version}"
CLEAN="make -C build clean"
AUTOINSTALL="yes"
"""
_BEEGFS_MAKE = """\
module:
	$(MAKE) -C $(KDIR) M=$(CURDIR)/../source BEEGFS_VERSION=$(BEEGFS_VERSION) modules
	cp ../source/beegfs.ko .
clean:
	rm -f *.ko ../source/*.o ../source/*.ko
"""
_BEEGFS_KBUILD = """\
obj-m := beegfs.o
beegfs-y := fs.o
ccflags-y := -DBEEGFS_VERSION=\\"$(BEEGFS_VERSION)\\"
"""
_BEEGFS_CODE = """\
#include <linux/fs.h>
#include <linux/module.h>

static struct file_system_type beegfs = {
	.owner = THIS_MODULE,
	.name = "beegfs",
	.kill_sb = kill_anon_super,
};

static int __init begin(void)
{
	return register_filesystem(&beegfs);
}

static void __exit end(void)
{
	unregister_filesystem(&beegfs);
}

module_init(begin);
module_exit(end);
MODULE_ALIAS_FS("beegfs");
MODULE_DESCRIPTION("A stand-in for BeeGFS");
MODULE_LICENSE("GPL v2");
MODULE_VERSION(BEEGFS_VERSION);
"""

_ENABLED = """\
if [ "$1" = configure ]; then
	deb-systemd-helper unmask {unit} >/dev/null || true
	if deb-systemd-helper --quiet was-enabled {unit}; then
		deb-systemd-helper enable {unit} >/dev/null || true
	else
		deb-systemd-helper update-state {unit} >/dev/null || true
	fi
fi
"""
_RC_LINKS = """\
if [ "$1" = configure ] && [ -x /etc/init.d/beegfs-{name} ]; then
	update-rc.d beegfs-{name} defaults >/dev/null
fi
"""
_INIT = """\
#!/bin/sh
### BEGIN INIT INFO
# Provides:          beegfs-{name}
# Required-Start:    $network $remote_fs
# Required-Stop:     $network $remote_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: BeeGFS {name}
### END INIT INFO
exit 0
"""
_MON = {
    "preinst": """\
if [ "$1" = install ]; then
	dpkg-divert --package beegfs-mon --add --rename --divert /usr/bin/iostat.real /usr/bin/iostat
fi
""",
    "postinst": """\
if [ "$1" = configure ]; then
	adduser --system --group --no-create-home --home /var/lib/beegfs-mon --quiet beegfs-mon
	install -d -o beegfs-mon -g beegfs-mon -m 0750 /var/lib/beegfs-mon
	update-alternatives --install /usr/bin/fs-mon fs-mon /opt/beegfs/sbin/beegfs-mon 40
fi
""",
    "prerm": """\
if [ "$1" = remove ]; then
	update-alternatives --remove fs-mon /opt/beegfs/sbin/beegfs-mon
fi
""",
    "postrm": """\
if [ "$1" = remove ]; then
	dpkg-divert --package beegfs-mon --remove --rename --divert /usr/bin/iostat.real /usr/bin/iostat
fi
""",
}
"""The vendor's does less: it stands for all packages that make accounts, or share a name."""
_MOUNTS = "/etc/beegfs/beegfs-mounts.conf"
_FUNCTIONS = ("/etc/beegfs/lib/init-multi-mode", "/etc/beegfs/lib/start-stop-functions")


def _beegfs(version: str) -> Callable[[Path], Iterator[Path]]:
    full = f"20:{version}"
    old = version.startswith("7.")
    common = f", beegfs-common (= {full})" if old else ""

    def deb(directory: Path, name: str, depends: str = TOOLS, **given: object) -> Path:
        fields = {"Source": "beegfs", "Section": "misc"}
        if name != "libbeegfs-ib":
            fields["Recommends"] = f"libbeegfs-ib (= {full})"
        return make_deb(
            directory, name, full, architecture=ARCH, depends=depends, fields=fields, **given
        )  # type: ignore[arg-type]

    def debs(directory: Path) -> Iterator[Path]:
        yield deb(
            directory,
            "libbeegfs-ib",
            "libc6 (>= 2.34), libibverbs1, librdmacm1",
            files={"/opt/beegfs/lib/libbeegfs_ib.so": _library(f"libbeegfs_ib.so.{version}")},
        )
        if old:
            yield deb(
                directory,
                "beegfs-common",
                "libc6",
                files=dict.fromkeys(_FUNCTIONS, "# a stand-in\n"),
                conffiles=_FUNCTIONS,
            )
            yield deb(directory, "beegfs-helperd", f"{TOOLS}{common}", **_daemon("helperd", old))
        else:
            yield deb(directory, "beegfs-tools", "", **_tools())
            yield deb(directory, "libbeegfs-license", "libc6", **_license())
        for name in ("mgmtd", "meta", "storage"):
            needs = ", libbeegfs-license" if name == "mgmtd" and not old else ""
            yield deb(directory, f"beegfs-{name}", f"{TOOLS}{common}{needs}", **_daemon(name, old))
        utils = _programs("/opt/beegfs/sbin/beegfs-fsck", "/sbin/fsck.beegfs")
        links = {"/usr/sbin/beegfs-fsck": "/opt/beegfs/sbin/beegfs-fsck"}
        yield deb(directory, "beegfs-utils", f"{TOOLS}{common}", **utils, links=links)
        mon = _daemon("mon", old)
        mon["files"]["/etc/beegfs/beegfs-mon.auth"] = "# whom the data base knows\n"
        mon["modes"]["/etc/beegfs/beegfs-mon.auth"] = 0o600
        mon["scripts"] = {**_MON, "postinst": _MON["postinst"] + mon["scripts"]["postinst"]}
        yield deb(directory, "beegfs-mon", f"adduser, {TOOLS}{common}", **mon)
        yield _beegfs_client(directory, version, full)

    return debs


def _tools() -> dict[str, Any]:
    """The arguments for `make_deb` by which a package has BeeGFS 8's command.

    It runs with the rights of a group, which its preinst makes.
    """
    program, completion = "/opt/beegfs/sbin/beegfs", "/etc/bash_completion.d/beegfs"
    made = _programs(program)
    return {
        "files": {
            **made["files"],
            completion: "# completion of beegfs\n",
            "/usr/share/doc/beegfs-tools/LICENSE.md": "a stand-in\n",
        },
        "modes": made["modes"],
        "links": {"/usr/sbin/beegfs": program},
        "conffiles": (completion,),
        "scripts": {
            "preinst": "getent group beegfs >/dev/null || groupadd --system beegfs\n",
            "postinst": f"chgrp beegfs {program}\nchmod 2755 {program}\n",
        },
    }


def _license() -> dict[str, Any]:
    name = "libbeegfs_license.so"
    return {"files": {f"/opt/beegfs/lib/{name}": _library(name)}}


def _beegfs_client(directory: Path, version: str, full: str) -> Path:
    """The sources of the kernel module; only those of BeeGFS 8 come with what mounts."""
    place = f"/usr/src/beegfs-{version}"
    mounts = not version.startswith("7.")
    said = {"name": "beegfs", "package": "beegfs-client", "version": version}
    settings = {
        "/etc/beegfs/beegfs-client.conf": "sysMgmtdHost =\n",
        **({_MOUNTS: "/mnt/beegfs /etc/beegfs/beegfs-client.conf\n"} if mounts else {}),
    }
    mounting = _programs("/sbin/mount.beegfs") if mounts else {"files": {}, "modes": {}}
    return make_deb(
        directory,
        "beegfs-client-dkms",
        full,
        depends="dkms",
        files={
            f"{place}/dkms.conf": _BEEGFS_CONF.format(version=version),
            f"{place}/build/Makefile": _BEEGFS_MAKE,
            f"{place}/source/Kbuild": _BEEGFS_KBUILD,
            f"{place}/source/fs.c": _BEEGFS_CODE,
            "/usr/share/doc/beegfs-client-dkms/copyright": "GPL-2\n",
            **mounting["files"],
            **settings,
        },
        modes=mounting["modes"],
        conffiles=tuple(settings),
        scripts={"postinst": POSTINST.format(**said), "prerm": PRERM.format(**said)},
        fields={"Source": "beegfs", "Section": "misc", "Conflicts": "beegfs-client"},
    )


def _daemon(name: str, old: bool) -> dict[str, Any]:
    """The arguments for `make_deb` by which a package has a daemon: off, as its vendor ships it.

    The `old` version has an init script and its settings as well.
    """
    program, conf = f"/opt/beegfs/sbin/beegfs-{name}", f"/etc/beegfs/beegfs-{name}.conf"
    made = _programs(program)
    unit = f"beegfs-{name}.service"
    settings = {conf: f"# settings of beegfs-{name}\n"}
    if old:
        settings[f"/etc/default/beegfs-{name}"] = "START_SERVICE=YES\n"
        settings[f"/etc/init.d/beegfs-{name}"] = _INIT.format(name=name)
    of_many = _unit(f"BeeGFS {name} %i", f"{program} cfgFile=/etc/beegfs/%i.d/beegfs-{name}.conf")
    return {
        "files": {
            **made["files"],
            **settings,
            f"/lib/systemd/system/{unit}": _unit(f"BeeGFS {name}", f"{program} cfgFile={conf}"),
            f"/lib/systemd/system/beegfs-{name}@.service": of_many,
        },
        "modes": {
            **made["modes"],
            **({f"/etc/init.d/beegfs-{name}": 0o755} if old else {}),
        },
        "conffiles": tuple(settings),
        "scripts": {
            "postinst": _ENABLED.format(unit=unit) + (_RC_LINKS.format(name=name) if old else "")
        },
    }


def _unit(title: str, start: str) -> str:
    return (
        f"[Unit]\nDescription={title}\nAfter=network-online.target\n\n"
        f"[Service]\nExecStart={start}\n\n[Install]\nWantedBy=multi-user.target\n"
    )


VENDORS = (
    Vendor(archive="virtualgl", suites=("any",), component="main", debs=_virtualgl),
    Vendor(archive="lustre-2.15", suites=(FLAT,), component="", debs=_lustre("2.15.7")),
    Vendor(archive="lustre-2.16", suites=(FLAT,), component="", debs=_lustre("2.16.1")),
    Vendor(archive="beegfs-7", suites=("bookworm",), component="non-free", debs=_beegfs("7.4.7")),
    Vendor(
        archive="beegfs-8",
        suites=("bookworm", "trixie"),
        component="non-free",
        debs=_beegfs("8.3.1"),
    ),
)
"""The archives that module-specs/release names, with what the specs ask of them."""


def main() -> None:
    """Write all of them into a directory."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.support.vendors DIRECTORY")
    directory = Path(sys.argv[1]).absolute()
    directory.mkdir(parents=True, exist_ok=True)
    for name, archive in make_stand_ins(directory).items():
        sys.stdout.write(f"{name}: {archive.directory}\n")
    sys.stdout.write(f"To lock with them: QLUMOD_CONFIG={directory}/qlumod.conf qlumod lock\n")


if __name__ == "__main__":
    main()
