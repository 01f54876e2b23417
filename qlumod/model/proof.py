"""The proof of stacks of modules: it contains digests, so it is a proof about bytes."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qlumod import __version__
from qlumod.errors import QlumodError
from qlumod.model.digests import digest_value
from qlumod.model.document import FORMAT
from qlumod.model.names import (
    ArchName,
    Digest,
    FlavorName,
    ModuleName,
    ReleaseVersion,
    arch_name,
    digest,
    flavor_name,
    module_name,
)

ABOUT = ("format", "qlumod", "release", "flavor", "architecture", "modules")
"""The first fields of every proof."""
OF_ONE = ("equal", "paths", "permitted", "differences")
OF_ALL = ("date", "equal", "permitted", "pairs", "apart", "stacks", "without")
_MODULE = ("module", "version", "title", "layer", "payload")
_STACK = (
    "modules", "installed", "why", "equal", "refused", "paths", "permitted", "differences",
    "otherwise_in_two_steps",
)  # fmt: skip
_DIFFERENCE = ("path", "aspect", "subject", "reference", "stack", "permitted")
_LONGEST = 1000
"""Characters of a text in a signed document: gpg cuts lines at 19,995 bytes, of which JSON takes
twelve for some characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """A kind of differences that is permitted, and why; `most` are the paths that it can permit.

    None: any number.
    """

    name: str
    why: str
    most: int | None = None


Permits = Mapping[str, Permit]
"""The permits that a program knows, by their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenModule:
    """A module that a proof is about: its layer, and its manifest, which names all of its files."""

    module: ModuleName
    version: str
    title: str
    layer: Digest
    payload: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a proof is about."""

    release: ReleaseVersion
    flavor: FlavorName
    architecture: ArchName
    modules: tuple[ProvenModule, ...]
    qlumod: str = __version__
    """The version of the program that proved it; empty: one that did not say so yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The content of a document of `qlumod verify-stack`."""

    about: About
    stacks: Mapping[Digest, bool]
    """Whether a stack equals one installation, by the digest of its payloads."""


def about_document(about: About) -> dict[str, object]:
    """The first fields of every proof, for JSON."""
    return {
        "format": FORMAT,
        "qlumod": about.qlumod,
        "release": str(about.release),
        "flavor": about.flavor,
        "architecture": about.architecture,
        "modules": [
            {
                "module": one.module,
                "version": one.version,
                "title": one.title,
                "layer": one.layer,
                "payload": one.payload,
            }
            for one in about.modules
        ],
    }


def stack_digest(payloads: Iterable[Digest]) -> Digest:
    """The digest of a stack, whatever the order of its payloads."""
    return digest_value(sorted(payloads))


def permits(known: Iterable[Permit]) -> Permits:
    """Permits by their names."""
    return {one.name: one for one in known}


def proof_text(document: Mapping[str, object]) -> bytes:
    """A document in lines that gpg can clearsign; longer texts are cut."""
    return f"{json.dumps(_cut(document), indent=1)}\n".encode()


