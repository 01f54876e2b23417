"""Lines end at newlines only; what ends them elsewhere is a program's output of this host."""

from hypothesis import given
from hypothesis import strategies as st

from qlumod.model.lines import lines_of
from tests.conftest import ROOT

OUTPUT_OF_PROGRAMS = {
    "cli/manual.py", "cli/new.py", "cli/repo.py", "cli/verify_stack.py", "layer/kernel_files.py",
    "lock/fetching/fetch.py", "cli/proof_page.py", "repository/index/chunks.py",
    "repository/index/upkeep.py", "packaging/debian/apt_indexes.py", "packaging/debian/host_apt.py",
    "system/enclosure/cgroups.py",
    "system/keys/gpg.py", "system/keys/strength.py", "system/keys/signers.py",
    "packaging/debian/lintian.py", "system/disk/tmpfs.py", "system/processes/namespace.py",
    "system/processes/user_namespace.py", "proof/prover.py", "model/lines.py",
    "repository/maintenance/version_bump.py",
}  # fmt: skip


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\n")), min_size=1))
def test_lines_come_back_as_they_were(lines: list[str]) -> None:
    assert lines_of("".join(f"{line}\n" for line in lines)) == lines


def test_no_text_has_no_lines() -> None:
    assert lines_of("") == []
    assert lines_of("\n") == [""]
    assert lines_of("a\nb") == ["a", "b"]


def test_no_other_file_splits_texts_where_a_name_may_go_on() -> None:
    found = {
        str(path.relative_to(ROOT / "qlumod"))
        for path in (ROOT / "qlumod").rglob("*.py")
        if ".splitlines(" in path.read_text()
    }
    assert sorted(found - OUTPUT_OF_PROGRAMS) == []
