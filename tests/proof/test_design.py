"""Which pairs and sets of modules a proof of all looks at."""

from qlumod.model.module_file import parse_spec
from qlumod.model.spec import ModuleSpec, in_build_order
from qlumod.proof.design import Apart, design
from tests.support.documents import release

BEGIN = "Format: 1\nTitle: A Module\nStack-Group: Test\nDescription: What it is for\n"
VARIANTS = (
    f"{BEGIN}Module: samba\nRequires: core\nPackages: samba\n\nVariant: samba-4.17\n\n"
    "Variant: samba-4.22\nPackages: samba (>= 2:4.22)\n"
)


def specs(**modules: str) -> tuple[ModuleSpec, ...]:
    """A spec for each module, of its further fields; core is always there."""
    texts = {
        name: f"{BEGIN}Module: {name}\nPackages: some-package\n{fields}\n"
        for name, fields in {"core": "", **modules}.items()
    }
    return in_build_order(
        [
            spec
            for name, text in texts.items()
            for spec in parse_spec(text, f"{name}.module", release())
        ]
    )


def with_samba(**modules: str) -> tuple[ModuleSpec, ...]:
    return in_build_order([*specs(**modules), *parse_spec(VARIANTS, "samba.module", release())])


def test_every_two_modules_are_a_pair_and_stand_on_what_they_require() -> None:
    found = design(specs(a="Requires: core", b="Requires: a", c="Requires: core"))
    assert {(pair.one, pair.other): pair.stack for pair in found.pairs} == {
        ("a", "b"): ("core", "a", "b"),
        ("a", "c"): ("core", "a", "c"),
        ("a", "core"): ("core", "a"),
        ("b", "c"): ("core", "a", "b", "c"),
        ("b", "core"): ("core", "a", "b"),
        ("c", "core"): ("core", "c"),
    }
    assert found.singles == (("core",), ("core", "a"), ("core", "a", "b"), ("core", "c"))
    assert found.largest == (("core", "a", "b", "c"),)
    assert found.apart == ()


def test_what_excludes_each_other_is_told_with_the_reason_and_is_no_pair() -> None:
    found = design(
        with_samba(a="Requires: core\nConflicts: b", b="Requires: core", c="Requires: b")
    )
    assert found.apart == (
        Apart(one="a", other="b", why="a names b under Conflicts"),
        Apart(one="a", other="c", why="a names b under Conflicts"),
        Apart(
            one="samba-4.17",
            other="samba-4.22",
            why="samba-4.17 and samba-4.22 are variants of samba",
        ),
    )
    apart = {(apart.one, apart.other) for apart in found.apart}
    assert not apart.intersection((pair.one, pair.other) for pair in found.pairs)


def test_the_largest_set_comes_first_and_each_pair_is_in_one() -> None:
    found = design(
        with_samba(a="Requires: core\nConflicts: b", b="Requires: core", c="Requires: b")
    )
    assert found.largest[0] == ("core", "b", "c", "samba-4.17")
    for pair in found.pairs:
        assert any({pair.one, pair.other} <= set(large) for large in found.largest), pair


def test_many_modules_with_variants_take_few_sets() -> None:
    singles = {f"m{number}": "Requires: core" for number in range(12)}
    variants = {
        f"v{family}{number}": "Requires: core" + (f"\nConflicts: v{family}0" if number else "")
        for family in "abcd"
        for number in range(2)
    }
    found = design(specs(**singles, **variants))
    assert len(found.largest[0]) == 1 + 12 + 4
    assert len(found.largest) <= 6
