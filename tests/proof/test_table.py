"""What ``qlumod verify-stack --all`` says, prints and writes."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qlumod.cli import verify_stack as verb
from qlumod.cli.exits import FoundWanting, NotAll
from qlumod.cli.proof_page import page
from qlumod.model.difference import Aspect, Difference
from qlumod.model.digests import digest_bytes
from qlumod.model.lock import Lock
from qlumod.model.names import ArchName, Digest, FlavorName, ModuleName, ReleaseVersion
from qlumod.model.permit import permits
from qlumod.model.proof import About, ProvenModule, parse_proof, stack_digest
from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.proof.checked import Checked, Way, refused
from qlumod.proof.design import Apart, Design, ModulePair, ProofStack
from qlumod.proof.known_permits import known_permits, permits_of
from qlumod.proof.proved import Proved, ShownProof

PERMITS = permits_of(DEBIAN)
CORE, SAMBA, SLURM = map(ModuleName, ("core", "samba", "slurm"))
CLASH = "/etc/a|b: modules samba and slurm bring it differently\nsamba: f 0644 root:root"


def pair(one: ModuleName, other: ModuleName, *stack: ModuleName) -> ModulePair:
    return ModulePair(one=one, other=other, stack=stack)


def equal(stack: ProofStack, way: Way = Way.AT_ONCE, why: str = "") -> ShownProof:
    counts = {"left out": 10 * len(stack), "secret": 7, "order of entries": 0}
    result = Checked(way=way, paths=100 * len(stack), counts={**nothing(), **counts})
    return ShownProof(stack=stack, result=result, why=why)


def nothing() -> dict[str, int]:
    return dict.fromkeys((one.name for one in PERMITS), 0)


LOCK = Lock(
    version="14.0.0",
    flavor=FlavorName("bookworm"),
    architecture=ArchName("amd64"),
    epoch=1_763_856_000,
    specs=(),
    release=Digest(""),
    accounts=Digest(""),
    archives=(),
    tools=(),
    revisions=((CORE, 1), (SAMBA, 2), (SLURM, 1)),
    packages=(),
)
ABOUT = About(
    release=ReleaseVersion(14, 0, 0),
    flavor=FlavorName("bookworm"),
    architecture=ArchName("amd64"),
    modules=tuple(
        ProvenModule(
            module=module,
            version=f"14.0.0-{revision}",
            title=module.title(),
            layer=Digest("a" * 64),
            payload=digest_bytes(module.encode()),
        )
        for module, revision in ((CORE, 1), (SAMBA, 2), (SLURM, 1))
    ),
)


def design(stacks: Sequence[ProofStack], both: ProofStack) -> Design:
    """What is proved of three modules, one of which has a variant."""
    other = ModuleName("samba-4.22")
    return Design(
        singles=stacks,
        largest=(both,),
        pairs=(
            pair(CORE, SAMBA, CORE, SAMBA),
            pair(CORE, SLURM, CORE, SLURM),
            pair(SAMBA, SLURM, *both),
        ),
        apart=(Apart(one=SAMBA, other=other, why="samba and samba-4.22 are variants of samba"),),
    )


@pytest.fixture
def proved() -> Proved:
    stacks = ((CORE,), (CORE, SAMBA), (CORE, SLURM))
    both = (CORE, SAMBA, SLURM)
    return Proved(
        lock=LOCK,
        about=ABOUT,
        design=design(stacks, both),
        results={
            **{stack: equal(stack) for stack in stacks},
            both: equal(both, Way.IN_STEPS),
        },
        permits=PERMITS,
        without=((ModuleName("lustre-client"), "no package lustre-client-utils"),),
    )


TABLE = """\
# Proof of 14.0.0 for bookworm, amd64

Written by `make proof-table`; [proof.md](proof.md) says what is proved, and how.
The lock is of 2025-11-23. In short: every stack equals one installation: 4 stacks (3 pairs; 1 more
exclude each other), 3 installed at once and 1 in two steps.

## Modules

| module | version | title |
| --- | --- | --- |
| core | 14.0.0-1 | Core |
| samba | 14.0.0-2 | Samba |
| slurm | 14.0.0-1 | Slurm |

## Pairs

| pair | installed | paths | unexplained | a | b |
| --- | --- | --- | --- | --- | --- |
| core, samba | at once | 200 | 0 | 20 | 7 |
| core, slurm | at once | 200 | 0 | 20 | 7 |
| samba, slurm | in two steps | 300 | 0 | 30 | 7 |

## Kinds of permitted differences

|  | paths | because |
| --- | --- | --- |
| a | left out | documentation, drivers … that no node needs, recorded path by path |
| b | secret | made at first boot or supplied by the site, never in a layer |

## Never together

| modules | because |
| --- | --- |
| samba, samba-4.22 | samba and samba-4.22 are variants of samba |

## Not in this proof

