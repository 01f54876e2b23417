"""A requested package in Debian's relation syntax.

python-debian reads it, too, but takes unparsable text for a name, and needs four seconds for each
MB of a long list.
"""

import re
from dataclasses import dataclass, field

from qlumod.errors import QlumodError
from qlumod.model.names import (
    FlavorName,
    PackageName,
    flavor_name,
    package_name,
    package_version,
)

_OPERATORS = ("<<", "<=", "=", ">=", ">>")
_RELATION = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9.+-]*)"
    r"(:[A-Za-z0-9][A-Za-z0-9-]*)?"
    r"(?:\s*\(\s*([<=>]+)\s*([A-Za-z0-9.+:~-]+)\s*\))?"
    r"(?:\s*(\[[\s!\w-]+\]))?"
    r"\s*((?:<[^<>]+>\s*)*)"
)
"""Name, architecture, operator, version, architectures and restrictions (Policy 7.1)."""
_NO_NAME = re.compile(r"[\s()\[\]<>,]")
"""Characters that no package name has: if there is one, a relation was meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One requested package, ``slurm-client (>= 22.05) <bookworm>``; restrictions name flavors."""

    name: PackageName
    operator: str = ""
    """``<<``, ``<=``, ``=``, ``>=``, ``>>`` or empty (Policy 7.1)."""
    version: str = ""
    flavors: tuple[FlavorName, ...] = ()
    """Only for these flavors; empty: for all."""
    line: int = field(default=0, compare=False)
    """Its line in the file, for errors; 0 if it does not come from a file."""

    def at(self, line: int) -> "Relation":
        """The same relation with its line; for thousands of them, `replace` would take longer."""
        return Relation(
            name=self.name,
            operator=self.operator,
            version=self.version,
            flavors=self.flavors,
            line=line,
        )

    def __str__(self) -> str:
        bound = f" ({self.operator} {self.version})" if self.operator else ""
        restriction = f" <{' '.join(self.flavors)}>" if self.flavors else ""
        return f"{self.name}{bound}{restriction}"


def parse_relation(text: str) -> Relation:
    """Read one relation; raises `QlumodError` unless it is exactly one package."""
    if "|" in text:
        raise _refusal(text, "a module names its packages: write one of the alternatives")
    found = _RELATION.fullmatch(text.strip())
    if not found:
        raise _no_relation(text)
    name, qualified, operator, version, architectures, restrictions = found.groups()
    package = package_name(name)
    if qualified:
        raise _refusal(text, "an architecture has no place here: the release names them")
    if architectures:
        raise _refusal(text, "architectures have no place here; '<…>' restricts to flavors")
    return Relation(
        name=package,
        operator=_operator(text, operator or ""),
        version=_version(text, version or ""),
        flavors=_flavors(text, restrictions),
    )


def _no_relation(text: str) -> QlumodError:
    if not _NO_NAME.search(text):
        package_name(text)
    return _refusal(text, _reason(text))


def _operator(text: str, operator: str) -> str:
    if operator and operator not in _OPERATORS:
        raise _refusal(text, f"{operator!r} is none of {', '.join(_OPERATORS)}")
    return operator


def _version(text: str, version: str) -> str:
    try:
        return package_version(version) if version else ""
    except QlumodError as fault:
        raise _refusal(text, fault.brief) from fault


def _flavors(text: str, restrictions: str) -> tuple[FlavorName, ...]:
    if not restrictions:
        return ()
    if restrictions != restrictions.lower():
        raise _refusal(text, _reason(text))
    terms = restrictions.replace("<", " ").replace(">", " ").split()
    for term in terms:
        if term.startswith("!") and term != "!":
            raise _refusal(text, f"{term!r}: name the flavors that it is for")
    return tuple(dict.fromkeys(map(flavor_name, terms)))


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
