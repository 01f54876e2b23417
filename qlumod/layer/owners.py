"""Which package a path belongs to, and which paths of a package are left out on purpose; pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cache

from qlumod.state.kind import canonical_path

FileLists = Mapping[str, Sequence[str]]
"""The paths of each package as its ``info/<package>.list`` has them."""

GENERATORS = (
    ("/etc/alternatives/", "update-alternatives"),
    ("/etc/rc", "update-rc.d"),
    ("/etc/systemd/system/", "deb-systemd-helper"),
    ("/etc/systemd/user/", "deb-systemd-helper"),
    ("/var/lib/systemd/deb-systemd-", "deb-systemd-helper"),
    ("/var/lib/dpkg/", "dpkg"),
    ("/var/lib/ucf/", "ucf"),
    ("/etc/ssl/certs/", "update-ca-certificates"),
)
"""Programs of Debian that make files which no package owns, by where these files lie."""

MAINTAINER_SCRIPT = "maintainer-script"
_WILDCARD = re.compile(r"[*?\[\\]")


@dataclass(frozen=True, slots=True)
class PathFilters:
    """dpkg's own path filters: the last one that matches decides (dpkg(1), --path-exclude)."""

    excludes: tuple[str, ...]
    includes: tuple[str, ...]

    def leave_out(self, path: str) -> bool:
        """Whether dpkg would not unpack that path; includes stand behind all excludes."""
        out, back = _any_of(self.excludes), _any_of(self.includes)
        return bool(out.match(path)) and not back.match(path)

    def needs_directory(self, path: str) -> bool:
        """Whether dpkg unpacks a directory or link though it is excluded: an include may fit below.

        It looks at a pattern as far as its first wildcard (dpkg's src/main/filters.c).
        """
        return any(
            path.startswith(_WILDCARD.split(pattern, maxsplit=1)[0].rstrip("/"))
            for pattern in self.includes
        )


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for many patterns of fnmatch(3), none of which may be there."""
    return re.compile("|".join((*map(translate, patterns), "(?!)")))


INFO = "/var/lib/dpkg/info/"
"""Where dpkg puts what a package's control archive holds."""


def owners_of(lists: FileLists) -> dict[str, str]:
    """The owner of each path by its canonical name; of several the first by name."""
    owners: dict[str, str] = {}
    for package in sorted(lists, reverse=True):
        owners.update((canonical_path(path), package) for path in lists[package])
    return owners


def owner_of_info(path: str) -> str | None:
    """The package that a file of dpkg's ``info`` directory comes from: ``NAME[:ARCH].KIND``."""
    if not path.startswith(INFO):
        return None
    return path.removeprefix(INFO).rpartition(".")[0].partition(":")[0] or None


def left_out_paths(
    lists: FileLists, present: Iterable[str], filters: PathFilters, moved: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """The paths of packages that are not there on purpose: ``(package, path)``, sorted.

    A path that is neither there nor filtered was taken away by a maintainer script, as it would be
    anywhere. `moved` are paths that the payload has beside the layer.
    """
    there, beside = set(present), set(moved)
    return tuple(
        sorted(
            (package, canonical_path(path))
            for package, paths in lists.items()
            for path in paths
            if canonical_path(path) in beside
            or (canonical_path(path) not in there and filters.leave_out(path))
        )
    )


def origin(path: str, owners: Mapping[str, str], cache: str | None) -> str:
    """Who made a path: its package, or ``<generator>``.

    `cache` is the name of the cache that the path belongs to, if any.
    """
    if path in owners:
        return owners[path]
    if cache is not None:
        return f"<{cache}>"
    if "/__pycache__" in path:
        return _compiled_by(path, owners)
    found = next((name for place, name in GENERATORS if path.startswith(place)), MAINTAINER_SCRIPT)
    return f"<{found}>"


def _compiled_by(path: str, owners: Mapping[str, str]) -> str:
    """The package whose Python source a compiled file belongs to."""
    directory, _, name = path.partition("/__pycache__")
    source = f"{directory}{name.split('.')[0]}.py" if name else directory
    return owners.get(source, "<py3compile>")
