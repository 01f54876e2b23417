"""Numbers that somebody else wrote: one spelling, no Unicode digits, and an end."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.model.numbers import LAST_SECOND, epoch, is_id, number, octal, signed
from tests.conftest import ROOT

NUMBERS_OF_OURS = {
    # What the kernel and programs of this host print.
    "cli/settings/reading.py", "head/generations.py", "packaging/debian/archives/download.py",
    "stack/assemble.py", "stack/state_files.py", "state/accounts.py", "state/account_seed.py",
    "state/unregistered_accounts.py", "state/account_ids.py", "system/enclosure/cgroups.py",
    "system/keys/gpg.py", "system/keys/strength.py", "system/keys/signers.py",
    "system/disk/process_stamp.py", "system/processes/map_ids.py",
    "system/disk/tmpfs.py", "system/disk/ownership.py", "system/processes/run.py",
    "system/disk/squashfs_listing.py", "system/processes/user_namespace.py",
    # Numbers, not texts.
    "cli/machine.py", "cli/main.py", "cli/manual.py", "cli/wording.py", "head/image_history.py",
    "head/verbs/plan_images.py", "model/build_run.py",
    "layer/compile_inside.py",
    "layer/kernel_package.py", "repository/publishing/publication.py", "repository/verbs/gc.py",
    "packaging/debian/roots/script_surroundings.py", "system/enclosure/syscalls.py",
    "system/disk/tree_scan.py", "system/disk/openat2.py",
    # A pattern has made sure of the digits.
    "model/contents.py", "model/numbers.py", "model/stanzas.py", "proof/account_comparison.py",
    "proof/scanned_tree.py", "secrets/unpack/archives.py", "packaging/debian/deb.py",
    "packaging/debian/tar.py",
}  # fmt: skip


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (number, "0", 0),
        (number, "1790000000123456789", 1790000000123456789),
        (signed, "-20", -20),
        (octal, "0755", 0o755),
        (epoch, str(LAST_SECOND), LAST_SECOND),
    ],
)
def test_a_number_is_read(read: Callable[[str], int], text: str, value: int) -> None:
    assert read(text) == value


@pytest.mark.parametrize("read", [number, signed, octal, epoch])
@pytest.mark.parametrize("text", ["", " 1", "1_0", "+1", "٣", "²", "-", "9" * 5000, "1\n"])
def test_what_is_none_is_refused_in_few_words(read: Callable[[str], int], text: str) -> None:
    with pytest.raises(QlumodError) as caught:
        read(text)
    assert len(str(caught.value)) < 100


def test_a_time_ends_where_a_layer_can_have_none() -> None:
    with pytest.raises(QlumodError, match="is later than a layer's files can be"):
        epoch(str(LAST_SECOND + 1))


def test_no_id_is_none() -> None:
    assert is_id("4294967294")
    assert not is_id("4294967295")
    assert not is_id("٣")


def test_no_other_file_reads_numbers_by_itself() -> None:
    found = {str(path.relative_to(ROOT / "qlumod")) for path in calls_of_int()}
    assert sorted(found - NUMBERS_OF_OURS) == []


def calls_of_int() -> Iterator[Path]:
    for path in (ROOT / "qlumod").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                named = [node.func, *node.args] if node.func.id == "map" else [node.func]
                if any(isinstance(one, ast.Name) and one.id == "int" for one in named):
                    yield path
