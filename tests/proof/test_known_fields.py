"""Who adds a field of the spec that roots show, and forgets it in the proof, fails here."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from qlumod.model.accounts_file import parse_accounts
from qlumod.model.lock_file import parse_lock
from qlumod.model.module_file import parse_spec
from qlumod.model.names import DEB
from qlumod.model.project import checked_project
from qlumod.model.secret import Secret, SecretKind
from qlumod.model.spec import ModuleSpec
from qlumod.model.spec_fields import SPEC_FIELDS
from qlumod.proof import inside
from qlumod.proof.expected import expectations
from qlumod.proof.known_fields import ASKED, COMPARED, EXPECTED, LOCKED
from qlumod.proof.permitted import Expectations
from qlumod.proof.reference import Installation
from qlumod.system.disk.own_code import PACKAGE
from tests.model.test_formats import EXAMPLES
from tests.support.documents import ACCOUNTS, CORE, release

LOCK = parse_lock(EXAMPLES["14.0.0-bookworm-amd64.lock"], "14.0.0-bookworm-amd64.lock")
BY_PAYLOADS = {"restore"}
"""What the payloads record of it decides, not the spec: see tests/proof/test_small_release.py."""


def installation(**changes: object) -> Installation:
    (spec,) = parse_spec(CORE, "core.module", release())
    return Installation(packaging=DEB, lock=LOCK, specs=(replace(spec, **changes),))


def expected(**changes: object) -> Expectations:
    accounts = parse_accounts(ACCOUNTS, "accounts", release().flavors)
    wanted = installation(**changes)
    return expectations(checked_project(release(), accounts, wanted.specs), wanted, ())


def test_the_proof_knows_each_field_that_a_root_shows() -> None:
    shown = (entry.attribute for entry in SPEC_FIELDS if entry.in_root)
    assert sorted((*ASKED, *LOCKED, *EXPECTED, *COMPARED)) == sorted(shown)


@pytest.mark.parametrize("field", ASKED)
def test_what_a_spec_asks_makes_another_reference_installation(field: str) -> None:
    assert installation(**{field: ("one two three",)}).identity != installation().identity
    assert f'"{field}"' in inspect.getsource(inside)


def test_secrets_make_another_reference_installation() -> None:
    secret = Secret(path="/etc/x", kind=SecretKind.SITE)
    assert installation(secrets=(secret,)).identity != installation().identity


@pytest.mark.parametrize("field", sorted({*EXPECTED} - BY_PAYLOADS))
def test_what_is_expected_to_differ_is_taken_from_the_spec(field: str) -> None:
    secret = Secret(path="/etc/x", kind=SecretKind.SITE)
    value = (secret,) if field == "secrets" else ("/etc/x",)
    assert expected(**{field: value}) != expected()


def test_a_layer_uses_no_field_that_neither_root_nor_manifest_show() -> None:
    shown = {e.attribute for e in SPEC_FIELDS if e.in_root or e.in_manifest}
    used = set(used_by_layers())
    assert used >= {"debconf", "exclude", "restore", "kernel_modules"}
    assert sorted(used & {entry.attribute for entry in SPEC_FIELDS} - shown) == []


def used_by_layers() -> Iterator[str]:
    """The attributes of a `spec` that the wing `layer` looks at, itself or by a method of it."""
    for path in (PACKAGE / "layer").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and re.search(r"\bspec$", ast.unparse(node.value)):
                yield node.attr
                if callable(method := getattr(ModuleSpec, node.attr, None)):
                    yield from re.findall(r"self\.(\w+)", inspect.getsource(method))
