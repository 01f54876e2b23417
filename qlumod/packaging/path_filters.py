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

    def leave_out_made(self, path: str, *, directory: bool) -> bool:
        """Whether a canonical path is left out that no package lists, such as a script's file.

        `directory`: it is a directory or a link, which stays if an include may match below it.
        Patterns are written for the paths in packages, which may not be usr-merged.
        """
        spellings = (path, path.removeprefix("/usr"))
        return (
            any(map(_any_of(self.excludes).match, spellings))
            and not any(map(_any_of(self.includes).match, spellings))
            and not (directory and any(map(self.needs_directory, spellings)))
        )

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
