"""Caches that every distribution has: files that a program generates from other files.

Each command is the one that the maintainer script or trigger of the package calls.
"""

from qlumod.state.kind import Cache

_MODULES = "/usr/lib/modules/*"

LD_SO = Cache(
    name="ld.so",
    patterns=("/etc/ld.so.cache",),
    command=("/usr/sbin/ldconfig",),
    always=True,
    leaves=("/var/cache/ldconfig/aux-cache",),
)

DEPMOD = Cache(
    name="depmod",
    patterns=tuple(
        f"{_MODULES}/modules.{name}"
        for name in (
            "alias",
            "alias.bin",
            "builtin.alias.bin",
            "builtin.bin",
            "dep",
            "dep.bin",
            "devname",
            "softdep",
            "symbols",
            "symbols.bin",
            "weakdep",
        )
    ),
    command=("/usr/sbin/depmod", "-a", "{}"),
)

HWDB = Cache(
    name="hwdb",
    patterns=("/usr/lib/udev/hwdb.bin",),
    command=("/usr/bin/systemd-hwdb", "--usr", "update"),
)

JOURNAL_CATALOG = Cache(
    name="journal-catalog",
    patterns=("/var/lib/systemd/catalog/database",),
    command=("/usr/bin/journalctl", "--update-catalog"),
)

MIME_TYPES = Cache(
    name="mime-types",
    patterns=(
        *(
            f"/usr/share/mime/{name}"
            for name in (
                "XMLnamespaces",
                "aliases",
                "generic-icons",
                "globs",
                "globs2",
                "icons",
                "magic",
                "mime.cache",
                "subclasses",
                "treemagic",
                "types",
                "version",
            )
        ),
        # The descriptions of single types are generated from those in packages/.
        *(
            f"/usr/share/mime/{media}/*.xml"
            for media in (
                "application",
                "audio",
                "chemical",
                "font",
                "image",
                "inode",
                "message",
                "model",
                "multipart",
                "text",
                "video",
                "x-content",
                "x-epoc",
                "x-scheme-handler",
            )
        ),
    ),
    command=("/usr/bin/update-mime-database", "/usr/share/mime"),
)

DESKTOP_FILES = Cache(
    name="desktop-files",
    patterns=("/usr/share/applications/mimeinfo.cache",),
    command=("/usr/bin/update-desktop-database", "--quiet"),
)

ICONS = Cache(
    name="icons",
    patterns=("/usr/share/icons/*/icon-theme.cache",),
    command=(
        "/usr/bin/gtk-update-icon-cache",
        "--force",
        "--quiet",
        "/usr/share/icons/{}",
    ),
)

FONTS = Cache(
    name="fonts",
    # Valid for the mtimes of the font directories, which are set only after a build.
    patterns=("/var/cache/fontconfig/*.cache-*", "/var/cache/fontconfig/CACHEDIR.TAG"),
    command=("/usr/bin/fc-cache", "--system-only", "--force"),
    always=True,
)
