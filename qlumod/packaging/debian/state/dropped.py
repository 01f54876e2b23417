"""Files that are never in a layer: traces of installing and of the build host, boot-time files."""

from qlumod.state import dropped
from qlumod.state.kind import Dropped

DROPPED = (
    dropped.MOUNT_POINTS,
    Dropped(
        name="logs",
        patterns=(
            "/var/log/alternatives.log",
            "/var/log/apt/eipp.log.xz",
            "/var/log/apt/history.log",
            "/var/log/apt/term.log",
            "/var/log/bootstrap.log",
            "/var/log/dpkg.log",
            "/var/log/fontconfig.log",
            "/var/log/sysstat/sa*",
        ),
        reason="it tells when and how the module was built",
    ),
    Dropped(
        name="apt-lists",
        patterns=(
            "/var/lib/apt/lists/*_InRelease",
            "/var/lib/apt/lists/*_Release",
            "/var/lib/apt/lists/*_Release.gpg",
            "/var/lib/apt/lists/*_Packages",
            "/var/lib/apt/lists/*_Packages.*",
            "/var/lib/apt/lists/*_Sources",
            "/var/lib/apt/lists/*_Sources.*",
            "/var/lib/apt/lists/*_i18n_Translation-*",
            "/var/lib/apt/lists/*_Contents-*",
            "/var/lib/apt/lists/lock",
        ),
        reason="indexes of the archive that the module was built from",
    ),
    Dropped(
        name="apt-cache",
        patterns=(
            "/var/cache/apt/archives/*.deb",
            "/var/cache/apt/archives/lock",
            "/var/cache/apt/pkgcache.bin",
            "/var/cache/apt/srcpkgcache.bin",
            "/var/lib/apt/periodic/*-stamp",
        ),
        reason="packages and indexes that apt had in its hands",
    ),
    Dropped(
        name="debconf-scratch",
        patterns=(
            "/var/cache/debconf/tmp.ci/*.config.*",
            "/var/cache/debconf/tmp.ci/*.template.*",
        ),
        directories=("/var/cache/debconf/tmp.ci",),
        reason="where apt takes out what debconf asks before packages are installed",
    ),
    Dropped(
        name="apt-of-the-build",
        patterns=(
            "/etc/apt/sources.list",
            "/etc/apt/apt.conf.d/99mmdebstrap",
            "/etc/dpkg/dpkg.cfg.d/99mmdebstrap",
        ),
        reason="mmdebstrap writes them for the build; a node's sources come from its site",
    ),
    Dropped(
        name="dpkg-backups",
        patterns=(
            "/var/lib/dpkg/status-old",
            "/var/lib/dpkg/diversions-old",
            "/var/lib/dpkg/statoverride-old",
            "/var/lib/dpkg/available",
            "/var/lib/dpkg/available-old",
            "/var/lib/dpkg/cmethopt",
            "/var/cache/debconf/config.dat-old",
            "/var/cache/debconf/templates.dat-old",
            "/var/cache/debconf/passwords.dat-old",
            *(
                f"/var/backups/{name}{old}"
                for name in (
                    "alternatives.tar",
                    "apt.extended_states",
                    "dpkg.arch",
                    "dpkg.diversions",
                    "dpkg.statoverride",
                    "dpkg.status",
                    "group.bak",
                    "gshadow.bak",
                    "passwd.bak",
                    "shadow.bak",
                )
                for old in ("", ".*")
            ),
        ),
        reason="the state before the last change, or a list that apt no longer uses",
    ),
    dropped.ACCOUNT_BACKUPS,
    Dropped(
        name="ucf-backups",
        patterns=("/var/lib/ucf/hashfile.*", "/var/lib/ucf/registry.*"),
        reason="ucf's memory before the last changes",
    ),
    Dropped(
        name="pam-backups",
        patterns=("/etc/pam.d/common-*.pam-old",),
        reason="what pam-auth-update replaced",
    ),
    Dropped(
        name="man-index",
        patterns=("/var/cache/man/index.db", "/var/cache/man/*/index.db"),
        reason="it holds the time of its making; man-db's own timer makes it on a node",
    ),
    Dropped(
        name="catalog-backups",
        patterns=(
            "/etc/sgml/catalog.old",
            "/etc/xml/catalog.old",
            "/usr/share/info/dir.old",
            "/var/lib/sgml-base/supercatalog.old",
            "/var/lib/xml-core/catalog.old",
        ),
        reason="catalogues before the last change",
    ),
    Dropped(
        name="locks",
        patterns=(
            "/etc/.pwd.lock",
            "/var/lib/dpkg/lock",
            "/var/lib/dpkg/lock-frontend",
            "/var/lib/dpkg/triggers/Lock",
        ),
        reason="programs make them when they need them",
    ),
    dropped.LDCONFIG_AUX,
    Dropped(
        name="host-names",
        patterns=(
            "/etc/hostname",
            "/etc/.resolv.conf.systemd-resolved.bak",
        ),
        reason="mmdebstrap copies them from the build host; a node has its own",
    ),
    Dropped(
        name="boot",
        patterns=(
            "/boot/vmlinuz-*",
            "/boot/initrd.img-*",
            "/boot/System.map-*",
            "/var/lib/initramfs-tools/*-*",
        ),
        reason="kernel and initrd lie beside the layers",
    ),
    dropped.RANDOM_SEED,
    Dropped(
        name="dpkg-leftovers",
        patterns=(
            "**/*.dpkg-new",
            "**/*.dpkg-tmp",
            "**/*.dpkg-old",
            "**/*.dpkg-dist",
            "**/*.dpkg-bak",
            "**/*.ucf-old",
            "**/*.ucf-dist",
            "**/*.ucf-new",
        ),
        reason="versions of configuration files that were not taken, and dpkg's temporary names",
    ),
)
