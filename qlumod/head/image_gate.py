"""The gate that keeps secrets out of an image.

It searches all files that programs wrote during assembly, except content that is public since the
modules have it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, ignore
from qlumod.head.written import Written
from qlumod.model.digests import digest_bytes
from qlumod.model.manifest import INITRD
from qlumod.packaging.answers import Answers
from qlumod.packaging.meeting import Program
from qlumod.secrets.look import look
from qlumod.stack.looking import (
    MOST_INITRD,
    Search,
    caution,
    facts_beside,
    faults_of_initrd,
    in_names,
)
from qlumod.stack.suspects import SHOWN, Suspect, faults_of, judged
from qlumod.system.disk.regular_files import read_bytes

_MADE = "made while the image was put together"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageGate:
    """Searches the last layer and the initrd for secrets.

    `declared` are the bytes of files that modules list under Secrets and that programs created.
    """

    written: Written
    declared: Mapping[str, bytes]
    answers: Answers
    listen: Listener

    def faults(self) -> Iterator[QlumodError]:
        """An error for each secret that a program left in the last layer."""
        written = self.written
        suspects = {suspect.path: suspect for suspect in self._suspects()}
        public = [public for member in written.members for public in member.manifest.public]
        others = {path: entry.digest for path, entry in written.own.items() if path not in suspects}
        files = [path for path, entry in written.entries.items() if entry.type == "f"]
        for fault in faults_of(judged(suspects.values(), public).suspects, files, others):
            yield self._told(fault)

    def faults_of_initrd(self, initrd: Path, hooks: str) -> Iterator[QlumodError]:
        """An error if the image's initrd contains a secret; files of layers are known.

        `hooks` says what adds files to an initrd (`InitrdMaker.hooks`).
        """
        written = self.written
        passed = written.known | {entry.digest for entry in written.entries.values()}
        data = self._behind_cores(read_bytes(initrd, most=MOST_INITRD))

        def faults(known: frozenset[str], listen: Listener) -> tuple[QlumodError, ...]:
            return tuple(
                faults_of_initrd(
                    INITRD,
                    data,
                    known=lambda member: digest_bytes(member) in known,
                    declared=self.declared,
                    hooks=hooks,
                    listen=listen,
                )
            )

        # The members of core's own initrd were searched when core was built; reading it takes long.
        if faults(passed, self.listen):
            yield from faults(passed | self._members_of_cores_initrd(), ignore)

    def _behind_cores(self, initrd: bytes) -> bytes:
        """What was added behind core's initrd; all of it, if it was made anew."""
        return next((initrd[len(c) :] for c in self._cores() if initrd.startswith(c)), initrd)

    def _cores(self) -> Iterator[bytes]:
        """Core's initrd."""
        for member in self.written.members:
            if member.manifest.file(INITRD):
                yield read_bytes(member.directory / INITRD, most=MOST_INITRD)

    def _members_of_cores_initrd(self) -> frozenset[str]:
        """The digests of the members of core's initrd."""
        found: set[str] = set()

        def note(member: bytes) -> bool:
            found.add(digest_bytes(member))
            return False

        for data in self._cores():
            look(f"/{INITRD}", data, known=note)
        return frozenset(found)

    def _suspects(self) -> Iterator[Suspect]:
        written = self.written
        search = Search(
            tree=written.upper,
            entries=written.entries,
            own=written.own,
            declared=self.declared,
            source=written.in_layers,
            listen=self.listen,
        )
        yield from search.suspects()
        yield from in_names(
            {
                path: facts_beside(entry, known=written.is_in_a_layer(path))
                for path, entry in written.named.items()
            }
        )
        yield from filter(None, map(self._in_state, written.state))

    def _in_state(self, path: str) -> Suspect | None:
        """A suspect if programs added a secret to a file of shared state."""
        data, before = self.written.upper.read(path), self._before(path)
        if path in self.answers.paths:
            templates = self._before(self.answers.templates)
            why = ", ".join(self.answers.secrets(data, templates, before))
        else:
            known = frozenset(before.split(b"\n"))
            added = b"\n".join(line for line in data.split(b"\n") if line not in known)
            sight = look(path, added)
            caution(path, sight, self.listen)
            # Positions are left out: they count within the added lines only.
            kinds = ", ".join(found.kind for found in sight.found)
            why = f"there is now {kinds} in it" if kinds else ""
        return Suspect(path=path, why=why) if why else None

    def _before(self, path: str) -> bytes:
        """The merged bytes of a file."""
        file = self.written.merged.get(path)
        return file.data if file else b""

    def _told(self, fault: QlumodError) -> QlumodError:
        """The error with the programs that may be its cause and the modules that must change."""
        path = fault.brief.partition(":")[0]
        if self._is_by_site(path):
            return self._told_to_site(fault)
        programs = self._makers(path)
        modules = sorted({program.module for program in programs if program.module})
        who = f"module {' or '.join(modules)}" if modules else "the module that it belongs to"
        return QlumodError(
            fault.brief,
            details=[*fault.details, *(f"{_MADE}, by {program}" for program in programs[:SHOWN])],
            remedy=f"have the maintainer of {who} change its spec: {fault.remedy}",
        )

    def _is_by_site(self, path: str) -> bool:
        """Whether the site's scripts made a file, or one of the files of a tree (``/etc/x/``)."""
        made = self.written.by_site.paths
        return path in made or (path.endswith("/") and any(one.startswith(path) for one in made))

    def _told_to_site(self, fault: QlumodError) -> QlumodError:
        """The same for a file that a script of the site made."""
        names = " or ".join(str(program) for program in self.written.by_site.programs)
        return QlumodError(
            fault.brief,
            details=[*fault.details, f"{_MADE}, by {names}"],
            remedy="have it leave no secret in the image, which everybody who can reach the boot "
            "server can read; the place of a secret is below secrets/ beside the script, and that "
            "of what only looks like one below copy/",
        )

    def _makers(self, path: str) -> tuple[Program, ...]:
        """The programs that may have written a path: the generator of its cache, else scripts."""
        caches = {cache.name for cache in self.written.table.caches if cache.claims(path)}
        ran = self.written.assembled.programs
        return (
            tuple(one for one in ran if one.cache in caches)
            or tuple(one for one in ran if not one.cache)
            or ran
        )
