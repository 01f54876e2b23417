"""The gate that no secret passes: what becomes of an installation is looked into, but for what
everybody can have from the packages.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener
from qlumod.layer.select import Selection
from qlumod.layer.shipped import Md5, Shipped
from qlumod.model.manifest import INITRD
from qlumod.model.public import Public
from qlumod.model.tree import Entry
from qlumod.stack.looking import Search, beside, faults_of_initrd, in_names, secret_answers
from qlumod.stack.suspects import Suspect, faults_of, judged
from qlumod.state.debconf import CONFIG, TEMPLATES
from qlumod.system.archive import side_by_side
from qlumod.system.within import Root


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What to look into, and what to compare it with; all paths are those of a root.

    `declared` are the bytes of what the spec lists under Secrets, `owners` the packages of paths,
    and `view` is the root as it was before.
    """

    tree: Root
    chosen: Selection
    shipped: Shipped
    declared: Mapping[str, bytes]
    owners: Mapping[str, str]
    public: Sequence[Public] = ()
    view: Root | None = None
    processors: int | None = None
    listen: Listener

    @cached_property
    def files(self) -> Mapping[str, Entry]:
        """The files of the layer that hold anything."""
        kept = (self.chosen.entries[path] for path in self.chosen.plan.kept)
        return {entry.path: entry for entry in kept if entry.type == "f" and entry.size}

    @cached_property
    def own(self) -> Mapping[str, Entry]:
        """Those whose bytes no package brought, as far as sums tell."""
        sums = side_by_side(self._sum, list(self.files), self.processors)
        pairs = zip(self.files.values(), sums, strict=True)
        return {entry.path: entry for entry, known in pairs if known not in self.shipped.sums}

    @cached_property
    def _below_by_size(self) -> Mapping[int, Sequence[str]]:
        found: dict[int, list[str]] = {}
        for entry in self.chosen.below.values():
            if entry.type == "f":
                found.setdefault(entry.size, []).append(entry.path)
        return found

    def _sum(self, path: str) -> Md5:
        with self.tree.reading(path) as source:
            return hashlib.file_digest(source, _new_md5).digest()

    def faults(self, fragments: Mapping[str, bytes]) -> Iterator[QlumodError]:
        """An error for each secret in the layer and in what it adds to shared state."""
        suspects = {s.path: s for s in self.suspects(fragments)}
        verdict = judged(suspects.values(), self.public)
        for unused in verdict.unused:
            text = f"Public: {unused.pattern}: nothing there looks like a secret"
            self.listen(Caution(text=text))
        beside = {path: e.digest for path, e in self.own.items() if path not in suspects}
        yield from faults_of(verdict.suspects, self.files, beside)

    def faults_of_initrd(self, data: bytes) -> Iterator[QlumodError]:
        """An error where the initrd holds a secret; members that the layer has are known."""
        passed = {entry.digest for entry in self.files.values()}

        def known(member: bytes) -> bool:
            return hashlib.sha256(member).hexdigest() in passed or self.shipped.has(member)

        yield from faults_of_initrd(
            INITRD, data, known=known, declared=self.declared, listen=self.listen
        )

    def suspects(self, fragments: Mapping[str, bytes]) -> Iterator[Suspect]:
        """What looks like a secret in the layer and in shared state, whatever the spec says."""
        search = Search(
            tree=self.tree,
            entries=self.chosen.entries,
            own=self.own,
            declared=self.declared,
            is_known=self._is_known,
            source=self._source,
            listen=self.listen,
        )
        yield from search.suspects()
        yield from in_names(
            {
                path: beside(self.chosen.entries[path], known=path in self.owners)
                for path in self.chosen.plan.kept
            }
        )
        yield from self._in_state(fragments)

    def _source(self, path: str) -> bytes | None:
        """The bytes of a file as a package shipped it."""
        return self.tree.read(path) if path in self.files and path not in self.own else None

    def _is_known(self, path: str, data: bytes) -> bool:
        """Whether the package itself or a module below has the same bytes; takes long."""
        if self.shipped.brings(self.owners.get(path, ""), path, data):
            return True
        if self.view is None:
            return False
        return any(self.view.read(one) == data for one in self._below_by_size.get(len(data), ()))

    def _in_state(self, fragments: Mapping[str, bytes]) -> Iterator[Suspect]:
        """Secrets among the answers to packages' questions; no other state is free text."""
        questions, templates = (fragments.get(kind.name, b"") for kind in (CONFIG, TEMPLATES))
        answers = tuple(secret_answers(questions, templates))
        if answers:
            yield Suspect(path=CONFIG.path, why=", ".join(answers))


def declared_secrets(tree: Root, chosen: Selection, shipped: Shipped) -> dict[str, bytes]:
    """The bytes of what the spec lists under Secrets, but for what packages ship."""
    files = (chosen.entries[path] for path in chosen.secrets)
    data = {entry.path: tree.read(entry.path) for entry in files if entry.type == "f"}
    return {path: found for path, found in data.items() if not shipped.has(found)}


def _new_md5() -> Any:
    return hashlib.md5(usedforsecurity=False)
