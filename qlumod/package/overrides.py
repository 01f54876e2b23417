"""Tags of lintian that do not apply to a module's packages, each with the reason."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Tags that do not apply, and why."""

    tags: tuple[str, ...]
    reason: tuple[str, ...]


UNCOMPRESSED = Override(
    tags=("uses-no-compression-for-data-tarball",),
    reason=(
        "The data are a squashfs layer, compressed already: to compress it again takes a minute",
        "or more and saves 2 %. All packages of this source are written the same way.",
    ),
)
FIRST = Override(
    tags=("initial-upload-closes-no-bugs",),
    reason=("Modules are published in an archive of their own: no bug of Debian's asks for them.",),
)

_COLLECTED = (
    "The copyright file is a collection, word for word, of those of the packages in the module:",
    "what their authors wrote is not to be mended here.",
)
_LATER = (
    r"\b(?:any|or)\s+later\b|as Perl itself|License(?:-Alias)?:\s+Perl"
    r"|License: (?:L?GPL|GFDL)-[\d.]+\+"
)
_SAID = {
    "copyright-contains-automatically-extracted-boilerplate": (
        r"This copyright info was automatically extracted"
    ),
    "copyright-contains-dh_make-todo-boilerplate": (
        r"# Please also look if there are files or directories which have a\n"
        r"|# If you want to use GPL v2 or later for the /debian/\* files use\n"
    ),
    "copyright-file-contains-full-apache-2-license": (
        r"TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION"
    ),
    "copyright-file-contains-full-gfdl-license": r"1\. APPLICABILITY AND DEFINITIONS",
    "copyright-file-contains-full-gpl-license": (
        r"\bGNU GENERAL PUBLIC LICENSE\s*(?:TERMS AND CONDITIONS FOR COPYING,\s*"
        r"DISTRIBUTION AND MODIFICATION|Version 3)\b"
    ),
    "copyright-has-crs": r"\r",
    "copyright-has-url-from-dh_make-boilerplate": r"url://",
    "copyright-refers-to-compressed-license": r"usr/share/common-licenses/[^ \t]*?\.gz",
    "copyright-refers-to-deprecated-bsd-license-file": r"/usr/share/common-licenses/BSD",
    "copyright-refers-to-incorrect-directory": r"usr/share/common-licences",
    "copyright-refers-to-old-directory": r"usr/share/doc/copyright|usr/doc/copyright",
    "copyright-with-old-dh-make-debian-copyright": (r"The\s+Debian\s+packaging\s+is\s+\(C\)\s+\d+"),
    "helper-templates-in-copyright": (
        r"<fill in (?:http/)?ftp site>|<Must follow here>|<Put the license of the package here"
        r"|<put author[\'(]s\)? name and email here>|<Copyright \(C\) YYYY Name OfAuthor>"
        r"|Upstream Author\(s\)|<years>|<special license>|<Including paragraphs>"
        r"|<likewise for another author>|<INSERT COPYRIGHT YEAR\(S\) HERE>"
    ),
    # lintian of Debian 12 still accepts the address of 2005; then the override is unused.
    "old-fsf-address-in-copyright-file": (
        r"Free\s*Software\s*Foundation.*02139|02111-1307|02110-1301"
    ),
}
"""The texts for which lintian emits a tag of a copyright file; see its Debian/Copyright.pm."""


def of_copyright(text: bytes) -> tuple[Override, ...]:
    """The override for lintian's tags of collected copyright files, or nothing."""
    try:
        tags = _tags(text.decode())
    except UnicodeDecodeError:
        # If the text is not UTF-8, lintian emits only this tag.
        tags = ("national-encoding",)
    return (Override(tags=tags, reason=_COLLECTED),) if tags else ()


def _tags(text: str) -> tuple[str, ...]:
    tags = {tag for tag, pattern in _SAID.items() if re.search(pattern, text, re.DOTALL)}
    return tuple(sorted({*tags, *_of_named_licence(text)}))


def _of_named_licence(text: str) -> tuple[str, ...]:
    """The tag of the first licence that is named without its version."""
    first = re.search(r"usr/share/common-licenses/(?:L?GPL|GFDL)([^-])", text, re.IGNORECASE)
    if not first:
        return ()
    if re.match(r"\w", first[1]):
        return ("copyright-refers-to-nonexistent-license-file",)
    if re.search(_LATER, text, re.IGNORECASE):
        return ("copyright-refers-to-symlink-license",)
    return ("copyright-refers-to-versionless-license-file",) if "version" in text else ()
