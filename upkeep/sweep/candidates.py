"""The packages that may be drawn: those of a flavor's archives that core does not have."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import apt_pkg

from qlumod.events import ignore
from qlumod.model.release import Release
from qlumod.model.release_archives import Archive
from qlumod.model.target import Target
from qlumod.packaging.archives import Reach
from qlumod.packaging.debian.archives.root import archive_root, with_indexes
from upkeep.sweep.drawing import MAIN, Candidate

BACKPORTS = "-backports"
"""How the names of suites end that have newer versions of other suites' packages."""


def candidates_of(
    release: Release, target: Target, *, beside: Path, cache: Path, without: Collection[str]
) -> list[Candidate]:
    """Read the distribution's archives; `cache` is for the indexes, `without` has core's names."""
    archives = [one for one in release.archives_of(target.flavor) if _is_drawn_from(one)]
    names = frozenset(archive.name for archive in archives)
    with archive_root(
        release, target, Reach(beside=beside, cache=cache), needed=names, listen=ignore
    ) as where:
        root = with_indexes(where, (), ignore).root
        lists = sorted(root.lists.glob("*_Packages*"))
        found = list(newest(one for path in lists for one in _read(path)))
    return [candidate for candidate in found if candidate.name not in without]


def _is_drawn_from(archive: Archive) -> bool:
    """Whether it is the distribution's own, and no other version of it."""
    return bool(archive.origin) and not any(suite.endswith(BACKPORTS) for suite in archive.suites)


def newest(found: Iterable[Candidate]) -> Iterator[Candidate]:
    """One candidate for each name, with the newest version, sorted."""
    apt_pkg.init_system()
    best: dict[str, Candidate] = {}
    for candidate in found:
        other = best.get(candidate.name)
        if other is None or apt_pkg.version_compare(candidate.version, other.version) > 0:
            best[candidate.name] = candidate
    yield from (best[name] for name in sorted(best))


def _read(path: Path) -> Iterator[Candidate]:
    with apt_pkg.TagFile(str(path)) as stanzas:
        for stanza in stanzas:
            component, _, section = str(stanza.get("Section", "")).rpartition("/")
            yield Candidate(
                name=stanza["Package"],
                version=stanza["Version"],
                component=component or MAIN,
                section=section,
                conflicts=(
                    *_names(stanza.get("Conflicts", "")),
                    *_names(stanza.get("Breaks", "")),
                ),
                provides=tuple(_names(stanza.get("Provides", ""))),
            )


def _names(relations: str) -> Iterator[str]:
    """The names of a list of relations; a bound is left away, so more conflicts are assumed."""
    for relation in filter(None, map(str.strip, relations.split(","))):
        yield relation.split()[0].partition(":")[0]


def write_candidates(path: Path, found: Iterable[Candidate]) -> None:
    """Keep what may be drawn, so that a sweep that goes on draws from the same."""
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps([asdict(one) for one in found]), encoding="utf-8")
    unfinished.rename(path)


def read_candidates(path: Path) -> list[Candidate]:
    """What `write_candidates` kept."""
    return [
        Candidate(
            **{
                **values,
                "conflicts": tuple(values["conflicts"]),
                "provides": tuple(values["provides"]),
            }
        )
        for values in json.loads(path.read_text(encoding="utf-8"))
    ]