| module | because |
| --- | --- |
| lustre-client | no package lustre-client-utils |
"""


def test_the_table_has_every_pair_and_what_is_not_in_it(proved: Proved) -> None:
    assert page(proved) == TABLE


def wanting(proved: Proved) -> Proved:
    stack = (CORE, SAMBA, SLURM)
    failure = Difference(path="/etc/one", aspect=Aspect.MODE, reference="0644", stack="0600")
    slurm = proved.results[(CORE, SLURM)]
    differing = replace(slurm, result=replace(slurm.result, failures=(failure,)))
    clash = ShownProof(stack=stack, result=refused(Way.AT_ONCE, CLASH), why="slurm spoils it")
    return replace(proved, results={**proved.results, (CORE, SLURM): differing, stack: clash})


def test_the_table_tells_what_nothing_explains(proved: Proved) -> None:
    text = page(wanting(proved))
    assert "2 of 4 stacks do not equal one installation" in text
    assert "| core, slurm | at once | 200 | 1 | 20 | 7 |" in text
    assert "| samba, slurm | at once: slurm spoils it |  | refused |  |  |" in text
    assert text.endswith(
        "## Unexplained: core, samba, slurm\n\n"
        "    /etc/a|b: modules samba and slurm bring it differently\n"
        "    samba: f 0644 root:root\n\n"
        "## Unexplained: core, slurm\n\n"
        "    /etc/one: mode: 0644 → 0600\n"
    )


def test_the_table_tells_what_two_steps_make_otherwise(proved: Proved) -> None:
    shown = proved.results[(CORE, SLURM)]
    saw = Difference(path="/usr/share/saw", aspect=Aspect.MISSING, reference="file")
    reacting = replace(shown, result=replace(shown.result, otherwise=(saw,)))
    text = page(replace(proved, results={**proved.results, (CORE, SLURM): reacting}))
    assert (
        "## Another installation in two steps\n\n| modules | difference |\n| --- | --- |\n"
        "| core, slurm | /usr/share/saw: missing file |\n"
    ) in text


Typing = Callable[..., dict[str, Any]]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typing:
    """Type the verb with a proof that is known; returns what it was asked for."""

    def type_it(found: Proved, *words: str) -> dict[str, Any]:
        asked: dict[str, Any] = {}

        def answer(specs: Path, modules: tuple[str, ...], **given: Any) -> Proved:
            asked.update(given, specs=specs, modules=modules)
            return found

        monkeypatch.setattr(verb, "verify_all", answer)
        monkeypatch.setenv("QLUMOD_CACHE", str(tmp_path / "cache"))
        verb.command.main(["--all", *words], standalone_mode=False)
        return asked

    return type_it


def test_every_pair_is_a_line_and_the_table_a_file(
    proved: Proved, typed: Typing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = replace(proved, without=())
    asked = typed(whole, "samba", "slurm", "--at-once", "--table", str(tmp_path / "table.md"))
    assert (asked["modules"], asked["at_once"]) == (("samba", "slurm"), True)
    assert capsys.readouterr().out.splitlines() == [
        "modules           installed     paths  unexplained",
        "core samba        at once       200    0",
        "core slurm        at once       200    0",
        "samba slurm       in two steps  300    0",
        "samba samba-4.22  never                             "
        "samba and samba-4.22 are variants of samba",
        "every stack equals one installation: 4 stacks (3 pairs; 1 more exclude each other), "
        "3 installed at once and 1 in two steps",
    ]
    assert (tmp_path / "table.md").read_text() == page(whole)


def test_the_status_tells_that_something_is_wanting_or_left_out(
    proved: Proved, typed: Typing, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(FoundWanting):
        typed(wanting(proved))
    out = capsys.readouterr().out
    assert "core slurm: NOT PERMITTED  /etc/one: mode: 0644 → 0600\n" in out
    assert "core samba slurm: samba: f 0644 root:root\n" in out
    left_out = replace(proved.lock, left_out=proved.without)
    with pytest.raises(NotAll):
        typed(replace(proved, lock=left_out))
    out = capsys.readouterr().out
    assert "lustre-client: not in this proof: no package lustre-client-utils\n" in out


def test_json_has_pairs_stacks_and_whatever_is_not_proved(
    proved: Proved, typed: Typing, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(proved, "--json")
    document = json.loads(capsys.readouterr().out)
    assert document["equal"] is True
    assert document["pairs"][2] == {
        "one": "samba",
        "other": "slurm",
        "modules": ["core", "samba", "slurm"],
    }
    (stack,) = (one for one in document["stacks"] if len(one["modules"]) == 3)
    assert (stack["installed"], stack["paths"], stack["permitted"]["secret"]) == (
        "in two steps",
        300,
        7,
    )
    assert document["without"] == [
        {"module": "lustre-client", "why": "no package lustre-client-utils"}
    ]


def test_the_document_is_a_proof_about_bytes(
    proved: Proved, typed: Typing, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(FoundWanting):
        typed(wanting(proved), "--json")
    known = permits(known_permits())
    found = parse_proof(capsys.readouterr().out.encode(), "proof.json", known=known)
    assert found.about == proved.about
    equal = {frozenset(("core", "samba")), frozenset(("core",))}
    payloads = {one.module: one.payload for one in proved.about.modules}
    assert found.stacks == {
        stack_digest(payloads[module] for module in stack): frozenset(stack) in equal
        for stack in proved.results
    }
