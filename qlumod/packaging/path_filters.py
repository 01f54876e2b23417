"""The paths of packages that are deliberately left out of a root; pure."""

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cache

_WILDCARD = re.compile(r"[*?\[\\]")


@dataclass(frozen=True, slots=True)
class PathFilters:
    """Patterns of fnmatch(3) from release and spec (Exclude, Include)."""

    excludes: tuple[str, ...]
    includes: tuple[str, ...]

    def leave_out(self, path: str) -> bool:
        """Whether that path of a package is left out; includes are applied after all excludes."""
        out, back = _any_of(self.excludes), _any_of(self.includes)
        return bool(out.match(path)) and not back.match(path)

    def needs_directory(self, path: str) -> bool:
        """Whether an excluded directory or link is kept, since an include may match below it.

        Only the text of a pattern up to its first wildcard is compared.
        """
        return any(
            path.startswith(_WILDCARD.split(pattern, maxsplit=1)[0].rstrip("/"))
            for pattern in self.includes
        )


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for many patterns of fnmatch(3); there may be none."""
    return re.compile("|".join((*map(translate, patterns), "(?!)")))
