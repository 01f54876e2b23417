"""The gate that no secret passes: what becomes of an installation is looked into, but for what
everybody can have from the packages.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener
from qlumod.layer.kernel import IMAGE
from qlumod.layer.select import Selection
from qlumod.layer.shipped import Md5, Shipped
from qlumod.layer.suspects import Suspect, faults_of, judged
from qlumod.model.public import Public
from qlumod.model.tree import Entry
from qlumod.secrets.captured import Answer, secret_answer
from qlumod.secrets.copies import copies_of
from qlumod.secrets.found import Found, Sight, Unread
from qlumod.secrets.groups import origins
from qlumod.secrets.identities import identity_of
from qlumod.secrets.look import look
from qlumod.secrets.pairs import partners
from qlumod.secrets.part import Reader
from qlumod.secrets.source import kinds_in_source
from qlumod.stack.member import STATE
from qlumod.state.accounts import ACCOUNTS
from qlumod.state.debconf import CONFIG, TEMPLATES
from qlumod.state.fragment import HEADER, fields, stanzas
from qlumod.state.kind import decoded, encoded
from qlumod.state.table import kind_named
from qlumod.system.archive import side_by_side
from qlumod.system.within import Root

LOOKED_INTO = 64 << 20
"""Bytes at the top of a file that are looked into; its digest is of all of them."""
INITRD = "boot/initrd.img"
"""How messages call the initrd."""
_LARGEST_HALF = 1 << 20
"""Bytes of a certificate or of a public key, and of what else may stand in its file."""
_FIELD_NAMES = re.compile(rb"^[A-Z][A-Za-z-]*: ", re.MULTILINE)
_ANSWERED = "answer the question in the spec (Debconf), or have the package forget it (db_reset)"
_WRITTEN = "see which maintainer script writes it there, and take that package out or mend it"
_NO_KERNEL = "see which maintainer script writes it there in the place of the package's own kernel"
_TOLD = 3
"""How many secrets of one file an error names."""


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

    @cached_property
    def _copies(self) -> Sequence[Reader]:
        return (copies_of(self.declared),)

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

        sight = look(f"/{INITRD}", data, known=known, also=self._copies)
        self._caution(INITRD, sight)
        if sight.found:
            yield QlumodError(
                f"{INITRD}: this looks like a secret: it holds {_told(sight.found)}",
                remedy="see which hook in /usr/share/initramfs-tools/hooks or /etc/initramfs-tools "
                "puts it there; an initrd is for everybody who can reach the boot server",
            )

    def suspects(self, fragments: Mapping[str, bytes]) -> Iterator[Suspect]:
        """What looks like a secret in the layer and in shared state, whatever the spec says."""
        found = {s.path: s for s in map(self._suspect, self.own.values()) if s}
        found = {path: s for path, s in found.items() if not self._is_known(path)}
        yield from self._halves({path for path, s in found.items() if s.private})
        yield from found.values()
        yield from self._in_names()
        yield from self._in_kernel()
        yield from self._in_state(fragments)

    def _suspect(self, entry: Entry) -> Suspect | None:
        """Why a file that no package brought may be a secret."""
        path = entry.path
        sight = self._sight(entry)
        identity = identity_of(path)
        hidden = self._hidden(entry)
        if sight.found:
            why = f"it holds {_told(sight.found)}"
        elif identity and identity.fatal:
            why = f"it is {identity.what}: {identity.why}"
        elif hidden:
            why = f"no package brings these bytes, and {hidden} hides them from users"
        else:
            if identity:
                self.listen(Caution(text=f"{path} is {identity.what}: {identity.why}"))
            return None
        kind = identity.kind if identity else None
        return Suspect(path=path, why=why, private=sight.private, digest=entry.digest, kind=kind)

    def _sight(self, entry: Entry) -> Sight:
        """What a file holds, beyond what is in the shipped file that it was made from."""
        path = entry.path
        sight = look(path, top_of(self.tree, path), also=self._copies)
        if entry.size > LOOKED_INTO:
            more = Unread(why=f"it has more than {LOOKED_INTO >> 20} MiB")
            sight = replace(sight, unread=(more, *sight.unread))
        self._caution(path, sight)
        source = next((one for one in origins(path) if self._is_shipped(one)), "")
        if not sight.found or not source:
            return sight
        before = kinds_in_source(source, top_of(self.tree, source))
        return Sight(found=tuple(found for found in sight.found if found.kind not in before))

    def _is_shipped(self, path: str) -> bool:
        return path in self.files and path not in self.own

    def _caution(self, path: str, sight: Sight) -> None:
        for unread in sight.unread:
            self.listen(Caution(text=f"{path}: not looked into for secrets: {unread}"))

    def _hidden(self, entry: Entry) -> str:
        """Whose mode keeps users from reading a file; empty: none, or there is nothing to read."""
        closed = next((d for d in self._directories(entry.path) if not d.mode & 0o001), None)
        if entry.mode & 0o004 and closed is None:
            return ""
        if entry.size <= LOOKED_INTO and _says_nothing(top_of(self.tree, entry.path)):
            return ""
        if not entry.mode & 0o004 or closed is None:
            return f"its mode {entry.mode:04o}"
        return f"the mode {closed.mode:04o} of {closed.path}"

    def _directories(self, path: str) -> Iterator[Entry]:
        while path := path.rpartition("/")[0]:
            if path in self.chosen.entries:
                yield self.chosen.entries[path]

    def _is_known(self, path: str) -> bool:
        """Whether the package itself or a module below has the same bytes; takes long."""
        entry = self.files[path]
        # What is larger is no configuration file: its package has told its sum.
        if entry.size <= LOOKED_INTO and self.shipped.brings(
            self.owners.get(path, ""), path, top_of(self.tree, path)
        ):
            return True
        if self.view is None:
            return False
        same = (_digest(self.view, one) for one in self._below_by_size.get(entry.size, ()))
        return entry.digest in same

    def _halves(self, keys: Iterable[str]) -> Iterator[Suspect]:
        """The other halves of private keys, those of the declared ones as well."""
        private = {**self.declared, **{path: top_of(self.tree, path) for path in keys}}
        if not private:
            return
        small = (path for path, entry in self.own.items() if entry.size <= _LARGEST_HALF)
        for path, key in partners(private, {p: top_of(self.tree, p) for p in small}).items():
            why = f"it is the other half of {key}, and as random"
            yield Suspect(path=path, why=why, digest=self.own[path].digest, half_of=key)

    def _in_names(self) -> Iterator[Suspect]:
        """Secrets in what files are called, in where links point, and in extended attributes."""
        named = {path: self._beside(path) for path in self.chosen.plan.kept}
        if not look("/", b"\n".join(named.values())).found:
            return
        for path, data in named.items():
            sight = look("/", data)
            if sight.found and not self._is_shipped_name(path):
                why = f"its name, target or attributes hold {_told(sight.found)}"
                yield Suspect(path=path, why=why, private=sight.private)

    def _beside(self, path: str) -> bytes:
        """What a path says beside its bytes."""
        entry = self.chosen.entries[path]
        said = encoded(path), encoded(entry.target)
        return b"\n".join((*said, *(v for name, v in entry.xattrs if name.startswith("user."))))

    def _is_shipped_name(self, path: str) -> bool:
        """Whether a package has that path, with that target; takes long.

        dpkg's own list in the root does not tell: a maintainer script may have written it.
        """
        entry = self.chosen.entries[path]
        package = self.owners.get(path, "")
        own = any(name.startswith("user.") for name, _ in entry.xattrs)
        return not own and self.shipped.names(package, path, entry.target)

    def _in_kernel(self) -> Iterator[Suspect]:
        """Secrets in what lies beside the layer as its kernel: a script may put anything there."""
        for path in self.chosen.beside:
            entry = self.chosen.entries[path]
            if not path.startswith(IMAGE) or entry.type == "d":
                continue
            if entry.type != "f":
                why = "it is to be the kernel, and is no file of its own"
                yield Suspect(path=path, why=why, private=True, remedy=_NO_KERNEL)
            elif self._sum(path) not in self.shipped.sums and (sight := self._sight(entry)).found:
                why = f"it holds {_told(sight.found)}"
                yield Suspect(path=path, why=why, private=sight.private, remedy=_NO_KERNEL)

    def _in_state(self, fragments: Mapping[str, bytes]) -> Iterator[Suspect]:
        """Secrets among the answers to packages' questions, and wherever else scripts may write."""
        answers = tuple(_secret_answers(fragments))
        if answers:
            yield Suspect(path=CONFIG.path, why=", ".join(answers), remedy=_ANSWERED)
        for name, fragment in sorted(fragments.items()):
            sight = look("/", _free_text(name, fragment), also=self._copies)
            self._caution(f"state/{name}", sight)
            if sight.found and not (answers and name == CONFIG.name):
                why = f"what the module adds to it holds {_told(sight.found)}"
                yield Suspect(path=_place_of(name), why=why, private=sight.private, remedy=_WRITTEN)


