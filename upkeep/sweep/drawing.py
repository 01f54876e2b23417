"""The rule of drawing: which packages a sample has; pure.

Each package belongs to one group, by its component and section (`GROUPS`, the first that fits).
Within a group, packages are in the order of the SHA-256 of ``SEED:NAME``. A group with the share s
gets the places (k + ½) / s of one queue, for k = 0, 1, 2 …; a sample of n are the first n of the
queue. So the same seed always gives the same queue, a larger sample contains the smaller one, and
each group has its share of every sample until it is used up.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAIN = "main"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Candidate:
    """A package that may be drawn."""

    name: str
    version: str
    component: str
    """The component of the archive: main, contrib, non-free, non-free-firmware."""
    section: str
    """The section without the component."""
    conflicts: tuple[str, ...] = ()
    """Names of packages that cannot be installed beside it, as its own stanza says."""
    provides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Packages that have a share of each sample; no `sections` are all that no other group has."""

    name: str
    share: int
    """In hundredths."""
    sections: frozenset[str] = frozenset()
    endings: tuple[str, ...] = ()
    """Ends of names that belong to it whatever their section is."""
    never: tuple[str, ...] = ()
    """Beginnings of names that do not belong to it."""
    other_components: bool = False
    """Whether it has the packages that are not in main."""

    def has(self, candidate: Candidate) -> bool:
        """Whether a package belongs to it, if no earlier group has it."""
        if self.other_components:
            return candidate.component != MAIN
        if candidate.name.startswith(self.never):
            return False
        if candidate.name.endswith(self.endings):
            return True
        return not (self.sections or self.endings) or candidate.section in self.sections


def _sections(text: str) -> frozenset[str]:
    return frozenset(text.split())


GROUPS = (
    # Kernels and their headers are the half of their section, and all alike.
    Group(
        name="kernel modules", share=8, sections=_sections("kernel"), endings=("-dkms",),
        never=("linux-",),
    ),
    Group(name="contrib and non-free", share=10, other_components=True),
    Group(
        name="services",
        share=30,
        sections=_sections("admin comm database httpd mail net news otherosfs utils vcs"),
    ),
    Group(
        name="desktops",
        share=14,
        sections=_sections("fonts games gnome gnustep graphics kde sound video web x11 xfce"),
    ),
    Group(
        name="languages",
        share=14,
        sections=_sections(
            "cli-mono devel golang gnu-r haskell interpreters java javascript lisp ocaml perl php"
            " python ruby rust zope"
        ),
    ),
    Group(
        name="HPC", share=14, sections=_sections("electronics hamradio math science"),
        endings=("-mpi-dev", "-openmpi", "-mpich"),
    ),
    Group(name="all other sections", share=10),
)  # fmt: skip
"""All groups: each package belongs to the first that has it."""


def group_of(candidate: Candidate) -> Group:
    """The group of a package."""
    return next(group for group in GROUPS if group.has(candidate))


def queue_of(candidates: Iterable[Candidate], seed: str) -> list[Candidate]:
    """All packages in the order in which they are drawn."""
    members: defaultdict[str, list[Candidate]] = defaultdict(list)
    for candidate in sorted(candidates, key=lambda one: _rank(one, seed)):
        members[group_of(candidate).name].append(candidate)
    return [candidate for _, _, candidate in sorted(_places(members), key=lambda one: one[:2])]


def _places(members: dict[str, list[Candidate]]) -> Iterator[tuple[float, int, Candidate]]:
    for number, group in enumerate(GROUPS):
        for k, candidate in enumerate(members.get(group.name, [])):
            yield (k + 0.5) / group.share, number, candidate


def _rank(candidate: Candidate, seed: str) -> str:
    return hashlib.sha256(f"{seed}:{candidate.name}".encode()).hexdigest()


def rule() -> Iterator[str]:
    """The groups as the rows of a table in Markdown."""
    yield "| group | share | packages |"
    yield "|---|---|---|"
    for group in GROUPS:
        names = [f"`*{ending}`" for ending in group.endings]
        names += [f"not `{beginning}*`" for beginning in group.never]
        sections = ", ".join([*sorted(group.sections), *names])
        if group.other_components:
            sections = "not in main"
        yield f"| {group.name} | {group.share} % | {sections or 'the rest'} |"
