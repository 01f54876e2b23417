"""Caches: files that a program makes from other files, and the program that makes them again.

Every command is the one that the package's own maintainer script or dpkg trigger runs.
"""

from qlumod.packaging.debian.tex_lists import TEX_LISTS, TEX_TREES
from qlumod.state import caches
from qlumod.state.kind import Cache

_PAM = ("account", "auth", "password", "session", "session-noninteractive")

CACHES = (
    caches.LD_SO,
    caches.DEPMOD,
    caches.HWDB,
    caches.JOURNAL_CATALOG,
    Cache(
        name="pam",
        # The profiles of packages are merged into these files; ``seen`` lists the known profiles.
        patterns=(
            *(f"/etc/pam.d/common-{stack}" for stack in _PAM),
            *(f"/var/lib/pam/{stack}" for stack in (*_PAM, "seen")),
        ),
        command=("/usr/sbin/pam-auth-update", "--package", "--force"),
        leaves=(
            *(f"/etc/pam.d/common-{stack}.pam-old" for stack in _PAM),
            "/var/cache/debconf/config.dat-old",
            "/var/cache/debconf/templates.dat-old",
        ),
    ),
    Cache(
        name="ca-certificates",
        patterns=("/etc/ssl/certs/ca-certificates.crt",),
        command=("/usr/sbin/update-ca-certificates",),
    ),
    Cache(
        name="info",
        patterns=("/usr/share/info/dir",),
        command=("/usr/sbin/update-info-dir",),
    ),
    caches.MIME_TYPES,
    Cache(
        name="mailcap",
        patterns=("/etc/mailcap",),
        command=("/usr/sbin/update-mime",),
    ),
    caches.DESKTOP_FILES,
    caches.ICONS,
    Cache(
        name="gio-modules",
        patterns=("/usr/lib/*/gio/modules/giomodule.cache",),
        command=("/usr/lib/{}/glib-2.0/gio-querymodules", "/usr/lib/{}/gio/modules"),
    ),
    Cache(
        name="gsettings-schemas",
        patterns=("/usr/share/glib-2.0/schemas/gschemas.compiled",),
        # Not in the search path of Debian 12; the star stands for a triplet.
        command=("/usr/lib/*/glib-2.0/glib-compile-schemas", "/usr/share/glib-2.0/schemas"),
    ),
    Cache(
        name="gdk-pixbuf-loaders",
        patterns=("/usr/lib/*/gdk-pixbuf-2.0/2.10.0/loaders.cache",),
        command=("/usr/lib/{}/gdk-pixbuf-2.0/gdk-pixbuf-query-loaders", "--update-cache"),
    ),
    Cache(
        name="gtk3-input-methods",
        patterns=("/usr/lib/*/gtk-3.0/3.0.0/immodules.cache",),
        command=("/usr/lib/{}/libgtk-3-0/gtk-query-immodules-3.0", "--update-cache"),
    ),
    caches.FONTS,
    Cache(
        name="cracklib",
        patterns=tuple(
            f"/var/cache/cracklib/{name}"
            for name in (
                "cracklib_dict.hwm",
                "cracklib_dict.pwd",
                "cracklib_dict.pwi",
                "src-dicts",
            )
        ),
        command=("/usr/sbin/update-cracklib",),
    ),
    Cache(
        name="dictionaries",
        patterns=tuple(
            f"/var/cache/dictionaries-common/{name}"
            for name in (
                "aspell.db",
                "emacsen-ispell-default.el",
                "emacsen-ispell-dicts.el",
                "hunspell.db",
                "ispell-dicts-list.txt",
                "ispell.db",
                "jed-ispell-dicts.sl",
                "sqspell.php",
                "wordlist.db",
            )
        ),
        command=("/usr/sbin/update-default-ispell", "--rebuild"),
    ),
    Cache(
        name="perl-sax-parsers",
        patterns=("/etc/perl/XML/SAX/ParserDetails.ini",),
        command=("/usr/bin/update-perl-sax-parsers", "--update"),
    ),
    Cache(
        name="texmf",
        patterns=("/etc/texmf/web2c/texmf.cnf",),
        command=("/usr/sbin/update-texmf",),
    ),
    Cache(
        name="tex-lists",
        patterns=TEX_LISTS,
        command=("/usr/bin/mktexlsr", *TEX_TREES),
    ),
    Cache(
        name="sgml-catalogs",
        patterns=("/var/lib/sgml-base/supercatalog",),
        command=("/usr/sbin/update-catalog", "--update-super"),
    ),
)
