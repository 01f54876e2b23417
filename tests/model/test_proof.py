"""A document of a proof is read whole, or refused with one error."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlumod import __version__
from qlumod.errors import QlumodError
from qlumod.model.permit import Permit, permits
from qlumod.model.proof import parse_proof, proof_text, stack_digest

A, B, C = ("a" * 64, "b" * 64, "c" * 64)
BY = f"qlumod {__version__}"
REMEDY = "\nTo mend it: have it written anew: qlumod verify-stack --all --proof proof.json"


def module(name: str, payload: str) -> dict[str, Any]:
    said = {"module": name, "version": "14.0.0-1", "title": name.title()}
    return {**said, "layer": C, "payload": payload}


KNOWN = permits(
    (
        Permit(name="log", why="what a script said", most=1),
        Permit(name="left out", why="no node needs it"),
    )
)


def permit(name: str, why: str = "", **said: Any) -> dict[str, Any]:
    return {"name": name, "why": why or KNOWN[name].why, **said}


def difference(path: str, permitted: str | None) -> dict[str, Any]:
    said = {"aspect": "missing", "subject": "", "reference": "file", "stack": ""}
    return {"path": path, **said, "permitted": permitted}


ONE: dict[str, Any] = {
    "format": 1,
    "qlumod": __version__,
    "release": "14.0.0",
    "flavor": "bookworm",
    "architecture": "amd64",
    "modules": [module("core", A), module("slurm", B)],
    "equal": True,
    "paths": 100,
    "permitted": [permit("log", paths=1), permit("left out", paths=2)],
    "differences": [
        difference("/x", "log"),
        difference("/y", "left out"),
        difference("/z", "left out"),
        difference("/z", "left out"),
    ],
}
STACK: dict[str, Any] = {
    "modules": ["core"], "installed": "at once", "why": "", "equal": True, "refused": "",
    "paths": 100, "permitted": {"log": 1, "left out": 99}, "differences": [],
    "otherwise_in_two_steps": None,
}  # fmt: skip
ALL: dict[str, Any] = {
    **{name: value for name, value in ONE.items() if name not in ("paths", "differences")},
    "date": "2026-01-31",
    "permitted": [permit("log"), permit("left out")],
    "pairs": [],
    "apart": [],
    "stacks": [
        STACK,
        {
            **STACK,
            "modules": ["core", "slurm"],
            "equal": False,
            "refused": "clash",
            "paths": 0,
            "permitted": {},
        },
    ],
    "without": [],
    "equal": False,
}


def changed(document: dict[str, Any], *path: str | int, to: Any) -> dict[str, Any]:
    """A document with another value somewhere; None at the end of the path takes it out."""
    copy = deepcopy(document)
    place: Any = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return copy


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


def test_a_proof_says_which_stacks_equal_an_installation() -> None:
    found = parse_proof(json.dumps(ONE).encode(), "proof.json", known=KNOWN)
    assert found.about.qlumod == __version__
    assert [(one.module, one.payload) for one in found.about.modules] == [("core", A), ("slurm", B)]
    assert found.stacks == {stack_digest([B, A]): True}
    assert parse_proof(json.dumps(ALL).encode(), "proof.json", known=KNOWN).stacks == {
        stack_digest([A]): True,
        stack_digest([A, B]): False,
    }


def test_a_difference_may_be_one_of_any_two_installations() -> None:
    row = {**difference("/x", None), "any_two": True}
    wanting = {**changed(ONE, "differences", to=[row]), "permitted": [], "equal": False}
    found = parse_proof(json.dumps(wanting).encode(), "proof.json", known=KNOWN)
    assert found.stacks == {stack_digest([A, B]): False}


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
        (without(ONE, "qlumod"), "it has no 'qlumod'"),
        (changed(ONE, "qlumod", to=1), "'qlumod' is no text"),
        (without(ALL, "pairs"), "it has no 'pairs'"),
        ({**ONE, "more": 1}, "it has 'more', which is unknown"),
        (changed(ONE, "release", to="14"), "'14' is no release version: it has the form x.y.z"),
        (changed(ONE, "flavor", to=1), "'flavor' is no text"),
        (changed(ONE, "modules", to=[]), "it names no module"),
        (changed(ONE, "modules", 0, to="core"), "a module is no JSON object"),
        (changed(ONE, "modules", 0, "payload", to="a"), "'a' is no SHA-256 digest"),
        (changed(ONE, "modules", 1, to=module("core", B)), "it names a module twice"),
        (changed(ONE, "differences", to=None), "'differences' is no list"),
        (changed(ONE, "differences", 0, to={}), "a difference has no 'path'"),
        (changed(ONE, "differences", 0, "path", to=1), "'path' is no text"),
        (changed(ONE, "differences", 0, "any_two", to=False), "'any_two' of a difference is not"),
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
        (changed(ALL, "permitted", 0, to="log"), "a permit says no reason"),
        (changed(ALL, "permitted", 0, to={"name": "log"}), "a permit says no reason"),
        (changed(ALL, "permitted", 0, "name", to=None), f"{BY} knows no permit None"),
        (changed(ALL, "permitted", 0, "name", to="mine"), f"{BY} knows no permit 'mine'"),
        (
            changed(ALL, "permitted", 0, "why", to="because I say so"),
            f"the permit 'log' has another reason than {BY} gives: 'because I say so'",
        ),
        (
            changed(
                changed(ALL, "qlumod", to="9.9"), "permitted", 0, to=permit("mine", "new in 9.9")
            ),
            f"{BY} (this is of qlumod 9.9) knows no permit 'mine'",
        ),
        (
            changed(ALL, "stacks", 0, "permitted", to=[]),
            "'permitted' of a stack is no JSON object",
        ),
        (changed(ALL, "stacks", 0, "permitted", "mine", to=1), f"{BY} knows no permit 'mine'"),
        (
            changed(ALL, "stacks", 0, "permitted", "log", to=2),
            "the permit 'log' is said to permit 2 paths, and can permit 1",
        ),
        (
            changed(ALL, "stacks", 0, "permitted", "left out", to=101),
            "the permit 'left out' is said to permit 101 paths, of 100 that were compared",
        ),
        (
            changed(ALL, "stacks", 0, "permitted", "left out", to=-1),
            "the permit 'left out' is said to permit -1 paths, which is no number",
        ),
        (
            changed(ALL, "stacks", 0, "permitted", "left out", to=True),
            "the permit 'left out' is said to permit True paths, which is no number",
        ),
        (
            changed(ONE, "differences", 0, "permitted", to="mine"),
            f"{BY} knows no permit 'mine'",
        ),
        (
            changed(ONE, "permitted", 1, "paths", to=3),
            "the permit 'left out' is said to permit 3 paths, and permits 2",
        ),
        (
            changed(ONE, "permitted", 0, "paths", to=None),
            "the permit 'log' is said to permit None paths, and permits 1",
        ),
        (
            changed(ONE, "permitted", to=[permit("log", paths=1)]),
            "the permit 'left out' is said to permit None paths, and permits 2",
        ),
    ],
)  # fmt: skip
def test_what_is_no_proof_is_one_error(text: str | dict[str, Any], told: str) -> None:
    data = text if isinstance(text, str) else json.dumps(text)
    with pytest.raises(QlumodError) as fault:
        parse_proof(data.encode(), "proof.json", known=KNOWN)
    said = str(fault.value)
    assert said.startswith(f"proof.json: this is no proof: {told}")
    assert said.endswith(REMEDY)
    assert len(said.splitlines()) == 2


def test_what_is_no_text_at_all_is_told() -> None:
    with pytest.raises(QlumodError, match="this is no proof: it is no JSON"):
        parse_proof(b"\xff\xfe\x00", "proof.json", known=KNOWN)


def test_what_was_believed_before_permits_were_compared_is_read_still() -> None:
    earlier = without(changed(ALL, "permitted", 0, to={"name": "mine", "why": "gone"}), "qlumod")
    found = parse_proof(json.dumps(earlier).encode(), "proof.json", known=None)
    assert (found.about.qlumod, len(found.stacks)) == ("", 2)


@settings(deadline=None)
@given(
    text=st.recursive(
        st.text() | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_the_lines_of_a_signed_document_are_short(text: Any) -> None:
    data = proof_text({"a": text, "b": ["x" * 100_000, "\U0001f600" * 100_000]})
    assert max(map(len, data.splitlines())) < 19_000
    assert json.loads(data)["b"][0] == "x" * 1000 + " …"
