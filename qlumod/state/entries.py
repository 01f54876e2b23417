"""State that is a list of entries with keys in one file: the base of most kinds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.lines import lines_of
from qlumod.model.names import ModuleName
from qlumod.state.fragment import in_fragment, write_fragment
from qlumod.state.kind import Files, Fragments, Malformed, StateFile, encoded, parsed, text_of

Entry = tuple[str, str]
"""A key, and the text of the entry in the file, with its last newline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An entry of a module, for an error or for a decision between two entries."""

    module: ModuleName
    key: str
    entry: str


Decide = Callable[[Claim, Claim], str]
"""Returns the entry for two different ones (the lower module's first), or raises an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """A kind of state that is one file of entries: a union by key.

    Without `decide`, a changed entry of a lower module and different entries of two modules are
    errors. A fragment contains the added and the changed entries unchanged.
    """

    name: str
    path: str
    mode: int = 0o644
    what: str
    """The word for an entry in an error: ``package``, ``diversion of``."""
    split: Callable[[str], Sequence[Entry]]
    """Raises `Malformed`."""
    join: Callable[[Iterable[str]], str] = "".join
    decide: Decide | None = None
    check: Callable[[str, str], str] = lambda _key, _entry: ""
    """Returns the fault of an entry that a build added, or ""."""
    disagree: Callable[[Claim, Claim], QlumodError] | None = None
    """A more exact error for different entries of two modules."""
    same: Callable[[str], str] = str
    """Returns the canonical form of an entry."""
    head: str = ""
    """The text before the first entry."""
    in_order: bool = False
    """Whether the file's order is kept; otherwise entries are sorted by key."""
    targets: tuple[str, ...] = ()
    removable: bool = False
    """Whether a module may remove an entry of a lower module."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """The path of the file."""
        return (self.path,)

    def claims(self, path: str, target: str = "") -> bool:
        """Whether the path is the file."""
        del target
        return path == self.path

    def capture(self, below: Files, above: Files) -> bytes:
        """The entries that the build added or changed."""
        was, now = dict(self._entries(below)), dict(self._entries(above))
        raise_faults([*self._missing(was, now), *self._unfit(was, now)])
        added = [entry for key, entry in now.items() if was.get(key) != entry]
        new_file = self.path in above and self.path not in below
        return write_fragment(self.join(added)) if added or new_file else b""

    def merge(self, fragments: Fragments) -> Files:
        """The union of all entries."""
        claims: dict[str, Claim] = {}
        faults = []
        for module, fragment in fragments:
            for key, entry in in_fragment(module, self.name, fragment, self.split):
                claim = Claim(module=module, key=key, entry=entry)
                try:
                    claims[key] = self._decided(claims.get(key, claim), claim)
                except QlumodError as fault:
                    faults.append(fault)
        raise_faults(faults)
        if not any(fragment for _, fragment in fragments):
            return {}
        return {self.path: StateFile(data=encoded(self._text(claims)), mode=self.mode)}

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """The entries, sorted."""
        if self.path not in files:
            return {}
        # Not a mapping: a file that contains an entry twice is a different state.
        entries = sorted(self._entries(files))
        return {self.path: encoded(self.join(self.same(entry) for _, entry in entries))}

    def _entries(self, files: Files) -> Iterable[Entry]:
        return parsed(self.path, text_of(files, self.path), self.split)

    def _text(self, claims: Mapping[str, Claim]) -> str:
        keys = claims if self.in_order else sorted(claims)
        return self.head + self.join(claims[key].entry for key in keys)

    def _decided(self, lower: Claim, upper: Claim) -> Claim:
        if self.same(lower.entry) == self.same(upper.entry):
            return lower
        if self.decide:
            entry = self.decide(lower, upper)
            return Claim(module=upper.module, key=upper.key, entry=entry)
        if self.disagree:
            raise self.disagree(lower, upper)
        raise QlumodError(
            f"{self.path}: modules {lower.module} and {upper.module} disagree about "
            f"{self.what} {upper.key}",
            details=[
                f"{claim.module}: {line}"
                for claim in (lower, upper)
                for line in lines_of(claim.entry)
            ],
        )

    def _missing(self, was: Mapping[str, str], now: Mapping[str, str]) -> list[QlumodError]:
        if self.removable:
            return []
        return [
            QlumodError(f"{self.path}: the build removed {self.what} {key} of a module below")
            for key in was
            if key not in now
        ]

    def _unfit(self, was: Mapping[str, str], now: Mapping[str, str]) -> list[QlumodError]:
        faults = []
        for key, entry in now.items():
            if key in was and was[key] != entry and not self.decide:
                faults.append(
                    QlumodError(
                        f"{self.path}: the build changed {self.what} {key} of a module below",
                        details=_changes(was[key], entry),
                    )
                )
            elif was.get(key) != entry and (wrong := self.check(key, entry)):
                faults.append(QlumodError(f"{self.path}: {self.what} {key}: {wrong}"))
        return faults


def _changes(was: str, now: str) -> list[str]:
    before, after = lines_of(was), lines_of(now)
    return [
        *(f"was: {line}" for line in before if line not in after),
        *(f"now: {line}" for line in after if line not in before),
    ]


def by_line(text: str) -> list[Entry]:
    """Each line is an entry and its own key, except empty lines and comments."""
    return [(line, f"{line}\n") for line in lines_of(text) if line and line[0] != "#"]


def by_field(number: int) -> Callable[[str], list[Entry]]:
    """Each line is an entry; its key is the field of that number, separated by white space."""

    def split(text: str) -> list[Entry]:
        found = []
        for at, line in enumerate(text.split("\n"), 1):
            columns = line.split(maxsplit=number)
            if line.strip() and len(columns) <= number:
                raise Malformed(at, f"it has {len(columns)} fields, and {number + 1} are needed")
            if columns:
                found.append((columns[number], f"{line}\n"))
        return found

    return split


def uppermost(lower: Claim, upper: Claim) -> str:
    """Return the upper module's entry."""
    del lower
    return upper.entry
