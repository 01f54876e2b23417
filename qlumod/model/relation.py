"""A wanted package in Debian's relation syntax; a warning of python-debian is an error here."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qlumod.errors import QlumodError
from qlumod.late import late
from qlumod.model.names import (
    FlavorName,
    PackageName,
    flavor_name,
    package_name,
    package_version,
)

deb822 = late("debian.deb822")
_OPERATORS = ("<<", "<=", "=", ">=", ">>")

# python-debian returns a relation that it cannot parse as a name, with a warning.
logging.getLogger("debian.deb822").addFilter(
    lambda record: "cannot parse package relationship" not in record.getMessage()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One wanted package, ``slurm-client (>= 22.05) <bookworm>``; restrictions name flavors."""

    name: PackageName
    operator: str = ""
    """``<<``, ``<=``, ``=``, ``>=``, ``>>`` or empty (Policy 7.1)."""
    version: str = ""
    flavors: tuple[FlavorName, ...] = ()
    """Only for these flavors; empty: for all."""
    line: int = field(default=0, compare=False)
    """Its line in the file, for errors; 0 if it does not come from a file."""

    def __str__(self) -> str:
        bound = f" ({self.operator} {self.version})" if self.operator else ""
        restriction = f" <{' '.join(self.flavors)}>" if self.flavors else ""
        return f"{self.name}{bound}{restriction}"


def parse_relation(text: str) -> Relation:
    """Read one relation; raises `QlumodError` unless it names exactly one package."""
    parts = _parts(text)
    operator, version = parts["version"] or ("", "")
    return Relation(
        name=_checked(text, package_name(parts["name"]), parts),
        operator=_operator(text, operator),
        version=_version(text, version),
        flavors=_flavors(text, parts["restrictions"]),
    )


def _parts(text: str) -> Mapping[str, Any]:
    if "|" in text:
        raise _refusal(text, "a module names its packages: write one of the alternatives")
    found = deb822.PkgRelation.parse_relations(text)
    # Written again, it must be the same: python-debian takes the rest for a name.
    same = _squeezed(deb822.PkgRelation.str(found)) == _squeezed(text)
    if len(found) != 1 or not same or re.search(r"[\s()\[\]<>]", found[0][0]["name"]):
        raise _refusal(text, _reason(text))
    return dict(found[0][0])


def _checked(text: str, name: PackageName, parts: Mapping[str, Any]) -> PackageName:
    if parts["archqual"]:
        raise _refusal(text, "an architecture has no place here: the release names them")
    if parts["arch"]:
        raise _refusal(text, "architectures have no place here; '<…>' restricts to flavors")
    return name


def _operator(text: str, operator: str) -> str:
    if operator and operator not in _OPERATORS:
        raise _refusal(text, f"{operator!r} is none of {', '.join(_OPERATORS)}")
    return operator


def _version(text: str, version: str) -> str:
    try:
        return package_version(version) if version else ""
    except QlumodError as fault:
        raise _refusal(text, fault.brief) from fault


def _flavors(text: str, lists: Any) -> tuple[FlavorName, ...]:
    terms = [term for alternative in lists or () for term in alternative]
    for term in terms:
        if not term.enabled:
            raise _refusal(text, f"'!{term.profile}': name the flavors that it is for")
    return tuple(dict.fromkeys(flavor_name(term.profile) for term in terms))


def _reason(text: str) -> str:
    if re.fullmatch(r"[^()<>=\s]+\s*(<<|<=|=|>=|>>)[^()<>=]+", text):
        return "a version and its operator stand in parentheses"
    for left, right in ("()", "[]", "<>"):
        opened = re.sub(r"\([^)]*\)?", "", text) if left == "<" else text
        if opened.count(left) != opened.count(right):
            return f"'{left}' and '{right}' do not match"
    if re.fullmatch(r"[A-Za-z0-9.+-]+(\s+[A-Za-z0-9.+-]+)+", text):
        return "is a comma missing?"
    if text.endswith(">") and text.partition("<")[2] != text.partition("<")[2].lower():
        return "flavors are lower-case"
    return "it has the form 'name', 'name (>= version)' or 'name (>= version) <flavor>'"


def _refusal(text: str, reason: str) -> QlumodError:
    return QlumodError(f"cannot parse relation {text!r}: {reason}")


def _squeezed(text: str) -> str:
    return "".join(text.split())
