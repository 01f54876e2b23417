"""The proof of stacks of modules: it contains digests, so it is a proof about bytes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from qlumod import __version__
from qlumod.errors import QlumodError
from qlumod.model.digests import digest_value
from qlumod.model.document import FORMAT
from qlumod.model.json_values import list_at, only_fields, require_that, strict_json, text_at
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
from qlumod.model.permit import Permits, check_permits

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
        values = strict_json(data)
        proof = _proof(values if known is not None else _earlier(values))
        if known is not None:
            check_permits(values, known)
    except (ValueError, RecursionError) as fault:
        raise _no_proof(path, f"it is no JSON: {fault}") from fault
    except QlumodError as fault:
        raise _no_proof(path, fault.brief) from fault
    return proof


def _earlier(values: Any) -> Any:
    return {"qlumod": "", **values} if isinstance(values, dict) else values


def _proof(values: Any) -> Proof:
    require_that(isinstance(values, dict), "it is no JSON object")
    require_that("error" not in values, "it tells of an error")
    require_that("format" in values, "it has no 'format'")
    found = values["format"]
    require_that(type(found) is int and found == FORMAT, f"this qlumod reads format {FORMAT}")
    of_all = "stacks" in values
    only_fields(values, (*ABOUT, *(OF_ALL if of_all else OF_ONE)), "it")
    about = About(
        release=ReleaseVersion.parse(text_at(values, "release")),
        flavor=flavor_name(text_at(values, "flavor")),
        architecture=arch_name(text_at(values, "architecture")),
        modules=tuple(map(_module, list_at(values, "modules"))),
        qlumod=text_at(values, "qlumod"),
    )
    known = {one.module: one.payload for one in about.modules}
    require_that(len(known) == len(about.modules), "it names a module twice")
    if of_all:
        return Proof(about=about, stacks=_stacks(values, known))
    equal = all(_is_permitted(row) for row in list_at(values, "differences"))
    require_that(bool(known), "it names no module")
    _check_equal(values, equal)
    return Proof(about=about, stacks={stack_digest(known.values()): equal})


def _stacks(values: Mapping[str, Any], known: Mapping[ModuleName, Digest]) -> dict[Digest, bool]:
    found: dict[Digest, bool] = {}
    for row in list_at(values, "stacks"):
        only_fields(row, _STACK, "a stack")
        names = row["modules"]
        require_that(isinstance(names, list) and bool(names), "a stack has no modules")
        require_that(
            all(isinstance(name, str) and name in known for name in names),
            "a stack has a module that it does not name",
        )
        equal = not list_at(row, "differences") and not text_at(row, "refused")
        _check_equal(row, equal)
        stack = stack_digest(known[name] for name in names)
        require_that(stack not in found and len(set(names)) == len(names), "it has a stack twice")
        found[stack] = equal
    require_that(values["equal"] is all(found.values()), "its 'equal' is not what its stacks say")
    return found


def _check_equal(row: Mapping[str, Any], equal: bool) -> None:
    require_that(row["equal"] is equal, "an 'equal' is not what the differences beside it say")
    paths = row["paths"]
    require_that(type(paths) is int and paths >= equal, "'paths' is no number of compared paths")


def _module(row: Any) -> ProvenModule:
    only_fields(row, _MODULE, "a module")
    return ProvenModule(
        module=module_name(text_at(row, "module")),
        version=text_at(row, "version"),
        title=text_at(row, "title"),
        layer=digest(text_at(row, "layer")),
        payload=digest(text_at(row, "payload")),
    )


def _is_permitted(row: Any) -> bool:
    if isinstance(row, dict) and "any_two" in row:
        require_that(row["any_two"] is True, "'any_two' of a difference is not true")
        row = {name: value for name, value in row.items() if name != "any_two"}
    only_fields(row, _DIFFERENCE, "a difference")
    for name in _DIFFERENCE[:-1]:
        text_at(row, name)
    require_that(
        row["permitted"] is None or bool(text_at(row, "permitted")), "a permit has no name"
    )
    return row["permitted"] is not None


def _no_proof(path: str, what: str) -> QlumodError:
    return QlumodError(
        f"{path}: this is no proof: {what}",
        remedy="have it written anew: qlumod verify-stack --all --proof proof.json",
    )
