"""The owning package of a path, and the deliberately left-out paths of a package; pure."""

from collections.abc import Callable, Iterable, Mapping

from qlumod.packaging.database import FileLists
from qlumod.packaging.path_filters import PathFilters
from qlumod.state.kind import canonical_path

MAINTAINER_SCRIPT = "maintainer-script"


def owners_of(lists: FileLists) -> dict[str, str]:
    """The owner of each path by its canonical name; of several the first by name."""
    owners: dict[str, str] = {}
    for package in sorted(lists, reverse=True):
        owners.update((canonical_path(path), package) for path in lists[package])
    return owners


def left_out_paths(
    lists: FileLists, present: Iterable[str], filters: PathFilters, moved: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """The paths of packages that are deliberately missing: ``(package, path)``, sorted.

    A path that is missing but not filtered was removed by a maintainer script, as in any
    installation. `moved` are paths that the payload has beside the layer.
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


def origin(
    path: str,
    owners: Mapping[str, str],
    cache: str | None,
    generator_of: Callable[[str], str | None],
) -> str:
    """The origin of a path: its package, or ``<generator>``.

    `cache` is the name of the cache to which the path belongs, if any.
    """
    if path in owners:
        return owners[path]
    if cache is not None:
        return f"<{cache}>"
    source = _source_of(path)
    if source and source in owners:
        return owners[source]
    return f"<{generator_of(path) or MAINTAINER_SCRIPT}>"


def _source_of(path: str) -> str | None:
    """The Python source of a compiled file; None: it is no such file."""
    directory, compiled, name = path.partition("/__pycache__")
    if not compiled:
        return None
    return f"{directory}{name.split('.')[0]}.py" if name else directory
