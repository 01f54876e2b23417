"""Searching for secrets in files that programs of packages wrote in a module's or image's build."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener
from qlumod.model.tree import TreeEntry
from qlumod.secrets.copies import copies_of
from qlumod.secrets.familiar import is_familiar
from qlumod.secrets.found import Found, Sight, Unread
from qlumod.secrets.groups import origins
from qlumod.secrets.identities import identity_of
from qlumod.secrets.look import Known, look
from qlumod.secrets.origin import kinds_in_source
from qlumod.secrets.pairs import partners
from qlumod.secrets.part import Reader
from qlumod.stack.settle import set_attributes
from qlumod.stack.suspects import Suspect
from qlumod.state.kind import encoded
from qlumod.system.disk.within import Root

LOOKED_INTO = 64 << 20
"""The number of bytes at the start of a file that are searched; its digest is of the whole file."""
MOST_INITRD = 1 << 30
"""The most bytes of an initrd that is read: the largest have a tenth of them."""
_LARGEST_HALF = 1 << 20
"""The maximum bytes of a file with a certificate or a public key."""
_TOLD = 3
"""The maximum number of secrets of one file in an error."""


def _nobody_has(what: object) -> bool:
    del what
    return False


def _no_texts(path: str) -> tuple[bytes, ...]:
    del path
    return ()


@dataclass(frozen=True, kw_only=True)
class Search:
    """Files to search, and known facts about them; all paths are paths in the tree.

    `entries` are all entries of the tree, `own` the files whose bytes are not known to be public,
    and `declared` the bytes of files that specs list under Secrets.
    """

    tree: Root
    entries: Mapping[str, TreeEntry]
    own: Mapping[str, TreeEntry]
    declared: Mapping[str, bytes]
    source: Callable[[str], bytes | None]
    """Returns the bytes of a path if they are public, else None."""
    is_known: Callable[[TreeEntry], bool] = _nobody_has
    """Whether the bytes of a suspicious file are public after all; may take long."""
    texts_about: Callable[[str], Iterable[bytes]] = _no_texts
    """Returns public texts from which a path may have been made; may take long."""
    listen: Listener

    @cached_property
    def _copies(self) -> Sequence[Reader]:
        return (copies_of(self.declared),)

    def suspects(self) -> Iterator[Suspect]:
        """The files that look like secrets, regardless of the spec."""
        found = {s.path: s for s in map(self._suspect, self.own.values()) if s}
        found = {path: s for path, s in found.items() if not self.is_known(self.own[path])}
        yield from self._halves({path for path, s in found.items() if s.private})
        yield from found.values()

    def _suspect(self, entry: TreeEntry) -> Suspect | None:
        """The reason why a file whose bytes come from no package may be a secret, or None."""
        path = entry.path
        sight = self.sight(entry)
        identity = identity_of(path)
        hidden = self._hidden(entry)
        if sight.found:
            why = f"it holds {told_findings(sight.found)}"
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

    def sight(self, entry: TreeEntry) -> Sight:
        """The secrets in a file, without those that the known file has from which it was made."""
        path = entry.path
        sight = look(path, top_of(self.tree, path), also=self._copies)
        if entry.size > LOOKED_INTO:
            more = Unread(why=f"it has more than {LOOKED_INTO >> 20} MiB")
            sight = replace(sight, unread=(more, *sight.unread))
        caution(path, sight, self.listen)
        if not sight.found:
            return sight
        for origin in origins(path):
            source = self.source(origin)
            if source is not None:
                before = kinds_in_source(origin, source)
                return Sight(found=tuple(one for one in sight.found if one.kind not in before))
        return sight

    def _hidden(self, entry: TreeEntry) -> str:
        """The mode that prevents users from reading a file, as text.

        "" if no mode does, or if the file contains nothing of interest.
        """
        closed = next((d for d in self._directories(entry.path) if not d.mode & 0o001), None)
        if entry.mode & 0o004 and closed is None:
            return ""
        if entry.size <= LOOKED_INTO and self._says_nothing(entry.path):
            return ""
        if not entry.mode & 0o004 or closed is None:
            return f"its mode {entry.mode:04o}"
        return f"the mode {closed.mode:04o} of {closed.path}"

    def _says_nothing(self, path: str) -> bool:
        """Whether a file has only comments, or only text that is in public texts."""
        data = top_of(self.tree, path)
        return _is_comment(data) or is_familiar(data, self.texts_about(path))

    def _directories(self, path: str) -> Iterator[TreeEntry]:
        while path := path.rpartition("/")[0]:
            if path in self.entries:
                yield self.entries[path]

    def _halves(self, keys: Iterable[str]) -> Iterator[Suspect]:
        """The public halves of private keys, including the declared keys."""
        private = {**self.declared, **{path: top_of(self.tree, path) for path in keys}}
        if not private:
            return
        small = (path for path, entry in self.own.items() if entry.size <= _LARGEST_HALF)
        for path, key in partners(private, {p: top_of(self.tree, p) for p in small}).items():
            why = f"it is the other half of {key}, and as random"
            yield Suspect(path=path, why=why, digest=self.own[path].digest, half_of=key)


def top_of(tree: Root, path: str) -> bytes:
    """The bytes at the start of a file that are searched."""
    with tree.reading(path) as source:
        return source.read(min(os.fstat(source.fileno()).st_size, LOOKED_INTO))


def in_names(
    named: Mapping[str, bytes], is_known: Callable[[str], bool] = _nobody_has
) -> Iterator[Suspect]:
    """Secrets in names, targets and attributes of paths (`facts_beside`), except public ones."""
    if not look("/", b"\n".join(named.values())).found:
        return
    for path, data in named.items():
        sight = look("/", data)
        if sight.found and not is_known(path):
            why = f"its name, target or attributes hold {told_findings(sight.found)}"
            yield Suspect(path=path, why=why, private=sight.private)


def facts_beside(entry: TreeEntry, *, known: bool = False) -> bytes:
    """The data of a path besides its content: its name and target, unless they are `known`, and
    the attributes that programs set (the overlay's are removed before anything is published).
    """
    said = () if known else (encoded(entry.path), encoded(entry.target))
    return b"\n".join((*said, *set_attributes(entry)))


def faults_of_initrd(
    name: str,
    data: bytes,
    *,
    known: Known,
    declared: Mapping[str, bytes],
    hooks: str,
    listen: Listener,
) -> Iterator[QlumodError]:
    """An error if an initrd holds a secret in a member that is not `known`.

    `name` is the initrd's name in messages; `hooks` says what adds files to an initrd
    (`InitrdMaker.hooks`).
    """
    sight = look(f"/{name}", data, known=known, also=(copies_of(declared),))
    caution(name, sight, listen)
    if sight.found:
        yield QlumodError(
            f"{name}: this looks like a secret: it holds {told_findings(sight.found)}",
            remedy=f"see which {hooks} puts it there; an initrd is for everybody who can reach the "
            "boot server",
        )


def caution(path: str, sight: Sight, listen: Listener) -> None:
    """Report the parts of a file that were not searched."""
    for unread in sight.unread:
        listen(Caution(text=f"{path}: not looked into for secrets: {unread}"))


def told_findings(found: Sequence[Found]) -> str:
    """The first secrets of a file and the number of the others, as text."""
    more = f" and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
    return ", ".join(map(str, found[:_TOLD])) + more


def _is_comment(data: bytes) -> bool:
    """Whether a text has only comments and empty lines."""
    lines = (line.strip() for line in data.split(b"\n"))
    return b"\0" not in data and all(not line or line[:1] in b"#;" for line in lines)
