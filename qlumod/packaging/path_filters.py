"""Which paths of packages are left out of a root on purpose; pure."""

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cache

_WILDCARD = re.compile(r"[*?\[\\]")


@dataclass(frozen=True, slots=True)
class PathFilters:
    """Patterns of fnmatch(3) as release and spec have them (Exclude, Include)."""

    excludes: tuple[str, ...]
    includes: tuple[str, ...]

    def leave_out(self, path: str) -> bool:
        """Whether that path of a package is left out; includes stand behind all excludes."""
        out, back = _any_of(self.excludes), _any_of(self.includes)
        return bool(out.match(path)) and not back.match(path)

    def needs_directory(self, path: str) -> bool:
        """Whether a directory or link stays though it is excluded: an include may fit below.

        A pattern is looked at as far as its first wildcard.
        """
        return any(
            path.startswith(_WILDCARD.split(pattern, maxsplit=1)[0].rstrip("/"))
            for pattern in self.includes
        )


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for many patterns of fnmatch(3), none of which may be there."""
    return re.compile("|".join((*map(translate, patterns), "(?!)")))
