"""The versions of stand-ins: whatever packages need is met, and what they exclude is avoided."""

from hypothesis import given
from hypothesis import strategies as st

from qlumod.repository.publishing.stand_in_versions import versions_for
from qlumod.repository.rules.relations import RelatedPackage

RELATIONS = st.lists(
    st.builds(
        RelatedPackage,
        name=st.just("a"),
        operator=st.sampled_from(["<<", "<=", "=", ">=", ">>"]),
        version=st.sampled_from(["1", "1.0", "1~", "2", "2+0", "1:0"]),
    ),
    max_size=4,
)


@given(needed=RELATIONS, excluded=RELATIONS)
def test_all_is_met_and_one_version_is_enough_where_one_is(
    needed: list[RelatedPackage], excluded: list[RelatedPackage]
) -> None:
    found = versions_for(needed, excluded)
    for one in needed:
        assert any(one.is_met_by(version) for version in found)
    candidates = [f"{one.version}{end}" for one in (*needed, *excluded) for end in ("", "~", "+0")]
    for version in candidates if needed else ():
        if all(one.is_met_by(version) for one in needed) and not any(
            one.is_met_by(version) for one in excluded
        ):
            assert len(found) == 1
            assert not any(one.is_met_by(found[0]) for one in excluded)


def test_relations_without_a_version_are_met_by_a_stand_in_without_one() -> None:
    assert versions_for([RelatedPackage("a")], [RelatedPackage("a", "", "<<", "2")]) == ("",)


def test_what_no_version_meets_is_left_out() -> None:
    wrong = [
        RelatedPackage("a", "", "=>", "1"),
        RelatedPackage("a", "", "=", "9_9"),
        RelatedPackage("a", "", "=", "1"),
    ]
    assert versions_for(wrong, []) == ("1",)
