"""Which version a module gets: every rule as a line of a table."""

from dataclasses import replace

import pytest

from qlumod.lock.rules.module_versions import KnownVersions, Published, remembered_versions, revised
from qlumod.lock.rules.recipe import Recipe
from qlumod.model.lock import Lock, LockedPredecessor
from qlumod.model.names import ArchName, Digest, FlavorName, ModuleName, ReleaseVersion

SLURM = ModuleName("slurm")
DOCUMENT, MANIFEST = Digest("d" * 64), Digest("e" * 64)


def recipe(packages: str = "a", spec: str = "a") -> Recipe:
    return Recipe(
        packages=Digest(packages * 64),
        spec=Digest(spec * 64),
        accounts=Digest("0" * 64),
        release=Digest("0" * 64),
    )


SAME, MOVED, BOTH = recipe(), recipe("b"), recipe("b", "b")


def lock(revision: int = 0, predecessor: str = "", published: Recipe | None = None) -> Lock:
    """A lock of 14.0.0 in which slurm has that N; 0: it does not know it."""
    made = Lock(
        version="14.0.0",
        flavor=FlavorName("bookworm"),
        architecture=ArchName("amd64"),
        epoch=1000,
        specs=((SLURM, Digest("0" * 64)),),
        release=Digest("0" * 64),
        accounts=Digest("0" * 64),
        archives=(),
        tools=(),
        revisions=((SLURM, revision),) if revision else (),
        packages=(),
    )
    if predecessor:
        before = LockedPredecessor(module=SLURM, version=predecessor, sha256=DOCUMENT)
        made = replace(made, predecessors=(before,))
    if published:
        known = replace(known_of(at(revision, published)), recipe=published)
        made = revised(made, made, {SLURM: known})[0]
    return made


def at(revision: int, made_of: Recipe | None = SAME, version: str = "14.0.0") -> Published:
    return Published(
        version=ReleaseVersion.parse(version),
        revision=revision,
        digest=made_of.digest if made_of else None,
        manifest=MANIFEST,
        document=DOCUMENT,
        epoch=500,
        recipe=made_of,
    )


def known_of(
    published: Published | None, taken: int | None = None, raised: bool = False
) -> KnownVersions:
    return KnownVersions(
        module=SLURM,
        recipe=SAME,
        epoch=1000,
        published=published,
        taken=(published.revision if published else 0) if taken is None else taken,
        raised=raised,
    )


OLDER = at(7, SAME, "13.2.1")

RULES = {
    "nothing is published": (known_of(None), None, "1 < None: an initial version"),
    "nothing is published, locked again": (
        known_of(None),
        lock(1),
        "1 < None: an initial version",
    ),
    "no repository, the lock knows a predecessor": (
        known_of(None),
        lock(3, "14.0.0-2"),
        "3 < 14.0.0-2: as the lock says",
    ),
    "nothing in the base, but the pool has two versions": (
        known_of(None, taken=2),
        None,
        "3 < None: an initial version",
    ),
    "the same recipe": (known_of(at(1)), lock(1), "1 < None: published as it is"),
    "the same recipe, and no lock any more": (
        known_of(at(4)),
        None,
        "4 < None: published as it is",
    ),
    "other packages": (known_of(at(1, MOVED)), lock(1), "2 < 14.0.0-1: other packages"),
    "other packages and another spec": (
        known_of(at(1, BOTH)),
        lock(1),
        "2 < 14.0.0-1: other packages and spec",
    ),
    "changed, and locked again before it is published": (
        known_of(at(1, MOVED)),
        lock(2, "14.0.0-1"),
        "2 < 14.0.0-1: other packages",
    ),
    "changed back before it was published": (
        known_of(at(1)),
        lock(2, "14.0.0-1"),
        "2 < 14.0.0-1: given by the lock before",
    ),
    "a later version is published elsewhere": (
        known_of(at(1, MOVED), taken=5),
        lock(1),
        "6 < 14.0.0-1: other packages",
    ),
    "raised": (known_of(at(1), raised=True), lock(1), "2 < 14.0.0-1: raised"),
    "raised and changed": (
        known_of(at(1, MOVED), raised=True),
        lock(1),
        "2 < 14.0.0-1: other packages; raised",
    ),
    "raised twice before it is published": (
        known_of(at(1), raised=True),
        lock(2, "14.0.0-1"),
        "2 < 14.0.0-1: raised",
    ),
    "published without its source": (
        known_of(at(1, None)),
        lock(1),
        "2 < 14.0.0-1: nobody knows what 14.0.0-1 was made from",
    ),
    "another release": (known_of(OLDER, taken=0), None, "1 < 13.2.1-7: the first of this release"),
    "another release, locked again": (
        known_of(OLDER, taken=0),
        lock(1, "13.2.1-7"),
        "1 < 13.2.1-7: the first of this release",
    ),
    "no repository, published and the same": (
        known_of(remembered_versions(lock(2, published=SAME), SLURM)),
        lock(2, published=SAME),
        "2 < None: published as it is",
    ),
    "no repository, published and changed": (
        known_of(remembered_versions(lock(2, published=MOVED), SLURM)),
        lock(2, published=MOVED),
        "3 < 14.0.0-2: another recipe",
    ),
}


@pytest.mark.parametrize(("known", "old", "said"), RULES.values(), ids=RULES)
def test_a_module_gets_its_version(known: KnownVersions, old: Lock | None, said: str) -> None:
    made, (found,) = revised(lock(), old, {SLURM: known})
    number = found.version.removeprefix("14.0.0-")
    assert f"{number} < {found.predecessor}: {found.why}" == said
    assert made.revisions == ((SLURM, int(number)),)
    assert bool(made.publications) == (found.why == "published as it is")
    # The next lock says the same, also where there is no repository.
    again = replace(
        known,
        published=remembered_versions(made, SLURM) or known.published,
        epoch=made.epoch_of(SLURM),
        raised=False,
    )
    assert revised(lock(), made, {SLURM: again})[0] == made


@pytest.mark.parametrize(
    ("new", "published", "chosen"), [(1000, 500, 1000), (1000, 1000, 1001), (900, 1000, 1001)]
)
def test_a_later_version_is_never_older(new: int, published: int, chosen: int) -> None:
    known = replace(known_of(replace(at(1, MOVED), epoch=published)), epoch=new)
    assert revised(lock(), lock(1), {SLURM: known})[0].epoch_of(SLURM) == chosen


def test_a_published_module_keeps_its_epoch_and_what_it_was_compared_with() -> None:
    before = LockedPredecessor(module=SLURM, version="14.0.0-1", sha256=DOCUMENT)
    known = known_of(replace(at(2), predecessor=before))
    made, _ = revised(lock(), None, {SLURM: known})
    assert (made.epoch_of(SLURM), made.predecessors) == (500, (before,))


def test_a_module_that_is_left_out_comes_back_as_what_it_was() -> None:
    old = revised(lock(), None, {SLURM: known_of(at(3))})[0]
    without = replace(lock(), specs=(), left_out=((SLURM, "no archive"),))
    made, found = revised(without, old, {})
    assert found == ()
    assert (made.revisions, made.epochs) == (old.revisions, old.epochs)
    assert made.publications == old.publications
    assert revised(lock(), made, {SLURM: known_of(remembered_versions(made, SLURM))})[0] == old
