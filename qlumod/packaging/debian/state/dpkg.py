"""The files of dpkg's database for all packages: status, diversions, statoverride.

dpkg and update-alternatives write all of them 0644 root:root (dpkg lib/dpkg/atomic-file.c). The
files under ``info/`` belong to one package each, and are no state.
"""

import re

from qlumod.errors import QlumodError
from qlumod.model.lines import lines_of
from qlumod.state.entries import Claim, Entries, Entry, by_field
from qlumod.state.fragment import fields, joined, keyed
from qlumod.state.kind import Malformed, is_path

STATUS_PATH = "/var/lib/dpkg/status"


def by_package(text: str, *needed: str) -> list[Entry]:
    """Stanzas with the fields Package and Architecture, by ``name:architecture``.

    Raises `Malformed` if one lacks Package or another `needed` field.
    """
    return [
        (f"{values['Package']}:{values.get('Architecture', '')}", stanza)
        for values, stanza in keyed(text, "Package", *needed)
    ]


def _known(text: str) -> list[Entry]:
    # dpkg keeps stanzas of packages that it knows only from dpkg --set-selections and the like.
    return [
        (key, stanza)
        for key, stanza in by_package(text)
        if not fields(stanza).get("Status", "").endswith(" not-installed")
    ]


def _not_installed(key: str, stanza: str) -> str:
    del key
    status = fields(stanza).get("Status", "")
    return "" if status == "install ok installed" else f"it is left {status!r} by the build"


def _two_versions(lower: Claim, upper: Claim) -> QlumodError:
    one, other = fields(lower.entry), fields(upper.entry)
    name = one["Package"]
    if one.get("Version") != other.get("Version"):
        return QlumodError(
            f"{STATUS_PATH}: package {name} has version {one.get('Version')} in module "
            f"{lower.module} and {other.get('Version')} in module {upper.module}",
            remedy="take both modules from the same release, or lock and build them together",
        )
    differing = sorted(key for key in {*one, *other} if one.get(key) != other.get(key))
    return QlumodError(
        f"{STATUS_PATH}: package {name} {one.get('Version')} has other fields in module "
        f"{lower.module} than in module {upper.module}: {', '.join(differing)}"
    )


def _conffiles_sorted(stanza: str) -> str:
    """A stanza with sorted Conffiles, since their order is irrelevant."""
    head, mark, rest = stanza.partition("Conffiles:\n")
    if not mark:
        return stanza
    lines = [f"{line}\n" for line in lines_of(rest)]
    count = next((n for n, line in enumerate(lines) if not line.startswith(" ")), len(lines))
    return "".join([head, mark, *sorted(lines[:count]), *lines[count:]])


def _triples(text: str) -> list[Entry]:
    """Diversions: a path, its other name and the package (``:`` for a local one), a line each."""
    lines = text.removesuffix("\n").split("\n") if text else []
    for number, path in enumerate(lines):
        if number % 3 < 2 and not is_path(path):
            raise Malformed(number + 1, "it is no absolute path")
    if len(lines) % 3:
        raise Malformed(len(lines), "the diversion ends here, and has three lines")
    return [
        (lines[at], "".join(f"{line}\n" for line in lines[at : at + 3]))
        for at in range(0, len(lines), 3)
    ]


def _no_mode(key: str, entry: str) -> str:
    del key
    mode = entry.split(maxsplit=3)[2]
    return "" if re.fullmatch("0?[0-7]{1,4}", mode) else f"{mode[:10]!r} is no mode in octal digits"


STATUS = Entries(
    name="dpkg-status",
    path=STATUS_PATH,
    what="package",
    split=_known,
    join=joined,
    check=_not_installed,
    disagree=_two_versions,
    same=_conffiles_sorted,
)
DIVERSIONS = Entries(
    name="dpkg-diversions",
    path="/var/lib/dpkg/diversions",
    what="the diversion of",
    split=_triples,
    same=lambda entry: " ".join(lines_of(entry)) + "\n",
)
STATOVERRIDE = Entries(
    name="dpkg-statoverride",
    path="/var/lib/dpkg/statoverride",
    what="the override of",
    split=by_field(3),
    check=_no_mode,
)