def _cut(value: Any) -> Any:
    match value:
        case str():
            return value if len(value) <= _LONGEST else f"{value[:_LONGEST]} …"
        case dict():
            return {name: _cut(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_cut(inner) for inner in value]
    return value


def parse_proof(data: bytes, path: str, *, known: Permits | None) -> Proof:
    """Read what `qlumod verify-stack --json` printed; whatever else it is, is one error.

    `known` are the permits that it may name. None: it was believed before, perhaps by a version
    that did not compare them, and which did not write its own number either.
    """
    try:
        values = json.loads(data, object_pairs_hook=_once, parse_constant=_no_number)
        proof = _proof(values if known is not None else _earlier(values))
        if known is not None:
            _check_permits(values, known)
    except (ValueError, RecursionError) as fault:
        raise _no_proof(path, f"it is no JSON: {fault}") from fault
    except QlumodError as fault:
        raise _no_proof(path, fault.brief) from fault
    return proof


def _earlier(values: Any) -> Any:
    return {"qlumod": "", **values} if isinstance(values, dict) else values


def _check_permits(values: Mapping[str, Any], known: Permits) -> None:
    """Compare the permits that a proof names with those that the program has."""
    by = f"qlumod {__version__}"
    if values["qlumod"] != __version__:
        by = f"{by} (this is of qlumod {values['qlumod']})"
    for row in _rows(values, "permitted"):
        _require(isinstance(row, dict) and {"name", "why"} <= row.keys(), "a permit says no reason")
        name = _known_permit(row["name"], known, by)
        reason = f"the permit {name!r} has another reason than {by} gives: {row['why']!r}"
        _require(row["why"] == known[name].why, reason)
    if "stacks" in values:
        for row in _rows(values, "stacks"):
            _require(isinstance(row["permitted"], dict), "'permitted' of a stack is no JSON object")
            _check_counts(row["permitted"], row["paths"], known, by)
    else:
        _check_counts(_counts(values, known, by), values["paths"], known, by)


def _counts(values: Mapping[str, Any], known: Permits, by: str) -> dict[str, int]:
    """How many of the listed differences each permit permits."""
    told = {(row["permitted"], row["path"]) for row in _rows(values, "differences")}
    found = Counter(name for name, _ in told if name is not None)
    said = {row["name"]: row.get("paths") for row in values["permitted"]}
    for name, count in found.items():
        _known_permit(name, known, by)
        what = f"the permit {name!r} is said to permit {said.get(name)!r} paths, and permits"
        _require(said.get(name) == count, f"{what} {count}")
    return said


def _check_counts(said: Mapping[Any, Any], paths: int, known: Permits, by: str) -> None:
    for name, count in said.items():
        most = known[_known_permit(name, known, by)].most
        what = f"the permit {name!r} is said to permit {count!r} paths"
        _require(type(count) is int and count >= 0, f"{what}, which is no number")
        _require(count <= paths, f"{what}, of {paths} that were compared")
        _require(most is None or count <= most, f"{what}, and can permit {most}")


def _known_permit(name: Any, known: Permits, by: str) -> str:
    _require(name in known if isinstance(name, str) else False, f"{by} knows no permit {name!r}")
    return str(name)


def _proof(values: Any) -> Proof:
    _require(isinstance(values, dict), "it is no JSON object")
    _require("error" not in values, "it tells of an error")
    _require("format" in values, "it has no 'format'")
    found = values["format"]
    _require(type(found) is int and found == FORMAT, f"this qlumod reads format {FORMAT}")
    of_all = "stacks" in values
    _fields(values, (*ABOUT, *(OF_ALL if of_all else OF_ONE)), "it")
    about = About(
        release=ReleaseVersion.parse(_text(values, "release")),
        flavor=flavor_name(_text(values, "flavor")),
        architecture=arch_name(_text(values, "architecture")),
        modules=tuple(map(_module, _rows(values, "modules"))),
        qlumod=_text(values, "qlumod"),
    )
    known = {one.module: one.payload for one in about.modules}
    _require(len(known) == len(about.modules), "it names a module twice")
    if of_all:
        return Proof(about=about, stacks=_stacks(values, known))
    equal = all(_is_permitted(row) for row in _rows(values, "differences"))
    _require(bool(known), "it names no module")
    _check_equal(values, equal)
    return Proof(about=about, stacks={stack_digest(known.values()): equal})


def _stacks(values: Mapping[str, Any], known: Mapping[ModuleName, Digest]) -> dict[Digest, bool]:
    found: dict[Digest, bool] = {}
    for row in _rows(values, "stacks"):
        _fields(row, _STACK, "a stack")
        names = row["modules"]
        _require(isinstance(names, list) and bool(names), "a stack has no modules")
        _require(
            all(isinstance(name, str) and name in known for name in names),
            "a stack has a module that it does not name",
        )
        equal = not _rows(row, "differences") and not _text(row, "refused")
        _check_equal(row, equal)
        stack = stack_digest(known[name] for name in names)
        _require(stack not in found and len(set(names)) == len(names), "it has a stack twice")
        found[stack] = equal
    _require(values["equal"] is all(found.values()), "its 'equal' is not what its stacks say")
    return found


def _check_equal(row: Mapping[str, Any], equal: bool) -> None:
    _require(row["equal"] is equal, "an 'equal' is not what the differences beside it say")
    paths = row["paths"]
    _require(type(paths) is int and paths >= equal, "'paths' is no number of compared paths")


def _module(row: Any) -> ProvenModule:
    _fields(row, _MODULE, "a module")
    return ProvenModule(
        module=module_name(_text(row, "module")),
        version=_text(row, "version"),
        title=_text(row, "title"),
        layer=digest(_text(row, "layer")),
        payload=digest(_text(row, "payload")),
    )


def _is_permitted(row: Any) -> bool:
    _fields(row, _DIFFERENCE, "a difference")
    for name in _DIFFERENCE[:-1]:
        _text(row, name)
    _require(row["permitted"] is None or bool(_text(row, "permitted")), "a permit has no name")
    return row["permitted"] is not None


def _fields(row: Any, names: Sequence[str], what: str) -> None:
    _require(isinstance(row, dict), f"{what} is no JSON object")
    for name in names:
        _require(name in row, f"{what} has no {name!r}")
    for name in row:
        _require(name in names, f"{what} has {name!r}, which is unknown")


def _rows(row: Mapping[str, Any], name: str) -> list[Any]:
    found = row[name]
    _require(isinstance(found, list), f"{name!r} is no list")
    return list(found)


def _text(row: Mapping[str, Any], name: str) -> str:
    found = row[name]
    _require(isinstance(found, str), f"{name!r} is no text")
    return str(found)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    _require(len(found) == len(pairs), "it says something twice")
    return found


def _no_number(name: str) -> None:
    raise QlumodError(f"{name} is no number")


def _require(true: bool, otherwise: str) -> None:
    if not true:
        raise QlumodError(otherwise)


def _no_proof(path: str, what: str) -> QlumodError:
    return QlumodError(
        f"{path}: this is no proof: {what}",
        remedy="have it written anew: qlumod verify-stack --all --proof proof.json",
    )
