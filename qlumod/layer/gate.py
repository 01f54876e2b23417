"""The gate for secrets: it checks all of an installation but the public bytes of packages."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener, Proposal
from qlumod.layer.select import Selection
from qlumod.layer.shipped import Shipped
from qlumod.model.digests import digest_bytes
from qlumod.model.manifest import INITRD
from qlumod.model.public import Public
from qlumod.model.tree import TreeEntry
from qlumod.packaging.answers import Answers
from qlumod.packaging.database import PackageDatabase
from qlumod.packaging.initrd import InitrdMaker
from qlumod.secrets.copies import copies_of
from qlumod.secrets.look import look
from qlumod.stack.looking import (
    LOOKED_INTO,
    Search,
    caution,
    facts_beside,
    faults_of_initrd,
    in_names,
    told_findings,
    top_of,
)
from qlumod.stack.payload import STATE
from qlumod.stack.settle import set_attributes
from qlumod.stack.suspects import Suspect, judged, suspicions_of
from qlumod.state.accounts import ACCOUNTS
from qlumod.state.kind import matched_by
from qlumod.system.disk.side_by_side import side_by_side
from qlumod.system.disk.within import Root

_NAME = re.compile("[A-Za-z]{2,}")
_EVERYWHERE = frozenset(("bin", "conf", "config", "etc", "lib", "main", "share", "usr", "var"))
_LARGEST_TEMPLATE = 256 << 10
"""The most bytes of a file from which a configuration may be made."""
_TEMPLATES = 2000
"""The most such files that are read for one path."""
_FIELD_NAMES = re.compile(rb"^[A-Z][A-Za-z-]*: ", re.MULTILINE)
_ANSWERED = "answer the question in the spec (Debconf), or have the package forget it (db_reset)"
_WRITTEN = "see which maintainer script writes it there, and take that package out or mend it"
_NO_KERNEL = "see which maintainer script writes it there in the place of the package's own kernel"


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The paths to check, and the data for comparison; all paths are paths of a root.

    `declared` are the bytes of the files that the spec lists under Secrets, `owners` the packages
    of paths, and `view` is the root before the installation.
    """

    tree: Root
    chosen: Selection
    shipped: Shipped
    database: PackageDatabase
    declared: Mapping[str, bytes]
    owners: Mapping[str, str]
    initrd: InitrdMaker
    answers: Answers
    public: Sequence[Public] = ()
    view: Root | None = None
    processors: int | None = None
    listen: Listener

    @cached_property
    def files(self) -> Mapping[str, TreeEntry]:
        """The files of the layer that are not empty."""
        kept = (self.chosen.entries[path] for path in self.chosen.plan.kept)
        return {entry.path: entry for entry in kept if entry.type == "f" and entry.size}

    @cached_property
    def own(self) -> Mapping[str, TreeEntry]:
        """The files whose bytes no package shipped, by the sums of packages."""
        shipped = side_by_side(self._is_shipped, list(self.files), self.processors)
        pairs = zip(self.files.values(), shipped, strict=True)
        return {entry.path: entry for entry, known in pairs if not known}

    @cached_property
    def _below_by_size(self) -> Mapping[int, Sequence[str]]:
        found: dict[int, list[str]] = {}
        for entry in self.chosen.below.values():
            if entry.type == "f":
                found.setdefault(entry.size, []).append(entry.path)
        return found

    def _is_shipped(self, path: str) -> bool:
        return self.shipped.has_file(self.tree, path)

    def faults(self, fragments: Mapping[str, bytes]) -> Iterator[QlumodError]:
        """An error for each secret in the layer and in its fragments of shared state."""
        suspects = {s.path: s for s in self.suspects(fragments)}
        verdict = judged(suspects.values(), self.public)
        for unused in verdict.unused:
            text = f"Public: {unused.pattern}: nothing there looks like a secret"
            self.listen(Caution(text=text))
        beside = {path: e.digest for path, e in self.own.items() if path not in suspects}
        for suspicion in suspicions_of(verdict.suspects, self.files, beside):
            self.listen(Proposal(values=tuple(("Secrets", line) for line in suspicion.secrets)))
            yield suspicion.fault

    def faults_of_initrd(self, data: bytes) -> Iterator[QlumodError]:
        """An error if the initrd contains a secret; members that are files of a layer are known."""
        passed = {entry.digest for entry in self.files.values()}

        def known(member: bytes) -> bool:
            digest = digest_bytes(member)
            return (
                digest in passed
                or self.shipped.has(member)
                or self._is_below(digest, size=len(member))
            )

        yield from faults_of_initrd(
            INITRD,
            data,
            known=known,
            declared=self.declared,
            hooks=self.initrd.hooks,
            listen=self.listen,
        )

    def suspects(self, fragments: Mapping[str, bytes]) -> Iterator[Suspect]:
        """Suspected secrets in the layer and in shared state, regardless of the spec."""
        yield from self._search.suspects()
        named = {path: facts_beside(self.chosen.entries[path]) for path in self.chosen.plan.kept}
        yield from in_names(named, self._is_shipped_name)
        yield from self._in_kernel()
        yield from self._in_state(fragments)

    @cached_property
    def _search(self) -> Search:
        return Search(
            tree=self.tree,
            entries=self.chosen.entries,
            own=self.own,
            declared=self.declared,
            is_known=self._is_known,
            source=self._source,
            texts_about=self._texts_about,
            listen=self.listen,
        )

    def _source(self, path: str) -> bytes | None:
        """The bytes of a file as a package shipped it."""
        return top_of(self.tree, path) if path in self.files and path not in self.own else None

    def _texts_about(self, path: str) -> Iterator[bytes]:
        """All maintainer scripts, and shipped texts with similar paths."""
        yield from self._scripts
        near = {one for name in _names_in(path) for one in self._by_name.get(name, ())}
        for one in islice(sorted(near), _TEMPLATES):
            yield self.tree.read(one)

    @cached_property
    def _scripts(self) -> Sequence[bytes]:
        texts = (text for _, text in self.database.scripts(self.tree))
        return tuple(text for text in texts if self.shipped.has(text))

    @cached_property
    def _by_name(self) -> Mapping[str, Sequence[str]]:
        """Shipped files that may be templates, by the words of their paths."""
        found: dict[str, list[str]] = {}
        for path, entry in self.files.items():
            if entry.size <= _LARGEST_TEMPLATE and path not in self.own:
                for name in _names_in(path):
                    found.setdefault(name, []).append(path)
        return found

    def _is_known(self, entry: TreeEntry) -> bool:
        """Whether the package itself or a module below has the same bytes; slow."""
        path = entry.path
        # A larger file is no configuration file: its package has a sum of it.
        if entry.size <= LOOKED_INTO and self.shipped.brings(
            self.owners.get(path, ""), path, top_of(self.tree, path)
        ):
            return True
        return self._is_below(entry.digest, size=entry.size)

    def _is_below(self, digest: str, *, size: int) -> bool:
        """Whether a module below has a file of these bytes; slow."""
        if self.view is None:
            return False
        return digest in (_digest(self.view, one) for one in self._below_by_size.get(size, ()))

    def _is_shipped_name(self, path: str) -> bool:
        """Whether a package has that path, with that target; slow.

        The file list in the root is no proof: a maintainer script may have written it.
        """
        entry = self.chosen.entries[path]
        package = self.owners.get(path, "")
        return not any(set_attributes(entry)) and self.shipped.names(package, path, entry.target)

    def _in_kernel(self) -> Iterator[Suspect]:
        """Secrets in the kernel files beside the layer: a script may write anything into them."""
        for path in self.chosen.beside:
            entry = self.chosen.entries[path]
            if matched_by(path, self.initrd.kernels) is None or entry.type == "d":
                continue
            if entry.type != "f":
                why = "it is to be the kernel, and is no file of its own"
                yield Suspect(path=path, why=why, private=True, remedy=_NO_KERNEL)
            elif not self._is_shipped(path):
                sight = self._search.sight(entry)
                why = f"it holds {told_findings(sight.found)}"
                if sight.found:
                    yield Suspect(path=path, why=why, private=sight.private, remedy=_NO_KERNEL)

    def _in_state(self, fragments: Mapping[str, bytes]) -> Iterator[Suspect]:
        """Secrets among the answers to packages' questions, and in all other fragments."""
        answers = self.answers
        kinds = (answers.kind, answers.templates_kind)
        questions, templates = (fragments.get(kind, b"") for kind in kinds)
        found = tuple(answers.secrets(questions, templates, b""))
        if found:
            yield Suspect(path=answers.paths[0], why=", ".join(found), remedy=_ANSWERED)
        copies = (copies_of(self.declared),)
        for name, fragment in sorted(fragments.items()):
            sight = look("/", _free_text(name, fragment), also=copies)
            caution(f"state/{name}", sight, self.listen)
            if sight.found and not (found and name == answers.kind):
                why = f"what the module adds to it holds {told_findings(sight.found)}"
                yield Suspect(
                    path=self._place_of(name), why=why, private=sight.private, remedy=_WRITTEN
                )

    def _place_of(self, fragment: str) -> str:
        """The file in a root to which a fragment belongs."""
        kind = self.chosen.table.kind_named(fragment)
        return kind.patterns[0] if kind else f"/{STATE}/{fragment}"


def declared_secrets(tree: Root, chosen: Selection, shipped: Shipped) -> dict[str, bytes]:
    """The bytes of the files that the spec lists under Secrets, except those that packages ship."""
    files = (chosen.entries[path] for path in chosen.secrets)
    data = {entry.path: top_of(tree, entry.path) for entry in files if entry.type == "f"}
    return {path: found for path, found in data.items() if not shipped.has(found)}


def _digest(tree: Root, path: str) -> str:
    with tree.reading(path) as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _free_text(name: str, fragment: bytes) -> bytes:
    """A fragment without field names: after "Passwd:" follows a line of passwd, not a password."""
    return _FIELD_NAMES.sub(b"", fragment) if name == ACCOUNTS.name else fragment


def _names_in(path: str) -> set[str]:
    """The characteristic words of a path."""
    return {name.lower() for name in _NAME.findall(path)} - _EVERYWHERE
