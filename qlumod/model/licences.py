"""Licence texts of packages, by the names of their files; pure."""

import re
from collections.abc import Iterable

_WORDS = r"(?:un)?licen[cs]es?|copying|copyrights?|notices?|eula|patents|[al]?gpl|gfdl"
_NAMED = re.compile(rf"(?:.*[-_.]|.*party)?(?:{_WORDS})(?:[-_.v\d].*)?")
"""A file name in small letters, without the ending of a compressed file."""
_ALONE = re.compile(rf"(?:{_WORDS})\.x?html?")
_PAGE = re.compile(r".*\.x?html?")
_PACKED = re.compile(r"\.(?:gz|xz|bz2|zst)\Z")
_NO_TEXT = re.compile(
    r".*\.(?:[0-9][a-z]*|c|cc|class|cpp|css|go|h|hpp|jar|java|js|json|ko|map|mo|pl|pm|png|po|py|pyc"
    r"|qm|rb|rs|sh|so|svg|ts|vim|xml|xsl|yaml|yml)"
)
"""File names that end as those of programs, pages of manuals, pictures and translations do."""
_VERSION = re.compile(r".*[-_.]v?\d+\.\d+")
_ELSEWHERE = re.compile(r"/usr/share/(?:man|locale|bash-completion|zsh|lintian)/")
_DIRECTORY = re.compile(r"/licen[cs]es/")


def is_licence(path: str) -> bool:
    """Whether a file's path names a licence text: ``LICENSE``, ``NOTICE.txt``, ``COPYING.LIB.gz``.

    All text files in a directory ``LICENSES`` are such texts, too.
    """
    small = path.lower()
    name = _PACKED.sub("", small.rpartition("/")[2])
    if _ELSEWHERE.match(small) or (_NO_TEXT.fullmatch(name) and not _VERSION.fullmatch(name)):
        return False
    if _PAGE.fullmatch(name):
        return bool(_ALONE.fullmatch(name))
    return bool(_NAMED.fullmatch(name) or _DIRECTORY.search(small))


def licences_among(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths that name licence texts, sorted."""
    return tuple(sorted(filter(is_licence, paths)))
