"""The gate that no secret passes into an image: what programs wrote while it was put together is
looked into, but for what everybody can have from the modules.
"""

import gzip
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, ignore
from qlumod.model.manifest import INITRD
from qlumod.model.tree import Entry
from qlumod.secrets.look import look
from qlumod.stack.assemble import Assembled, Program
from qlumod.stack.looking import (
    Search,
    beside,
    caution,
    faults_of_initrd,
    in_names,
    secret_answers,
)
from qlumod.stack.member import Member
from qlumod.stack.suspects import SHOWN, Suspect, faults_of, judged
from qlumod.state.debconf import CONFIG, PASSWORDS, TEMPLATES
from qlumod.state.kind import StateFile, encoded
from qlumod.state.table import CACHES, IDENTITY, KINDS
from qlumod.system.files import read_bytes
from qlumod.system.within import Root

_FILE = re.compile(rb"^f\t[0-7]{4}\t[^\t\n]*\t[0-9]+\t([0-9a-f]{64})\t", re.MULTILINE)
"""A file in a module's contents, and its digest. Parsing them whole would take too long."""
_ANSWERS = (CONFIG.path, PASSWORDS.path)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What is to be published beside the layers of the modules, and what is known of it.

    `entries` is what goes into the last layer, as it lies in `upper`; `ours` are the paths of it
    that the image and the site put there, and `declared` the bytes of what modules list under
    Secrets, and programs made anew. All paths are those of the root.
    """

    upper: Root
    entries: Mapping[str, Entry]
    ours: frozenset[str]
    layers: Sequence[Root]
    """The members' layers, lowest first."""
    members: Sequence[Member]
    assembled: Assembled
    declared: Mapping[str, bytes]
    listen: Listener

    @cached_property
    def merged(self) -> Mapping[str, StateFile]:
        """The files that merging wrote: each module's part was judged when it was built."""
        files = (*self.assembled.merged.values(), IDENTITY)
        return {path: file for some in files for path, file in some.items()}

    @cached_property
    def written(self) -> Mapping[str, Entry]:
        """What programs made or changed: all that is neither ours nor as it was merged."""
        return {
            path: entry
            for path, entry in self.entries.items()
            if path not in self.ours and not _is_as(self.merged.get(path), entry)
        }

    @cached_property
    def state(self) -> Mapping[str, Entry]:
        """The files of shared state among them, of which only a part is new."""
        return {
            path: entry
            for path, entry in self.written.items()
            if _holds(entry) and any(kind.claims(path) for kind in KINDS)
        }

    @cached_property
    def own(self) -> Mapping[str, Entry]:
        """The other files among them whose bytes are in no layer."""
        files = (entry for entry in self.written.values() if _holds(entry))
        return {
            entry.path: entry
            for entry in files
            if entry.path not in self.state and entry.digest not in self.known
        }

    @cached_property
    def known(self) -> frozenset[str]:
        """The digests of all files in the layers."""
        texts = (gzip.decompress(member.contents.read_bytes()) for member in self.members)
        return frozenset(map(os.fsdecode, chain.from_iterable(map(_FILE.findall, texts))))

    def faults(self) -> Iterator[QlumodError]:
        """An error for each secret that a program left in the last layer."""
        suspects = {suspect.path: suspect for suspect in self._suspects()}
        public = [public for member in self.members for public in member.manifest.public]
        others = {path: entry.digest for path, entry in self.own.items() if path not in suspects}
        files = [path for path, entry in self.entries.items() if entry.type == "f"]
        for fault in faults_of(judged(suspects.values(), public).suspects, files, others):
            yield self._told(fault)

    def faults_of_initrd(self, initrd: Path) -> Iterator[QlumodError]:
        """An error where the initrd of the image holds a secret that is in no other part of it."""
        passed = self.known | {entry.digest for entry in self.entries.values()}

        def faults(known: frozenset[str], listen: Listener) -> tuple[QlumodError, ...]:
            return tuple(
                faults_of_initrd(
                    INITRD,
                    data,
                    known=lambda member: _sha256(member) in known,
                    declared=self.declared,
                    listen=listen,
                )
            )

        data = read_bytes(initrd)
        # What core's has beside its layer was looked into with core; it takes long to read.
        if faults(passed, self.listen):
            yield from faults(passed | self._members_of_cores_initrd(), ignore)

    def _members_of_cores_initrd(self) -> frozenset[str]:
        found: set[str] = set()

        def note(member: bytes) -> bool:
            found.add(_sha256(member))
            return False

        for member in self.members:
            if member.manifest.file(INITRD):
                look(f"/{INITRD}", read_bytes(member.contents.parent / INITRD), known=note)
        return frozenset(found)

    def _suspects(self) -> Iterator[Suspect]:
        search = Search(
            tree=self.upper,
            entries=self.entries,
            own=self.own,
            declared=self.declared,
            source=self._source,
            listen=self.listen,
        )
        yield from search.suspects()
        yield from self._in_names()
        yield from filter(None, map(self._in_state, self.state))

    def _source(self, path: str) -> bytes | None:
        """The bytes of a file in the uppermost layer that has it."""
        layer = next((one for one in reversed(self.layers) if one.is_file(path)), None)
        return layer.read(path) if layer else None

    def _in_names(self) -> Iterator[Suspect]:
        named = {path: beside(entry, known=False) for path, entry in self.written.items()}
        suspicious = [suspect.path for suspect in in_names(named)]
        yield from in_names(
            {
                path: beside(
                    self.written[path], known=any(layer.has(path) for layer in self.layers)
                )
                for path in suspicious
            }
        )

    def _in_state(self, path: str) -> Suspect | None:
        """What programs added to a file of shared state."""
        data, before = self.upper.read(path), self._before(path)
        if path in _ANSWERS:
            why = ", ".join(secret_answers(data, self._before(TEMPLATES.path), before))
        else:
            known = frozenset(before.split(b"\n"))
            added = b"\n".join(line for line in data.split(b"\n") if line not in known)
            sight = look(path, added)
            caution(path, sight, self.listen)
            why = ", ".join(found.kind for found in sight.found)
            why = f"a program put into it {why}" if why else ""
        return Suspect(path=path, why=why) if why else None

    def _before(self, path: str) -> bytes:
        file = self.merged.get(path)
        return file.data if file else b""

    def _told(self, fault: QlumodError) -> QlumodError:
        """The same with what may have made it, and with who can mend it."""
        programs = self._makers(fault.brief.partition(":")[0])
        modules = sorted({program.module for program in programs if program.module})
        who = f"module {' or '.join(modules)}" if modules else "the module that it belongs to"
        made = "made while the image was put together"
        return QlumodError(
            fault.brief,
            details=[*fault.details, *(f"{made}, by {program}" for program in programs[:SHOWN])],
            remedy=f"have the maintainer of {who} change its spec: {fault.remedy}",
        )

    def _makers(self, path: str) -> tuple[Program, ...]:
        """What may have written there: what makes its cache, else any package that was told."""
        caches = {cache.name for cache in CACHES if cache.claims(path)}
        ran = self.assembled.programs
        return (
            tuple(one for one in ran if one.cache in caches)
            or tuple(one for one in ran if not one.cache)
            or ran
        )


def _is_as(file: StateFile | None, entry: Entry) -> bool:
    """Whether a path still holds what was merged."""
    if file is None:
        return False
    if file.link:
        return entry.type == "l" and encoded(entry.target) == file.data
    return entry.type == "f" and entry.digest == _sha256(file.data)


def _holds(entry: Entry) -> bool:
    return entry.type == "f" and entry.size > 0


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
