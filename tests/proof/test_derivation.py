"""When a pair may be derived: every condition of docs/proof.md, one by one."""

import pytest

from qlumod.model.difference import Aspect, Difference
from qlumod.model.names import ModuleName
from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.proof.checked import Checked, Way, checked_text, parse_checked
from qlumod.proof.derivation import closer_sets, no_derivation
from qlumod.proof.design import ProofStack, design
from qlumod.proof.scanned import scanned
from qlumod.proof.scanned_tree import ScannedTree
from qlumod.proof.steps import otherwise
from qlumod.system.disk.within import Root
from tests.proof.small import make_reference
from tests.proof.test_design import specs

SAW = Difference(path="/usr/share/saw", aspect=Aspect.MISSING, reference="file")
REACTION = {"": (), "reaction": (SAW,), "unknown": None}


def known(**reactions: str) -> dict[ProofStack, Checked]:
    """What is known of stacks (``core_a`` …): no reaction, a reaction, or nobody knows."""
    return {
        stack: Checked(way=Way.AT_ONCE, counts={}, otherwise=REACTION[reaction])
        for name, reaction in reactions.items()
        for stack in [tuple(map(ModuleName, name.split("_")))]
    }


SOUND = {"core": "", "core_a": "", "core_a_b": "", "core_c": "", "core_a_b_c_d": ""}
"""b requires a."""
PAIR = tuple(map(ModuleName, ("core", "a", "b", "c")))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, ""),
        ({"core_c": "reaction"}, "c in two steps is another installation"),
        ({"core_c": "unknown"}, "c in two steps is another installation"),
        ({"core_a": "reaction"}, "a in two steps is another installation"),
        (
            {"core_a_b_c_d": "reaction"},
            "no larger set around it is the same installation in two steps",
        ),
        (
            {"core_a_b_c_d": "unknown"},
            "no larger set around it is the same installation in two steps",
        ),
        ({"core_a_b_c_d": "reaction", "core_a_b_c_e": ""}, ""),
        (
            {"core_a_b_c_d": "reaction", "core_a_b_d_e": ""},
            "no larger set around it is the same installation in two steps",
        ),
    ],
)
def test_a_pair_is_derived_only_where_all_conditions_hold(
    changed: dict[str, str], why: str
) -> None:
    assert no_derivation(PAIR, known(**{**SOUND, **changed})) == why


SPECS = specs(a="Requires: core", b="Requires: a", c="Requires: core", d="Requires: core")
PLANNED = design(SPECS)


@pytest.mark.parametrize(
    ("changed", "closer"),
    [
        ({}, ()),
        # Nobody spoils it alone: no smaller set is any better.
        ({"core_a_b_c_d": "reaction"}, (("core", "a", "b", "c", "d"),)),
        ({"core_a_b_c_d": "reaction", "core_d": "reaction"}, (("core", "a", "b", "c"),)),
        ({"core_a_b_c_d": "unknown", "core_d": "unknown"}, (("core", "a", "b", "c"),)),
        # b stands upon a.
        ({"core_a_b_c_d": "reaction", "core_a": "reaction"}, (("core", "c", "d"),)),
    ],
)
def test_the_largest_sets_are_tried_without_what_spoils_them(
    changed: dict[str, str], closer: tuple[ProofStack, ...]
) -> None:
    found = known(**{**SOUND, "core_d": "", **changed})
    assert closer_sets(PLANNED, found, SPECS) == closer


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> ScannedTree:
    return scanned(Root(make_reference(tmp_path_factory.mktemp("once"))), DEBIAN)


DEEDS = {
    "/usr/bin/munge": "other bytes",
    "/usr/share/new": "new",
    "/etc/nsswitch.conf": "hosts: dns\n",
    "/boot/initrd.img-6.1.0": "another initrd",
    "/etc/ld.so.cache": "another cache",
    "/var/lib/dpkg/info/munge.list": "/.\n",
}


@pytest.mark.parametrize("path", DEEDS)
def test_whatever_a_script_makes_of_the_modules_is_a_reaction(
    path: str, at_once: ScannedTree, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = make_reference(tmp_path_factory.mktemp("steps"))
    (root / path.lstrip("/")).write_text(DEEDS[path])
    found = otherwise(at_once, scanned(Root(root), DEBIAN), secrets=(), packaging=DEBIAN)
    assert {difference.path for difference in found} == {path}


def test_ids_order_backups_and_the_bytes_of_secrets_are_none(
    at_once: ScannedTree, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = make_reference(tmp_path_factory.mktemp("steps"))
    passwd = (root / "etc/passwd").read_text()
    (root / "etc/passwd").write_text(passwd.replace(":101:", ":199:"))
    status = (root / "var/lib/dpkg/status").read_text().strip().split("\n\n")
    (root / "var/lib/dpkg/status").write_text("\n\n".join(reversed(status)) + "\n\n")
    (root / "var/lib/dpkg/status-old").write_text("before")
    (root / "etc/munge/munge.key").write_text("another secret")
    secrets = ["/etc/munge/munge.key"]
    assert otherwise(at_once, scanned(Root(root), DEBIAN), secrets=secrets, packaging=DEBIAN) == ()
    (root / "etc/munge/munge.key").unlink()
    (found,) = otherwise(at_once, scanned(Root(root), DEBIAN), secrets=secrets, packaging=DEBIAN)
    assert str(found) == "/etc/munge/munge.key: missing file"


def test_a_result_is_read_as_it_was_written() -> None:
    result = Checked(
        way=Way.IN_STEPS, paths=7, counts={"left out": 3}, failures=(SAW,), otherwise=(SAW,)
    )
    assert parse_checked(checked_text(result)) == result
    assert parse_checked(checked_text(Checked(way=Way.AT_ONCE, counts={}))).otherwise is None