def declared_secrets(tree: Root, chosen: Selection, shipped: Shipped) -> dict[str, bytes]:
    """The bytes of what the spec lists under Secrets, but for what packages ship."""
    files = (chosen.entries[path] for path in chosen.secrets)
    data = {entry.path: top_of(tree, entry.path) for entry in files if entry.type == "f"}
    return {path: found for path, found in data.items() if not shipped.has(found)}


def top_of(tree: Root, path: str) -> bytes:
    """As many bytes of a file as are looked into."""
    with tree.reading(path) as source:
        return source.read(min(os.fstat(source.fileno()).st_size, LOOKED_INTO))


def _digest(tree: Root, path: str) -> str:
    with tree.reading(path) as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _free_text(name: str, fragment: bytes) -> bytes:
    """A fragment as it is looked at: behind "Passwd:" stands a line of passwd, and no password."""
    return _FIELD_NAMES.sub(b"", fragment) if name == ACCOUNTS.name else fragment


def _place_of(fragment: str) -> str:
    """The file that a fragment goes into, in a root."""
    kind = kind_named(fragment)
    return kind.patterns[0] if kind else f"/{STATE}/{fragment}"


def _secret_answers(fragments: Mapping[str, bytes]) -> Iterator[str]:
    templates = _stanzas(fragments.get(TEMPLATES.name, b""))
    for question in _stanzas(fragments.get(CONFIG.name, b"")).values():
        template = templates.get(question.get("Template", ""), {})
        answer = Answer(
            name=question["Name"],
            value=question.get("Value", ""),
            type=template.get("Type", ""),
            default=template.get("Default", ""),
        )
        why = secret_answer(answer)
        if why:
            yield f"the answer to {answer.name}: {why}"


def _stanzas(fragment: bytes) -> dict[str, dict[str, str]]:
    found = (fields(stanza) for stanza in stanzas(decoded(fragment).removeprefix(HEADER)))
    return {stanza["Name"]: stanza for stanza in found if "Name" in stanza}


def _new_md5() -> Any:
    return hashlib.md5(usedforsecurity=False)


def _told(found: Sequence[Found]) -> str:
    more = f" and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
    return ", ".join(map(str, found[:_TOLD])) + more


def _says_nothing(data: bytes) -> bool:
    """Whether a text has only comments and empty lines."""
    lines = (line.strip() for line in data.split(b"\n"))
    return b"\0" not in data and all(not line or line[:1] in b"#;" for line in lines)
