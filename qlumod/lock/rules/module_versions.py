"""The version of each module: pure rules over the new lock, the old one, and published versions.

A module with the recipe of the published version keeps that version. A changed one gets the next
version, and is compared with the published one. A lock never takes back an N that it has given.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from qlumod.errors import QlumodError
from qlumod.lock.rules.recipe import Recipe
from qlumod.model.lock import Lock, LockedPredecessor, LockedPublication
from qlumod.model.names import Digest, ModuleName, ReleaseVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A published version of a module."""

    version: ReleaseVersion
    revision: int
    digest: Digest | None
    """The digest of its recipe; None if its recipe is unknown."""
    manifest: Digest
    document: Digest
    epoch: int
    recipe: Recipe | None = None
    """The recipe's parts, if they are known."""
    predecessor: LockedPredecessor | None = None
    """The version with which it was compared itself."""

    @property
    def full_version(self) -> str:
        """The version of its packages: ``14.0.0-1``."""
        return f"{self.version}-{self.revision}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The version that a module gets, and why."""

    module: ModuleName
    version: str
    predecessor: str | None
    """The version with which it is compared."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownVersions:
    """The facts about a module by which its version is chosen."""

    module: ModuleName
    recipe: Recipe
    epoch: int
    """Its time if it becomes a new version."""
    published: Published | None
    taken: int
    """The highest N that is published anywhere for this x.y.z; 0: none."""
    raised: bool = False
    """Whether the user requests the N after the published one, regardless of the recipe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    revision: int
    epoch: int
    why: str
    predecessor: LockedPredecessor | None = None
    publication: LockedPublication | None = None


def revised(
    new: Lock, old: Lock | None, known: Mapping[ModuleName, KnownVersions]
) -> tuple[Lock, tuple[Revision, ...]]:
    """Give each module of a new lock its version, its epoch and its predecessor."""
    chosen = {module: _choose(new, old, found) for module, found in sorted(known.items())}
    # A module that is left out of this lock keeps its previous version for later.
    kept = dict(_kept(new, old)) if old else {}
    every = sorted({**kept, **chosen}.items())
    lock = replace(
        new,
        revisions=tuple((module, found.revision) for module, found in every),
        epochs=tuple((module, found.epoch) for module, found in every if found.epoch != new.epoch),
        predecessors=tuple(found.predecessor for _, found in every if found.predecessor),
        publications=tuple(found.publication for _, found in every if found.publication),
    )
    return lock, tuple(
        Revision(
            module=module,
            version=f"{new.version}-{found.revision}",
            predecessor=found.predecessor.version if found.predecessor else None,
            why=found.why,
        )
        for module, found in chosen.items()
    )


def remembered_versions(old: Lock | None, module: ModuleName) -> Published | None:
    """The publication of a module by the lock itself: sufficient if there is no repository."""
    publication = old.publication_of(module) if old else None
    if old is None or publication is None:
        return None
    return Published(
        version=ReleaseVersion.parse(old.version),
        revision=dict(old.revisions)[module],
        digest=publication.recipe,
        manifest=publication.manifest,
        document=publication.document,
        epoch=old.epoch_of(module),
        predecessor=old.predecessor_of(module),
    )


def is_published(lock: Lock, module: ModuleName, *, manifest: Digest, made: str) -> bool:
    """Whether the lock records a payload as published; `made` is its path, with `manifest`.

    Raises if other bytes are published under the same version. The recipe is the same then: the
    cause of the difference is in the layers below, or in qlumod.
    """
    publication = lock.publication_of(module)
    if publication and manifest != publication.manifest:
        raise QlumodError(
            f"module {module} has come out otherwise than its published version "
            f"{lock.version}-{dict(lock.revisions)[module]}",
            details=(f"it lies in {made}",),
            remedy=f"give it the next version: qlumod lock --raise {module}",
        )
    return publication is not None


def _kept(new: Lock, old: Lock) -> Iterator[tuple[ModuleName, _Chosen]]:
    left_out = dict(new.left_out)
    for module, revision in old.revisions:
        if module in left_out:
            yield (
                module,
                _Chosen(
                    revision=revision,
                    epoch=old.epoch_of(module),
                    why=left_out[module],
                    predecessor=old.predecessor_of(module),
                    publication=old.publication_of(module),
                ),
            )


def _choose(new: Lock, old: Lock | None, known: KnownVersions) -> _Chosen:
    given = dict(old.revisions).get(known.module, 0) if old else 0
    published = known.published
    if published is None:
        return _unpublished(old, known, given)
    if str(published.version) != new.version:
        return _next(known, published, max(given, known.taken + 1), "the first of this release")
    if published.digest == known.recipe.digest and not known.raised and given <= published.revision:
        return _same(known, published)
    number = max(given, known.taken + 1, published.revision + 1)
    return _next(known, published, number, "; ".join(_reasons(known, published)))


def _same(known: KnownVersions, published: Published) -> _Chosen:
    return _Chosen(
        revision=published.revision,
        epoch=published.epoch,
        why="published as it is",
        predecessor=published.predecessor,
        publication=LockedPublication(
            module=known.module,
            recipe=known.recipe.digest,
            manifest=published.manifest,
            document=published.document,
        ),
    )


def _next(known: KnownVersions, published: Published, number: int, why: str) -> _Chosen:
    return _Chosen(
        revision=number,
        # A later version is never older, though it may be made from the same indexes.
        epoch=max(known.epoch, published.epoch + 1),
        why=why,
        predecessor=LockedPredecessor(
            module=known.module, version=published.full_version, sha256=published.document
        ),
    )


def _unpublished(old: Lock | None, known: KnownVersions, given: int) -> _Chosen:
    """Keep the old lock's record: the version it was compared with may not be here."""
    before = old.predecessor_of(known.module) if old else None
    return _Chosen(
        revision=max(given, known.taken + 1),
        epoch=max(known.epoch, old.epoch_of(known.module)) if old and before else known.epoch,
        why="as the lock says" if before else "an initial version",
        predecessor=before,
    )


def _reasons(known: KnownVersions, published: Published) -> Iterator[str]:
    if published.digest is None:
        yield f"nobody knows what {published.full_version} was made from"
    elif published.recipe and published.digest != known.recipe.digest:
        yield f"other {' and '.join(known.recipe.differing(published.recipe))}"
    elif published.digest != known.recipe.digest:
        yield "another recipe"
    if known.raised:
        yield "raised"
    elif published.digest == known.recipe.digest:
        yield "given by the lock before"
