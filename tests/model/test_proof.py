"""A document of a proof is read whole, or refused with one error."""

import json
from copy import deepcopy
from typing import Any

import pytest

from qlumod.errors import QlumodError
from qlumod.model.proof import parse_proof, stack_digest

A, B, C = ("a" * 64, "b" * 64, "c" * 64)
REMEDY = "\nTo mend it: have it written anew: qlumod verify-stack --all --proof proof.json"


def module(name: str, payload: str) -> dict[str, Any]:
    said = {"module": name, "version": "14.0.0-1", "title": name.title()}
    return {**said, "layer": C, "payload": payload}


ONE: dict[str, Any] = {
    "format": 1,
    "release": "14.0.0",
    "flavor": "bookworm",
    "architecture": "amd64",
    "modules": [module("core", A), module("slurm", B)],
    "equal": True,
    "paths": 100,
    "permitted": [],
    "differences": [{"path": "/x", "permitted": "log"}],
}
STACK: dict[str, Any] = {
    "modules": ["core"], "installed": "at once", "why": "", "equal": True, "refused": "",
    "paths": 100, "permitted": {}, "differences": [], "otherwise_in_two_steps": None,
}  # fmt: skip
ALL: dict[str, Any] = {
    **{name: value for name, value in ONE.items() if name not in ("paths", "differences")},
    "date": "2026-01-31",
    "pairs": [],
    "apart": [],
    "stacks": [
        STACK,
        {**STACK, "modules": ["core", "slurm"], "equal": False, "refused": "clash", "paths": 0},
    ],
    "without": [],
    "equal": False,
}


def changed(document: dict[str, Any], *path: str | int, to: Any) -> dict[str, Any]:
    """A document with another value somewhere; None at the end of the path takes it out."""
    copy = deepcopy(document)
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return copy


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


def test_a_proof_says_which_stacks_equal_an_installation() -> None:
    found = parse_proof(json.dumps(ONE).encode(), "proof.json")
    assert [(one.module, one.payload) for one in found.about.modules] == [("core", A), ("slurm", B)]
    assert found.stacks == {stack_digest([B, A]): True}
    assert parse_proof(json.dumps(ALL).encode(), "proof.json").stacks == {
        stack_digest([A]): True,
        stack_digest([A, B]): False,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is no JSON: Expecting value: line 1 column 1 (char 0)"),
        (json.dumps(ONE)[:-1], "it is no JSON: Expecting ',' delimiter: line 1 column "),
        ("[" * 100_000, "it is no JSON: "),
        ("[]", "it is no JSON object"),
        ('{"format": 1, "format": 1}', "it says something twice"),
        ('{"format": NaN}', "NaN is no number"),
        ('{"error": {}}', "it tells of an error"),
        ("{}", "it has no 'format'"),
        (changed(ONE, "format", to=2), "this qlumod reads format 1"),
        (changed(ONE, "format", to=True), "this qlumod reads format 1"),
        (without(ONE, "paths"), "it has no 'paths'"),
        (without(ALL, "pairs"), "it has no 'pairs'"),
        ({**ONE, "more": 1}, "it has 'more', which is unknown"),
        (changed(ONE, "release", to="14"), "'14' is no release version: it has the form x.y.z"),
        (changed(ONE, "flavor", to=1), "'flavor' is no text"),
        (changed(ONE, "modules", to=[]), "it names no module"),
        (changed(ONE, "modules", 0, to="core"), "a module is no JSON object"),
        (changed(ONE, "modules", 0, "payload", to="a"), "'a' is no SHA-256 digest"),
        (changed(ONE, "modules", 1, to=module("core", B)), "it names a module twice"),
        (changed(ONE, "differences", to=None), "'differences' is no list"),
        (changed(ONE, "differences", 0, to={}), "a difference says nothing of a permit"),
        (changed(ONE, "differences", 0, "permitted", to=""), "a permit has no name"),
        (changed(ONE, "differences", 0, "permitted", to=None), "an 'equal' is not what"),
        (changed(ONE, "equal", to=1), "an 'equal' is not what the differences beside it say"),
        (changed(ONE, "paths", to=0), "'paths' is no number of compared paths"),
        (changed(ONE, "paths", to=1.5), "'paths' is no number of compared paths"),
        (changed(ALL, "stacks", to={}), "'stacks' is no list"),
        (changed(ALL, "stacks", 0, "modules", to=[]), "a stack has no modules"),
        (changed(ALL, "stacks", 0, "modules", to=[{}]), "a stack has a module that it does not"),
        (changed(ALL, "stacks", 0, "modules", to=["x"]), "a stack has a module that it does not"),
        (changed(ALL, "stacks", 1, to=STACK), "it has a stack twice"),
        (changed(ALL, "stacks", 0, "modules", to=["core", "core"]), "it has a stack twice"),
        (changed(ALL, "stacks", 1, "equal", to=True), "an 'equal' is not what the differences"),
        (changed(ALL, "stacks", 0, "refused", to="no"), "an 'equal' is not what the differences"),
        (changed(ALL, "equal", to=True), "its 'equal' is not what its stacks say"),
    ],
)  # fmt: skip
def test_what_is_no_proof_is_one_error(text: str | dict[str, Any], told: str) -> None:
    data = text if isinstance(text, str) else json.dumps(text)
    with pytest.raises(QlumodError) as fault:
        parse_proof(data.encode(), "proof.json")
    said = str(fault.value)
    assert said.startswith(f"proof.json: this is no proof: {told}")
    assert said.endswith(REMEDY)
    assert len(said.splitlines()) == 2


def test_what_is_no_text_at_all_is_told() -> None:
    with pytest.raises(QlumodError, match="this is no proof: it is no JSON"):
        parse_proof(b"\xff\xfe\x00", "proof.json")
