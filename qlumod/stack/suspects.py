"""Paths of a layer that look like secrets: what the spec says of them, and the errors; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import PurePosixPath

from qlumod.errors import QlumodError
from qlumod.model.public import Public
from qlumod.model.secret import SecretKind
from qlumod.secrets.groups import PathGroup, grouped, patterns
from qlumod.state.kind import matches_any

SHOWN = 20
"""The maximum number of paths of a group in an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A path that looks like a secret and must not be published unchanged."""

    path: str
    why: str
    """The reason, as the end of ``this looks like a secret: …``."""
    private: bool = False
    """Whether the spec cannot declare it public."""
    digest: str = ""
    """Suspects with equal digests are copies of each other."""
    half_of: str = ""
    """The path of the private key whose public half it is."""
    kind: SecretKind | None = None
    """Whose secret it is, if known."""
    remedy: str = ""
    """How to correct it, if it is not a file that Secrets could name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The suspects for which the build must stop, and the unused fields."""

    suspects: tuple[Suspect, ...]
    unused: tuple[Public, ...]
    """The Public entries of the spec that match no suspect."""


def judged(suspects: Iterable[Suspect], public: Sequence[Public]) -> Judged:
    """The suspects that the spec does not declare public."""
    suspects = tuple(suspects)
    meant = {one: [s for s in suspects if is_meant(s.path, one)] for one in public}
    waved = {s.path for found in meant.values() for s in found if not s.private}
    return Judged(
        suspects=tuple(
            replace(suspect, why=f"{suspect.why}, of which nobody can say that it is public")
            if any(suspect in found for found in meant.values())
            else suspect
            for suspect in suspects
            if suspect.path not in waved
        ),
        unused=tuple(one for one, found in meant.items() if not found),
    )


def is_meant(path: str, public: Public) -> bool:
    """Whether a Public entry covers a path."""
    if not public.is_tree:
        return matches_any(path, (public.pattern,))
    directory = public.pattern.rstrip("/")
    return any(matches_any(str(parent), (directory,)) for parent in PurePosixPath(path).parents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """One secret: the error about it, and the lines of the field Secrets that would name it."""

    fault: QlumodError
    secrets: tuple[str, ...]


def faults_of(
    suspects: Sequence[Suspect], everything: Iterable[str], beside: Mapping[str, str]
) -> Iterator[QlumodError]:
    """The errors of `suspicions_of`."""
    for suspicion in suspicions_of(suspects, everything, beside):
        yield suspicion.fault


def suspicions_of(
    suspects: Sequence[Suspect], everything: Iterable[str], beside: Mapping[str, str]
) -> Iterator[Suspicion]:
    """Each secret: a file with its copies and its public half, or a whole tree.

    `everything` are all files of the layer. `beside` has the digests of files that no package
    ships and that look harmless, but may be copies of a suspect or made from it.
    """
    by_path = {suspect.path: suspect for suspect in suspects}
    halves = {path: one for path, one in by_path.items() if one.half_of in by_path}
    digests = {path: one.digest for path, one in by_path.items() if path not in halves}
    for group in grouped(digests, everything, beside):
        own = [path for path, half in halves.items() if half.half_of in group.members]
        members = tuple(sorted({*group.members, *own}))
        whole = replace(group, members=members)
        files = patterns(members, chain(everything, beside, digests)) if group.tree else members
        secrets = tuple(_secrets(whole, by_path, files))
        yield Suspicion(fault=_fault(whole, by_path, secrets), secrets=secrets)


def _secrets(
    group: PathGroup, suspects: Mapping[str, Suspect], files: Iterable[str]
) -> Iterator[str]:
    """The lines of the field Secrets for a group; none if the secret is no file of its own."""
    first = suspects.get(group.path)
    if group.tree:
        yield from (f"{path} {SecretKind.NODE}" for path in files)
    elif first and not first.remedy:
        yield from (f"{path} {first.kind or SecretKind.SITE}" for path in files)


def _fault(
    group: PathGroup, suspects: Mapping[str, Suspect], secrets: Sequence[str]
) -> QlumodError:
    others = [path for path in group.members if path != group.path]
    known = [suspects[path] for path in group.members if path in suspects]
    private = any(suspect.private for suspect in known)
    if group.tree:
        return QlumodError(
            f"{group.path}/: {len(group.members)} files below look like secrets: {known[0].why}",
            details=_shown([f"{suspect.path}: {suspect.why}" for suspect in known]),
            remedy=_remedy_of_tree(group.path, secrets, private=private),
        )
    first = suspects[group.path]
    return QlumodError(
        f"{group.path}: this looks like a secret: {first.why}",
        details=_shown([_member(path, suspects.get(path)) for path in others]),
        remedy=_remedy(first, private=private, many=bool(others)),
    )


def _member(path: str, suspect: Suspect | None) -> str:
    why = suspect.why if suspect else "it is a copy, or was made from it"
    return f"with it goes {path}: {why}"


def _shown(lines: Sequence[str]) -> list[str]:
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return [*lines[:SHOWN], *more]


def _remedy(suspect: Suspect, *, private: bool, many: bool) -> str:
    path, kind = suspect.path, suspect.kind
    if suspect.remedy:
        how = suspect.remedy
    elif kind:
        how = f"add it to the field Secrets, as '{path} {kind}'"
    else:
        how = (
            f"add it to the field Secrets, as '{path} site' if many nodes share it, "
            f"or as '{path} node' if each node has its own"
        )
    if many:
        how = how.replace("add it", "add all these paths", 1)
    return how if private else f"{how}; {_to_publish(path)}"


def _remedy_of_tree(directory: str, secrets: Sequence[str], *, private: bool) -> str:
    """The remedy for a tree: Secrets lists files, directory by directory; Public lists trees."""
    named = ", ".join(f"'{secret}'" for secret in secrets)
    how = f"add its files to the field Secrets, as {named}"
    return how if private else f"{how}; {_to_publish(f'{directory}/')}"


def _to_publish(path: str) -> str:
    return f"if everybody may read it, add '{path} REASON' to the field Public"
