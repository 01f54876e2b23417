"""Remedies that a machine can follow: what an error asks to add, and adding it; pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_MEND = "To mend it: "
_ADD = re.compile(
    r"add ('[^']+'(?:, '[^']+')*) to the field ([A-Z][A-Za-z-]*)|add (\S+) to the field (Wins)"
)
_SECRETS = re.compile(r"to the field Secrets, as ('[^;]+)")
_SECRET = re.compile(r"'([^' ]+) (?:site|node)'")
_BESIDE = re.compile(r"with it goes (/[^:]+): ")
_STANZAS = re.compile(r"add these stanzas to \S*accounts")
_WORDS = ("REASON",)
"""What stands for words that only a person can write."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Remedy:
    """An entry to add to a field of the spec, or a stanza to the account table (no `field`)."""

    entry: str
    field: str = ""

    def __str__(self) -> str:
        if self.field:
            return f"{self.field}: {self.entry}"
        return f"accounts: {' '.join(self.entry.split()[:2])}"


def remedies(text: str) -> tuple[Remedy, ...]:
    """What an error's text asks to add, each once, in its order."""
    found = (remedy for block in _blocks(text) for remedy in _of_block(block))
    return tuple(dict.fromkeys(found))


def _blocks(text: str) -> Iterator[list[str]]:
    """The lines of each error: each ends with its remedy."""
    block: list[str] = []
    for line in text.splitlines():
        block.append(line)
        if line.startswith(_MEND):
            yield block
            block = []


def _of_block(block: Sequence[str]) -> Iterator[Remedy]:
    mend = block[-1]
    if _STANZAS.search(mend):
        yield from _stanzas(block[1:-1])
        return
    if told := _SECRETS.search(mend):
        kind = "node" if " node'" in told[1] else "site"
        beside = (path for line in block for path in _BESIDE.findall(line))
        for path in dict.fromkeys((*_SECRET.findall(told[1]), *beside)):
            yield Remedy(field="Secrets", entry=f"{path} {kind}")
        return
    for add in _ADD.finditer(mend):
        entries = re.findall("'([^']+)'", add[1]) if add[1] else [add[3]]
        for entry in entries:
            if not any(word in entry for word in _WORDS):
                yield Remedy(field=add[2] or add[4], entry=entry)


def _stanzas(lines: Iterable[str]) -> Iterator[Remedy]:
    text = "\n".join(line.strip() for line in lines).strip()
    for stanza in re.split(r"\n\n+", text):
        yield Remedy(entry=stanza)


def mended_spec(text: str, wanted: Iterable[Remedy]) -> str:
    """A spec of one stanza with more entries; a field that it lacks comes before Description."""
    for remedy in wanted:
        if remedy.field:
            text = _with_entry(text, remedy)
    return text


_BY_COMMAS = ("Archive", "Packages", "Build-Packages", "Kernel-Modules", "Prefer", "Conflicts")


def _with_entry(text: str, remedy: Remedy) -> str:
    entry = f" {remedy.entry}{',' if remedy.field in _BY_COMMAS else ''}"
    lines = text.splitlines()
    head = f"{remedy.field}:"
    at = next((n for n, line in enumerate(lines) if line.startswith(head)), None)
    if at is not None:
        return "".join(f"{line}\n" for line in (*lines[: at + 1], entry, *lines[at + 1 :]))
    end = next(n for n, line in enumerate(lines) if line.startswith("Description:"))
    return "".join(f"{line}\n" for line in (*lines[:end], head, entry, *lines[end:]))


def mended_accounts(text: str, wanted: Iterable[Remedy]) -> str:
    """The account table with more stanzas."""
    stanzas = [remedy.entry for remedy in wanted if not remedy.field]
    return "\n\n".join((text.rstrip("\n"), *stanzas)) + "\n" if stanzas else text
