"""The proof end to end: essential packages as core, and modules that stand side by side."""

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Event, Notice, ignore
from qlumod.proof.verdict import Verdict
from qlumod.workflows.proof import verify_stack
from qlumod.workflows.workplace import Workplace
from tests.layer.conftest import SmallRelease, release

__all__ = ["release"]

MODULES = (
    "plain", "sibling", "registered", "random", "restoring", "driver", "desktop", "expecting",
    "policing", "overlying", "writing", "informed",
)  # fmt: skip

RANDOM = "/var/cache/writing/made/[0-9a-f]{16}"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="building roots needs root")


@pytest.fixture(scope="module")
def found(release: SmallRelease) -> Verdict:
    return verify_stack(release.place, MODULES, listen=ignore)


def test_only_what_is_random_differs(found: Verdict) -> None:
    # Not even what the driver diverts of the desktop, and makes an alternative of.
    # A second installation shows that it is not the stack that made the difference.
    assert [(failure.path, failure.aspect, failure.any_two) for failure in found.failures] == [
        ("/usr/share/random", "content", True),
    ]


def test_the_verdict_names_the_bytes_of_all_modules(found: Verdict) -> None:
    assert found.about is not None
    proven = {one.module: one for one in found.about.modules}
    assert {"core", *MODULES} <= set(proven)
    assert len({one.payload for one in proven.values()}) == len(proven)
    assert len({one.layer for one in proven.values()}) == len(proven)


def test_siblings_are_whole_although_overlayfs_made_their_directory_opaque(found: Verdict) -> None:
    differing = {finding.difference.path for finding in found.findings}
    assert not differing.intersection(
        ("/usr/share/shared", "/usr/share/shared/plain.txt", "/usr/share/shared/sibling.txt")
    )


def test_excludes_secrets_and_accounts_are_permitted_and_nothing_else(found: Verdict) -> None:
    permitted = {
        (finding.permission.name, finding.difference.path)
        for finding in found.findings
        if finding.permission
    }
    assert {
        ("left out", "/usr/share/doc/plain/README"),
        ("left out", "/usr/share/man/man1/plain.1"),
        ("secret", "/etc/keeper/key"),
        ("machine id", "/etc/machine-id"),
        ("account ids", "/etc/passwd"),
        ("account ids", "/etc/group"),
    } <= permitted
    assert ("left out", "/usr/share/doc/plain/copyright") not in permitted


def test_what_came_back_is_as_in_the_installation_and_the_rest_is_still_left_out(
    found: Verdict,
) -> None:
    bulky = {
        finding.difference.path: finding.permission.name
        for finding in found.findings
        if "/bulky" in finding.difference.path and finding.permission
    }
    assert bulky == {
        "/usr/share/bulky/ground": "left out",
        "/usr/share/bulky/ground/one": "left out",
        "/usr/share/bulky/hollow/one": "left out",
        "/usr/share/bulky/other": "left out",
        "/var/lib/dpkg/info/bulky.md5sums": "checksum left out",
    }


def test_what_scripts_write_at_excluded_paths_is_in_no_layer(found: Verdict) -> None:
    written = {
        finding.difference.path
        for finding in found.findings
        if finding.permission and finding.permission.name == "left out, unpackaged"
    }
    named_at_random = {path for path in written if re.fullmatch(RANDOM, path)}
    assert len(named_at_random) == 1
    assert written - named_at_random == {
        "/usr/share/info/dir",
        "/usr/share/info/dir.old",
        "/usr/share/locale/xx",
        "/usr/share/man/index",
        "/usr/share/man/man3x",
        "/usr/share/man/man3x/deep",
        "/usr/share/man/man3x/deep/writing.3x",
        "/usr/share/man/man8/index",
        "/var/cache/writing/made",
        "/var/cache/writing/made/random",
    }


def test_what_a_layer_above_brings_is_no_longer_left_out(found: Verdict) -> None:
    (own,) = (finding for finding in found.findings if "/hollow" in finding.difference.path)
    assert str(own.difference) == "/usr/share/bulky/hollow/one: missing file"


def test_the_reference_is_installed_once(release: SmallRelease, found: Verdict) -> None:
    said: list[Event] = []
    again = verify_stack(release.place, MODULES, listen=said.append)
    assert again == found
    notices = [event.text for event in said if isinstance(event, Notice)]
    reused = [text for text in notices if text.startswith("reference installation")]
    # The second one, too, which told what no two installations make alike.
    assert [text[36:] for text in reused] == ["reused (--fresh redoes it)"] * 2


def test_modules_of_other_days_are_one_installation_but_for_the_days(
    release: SmallRelease, found: Verdict, tmp_path: Path
) -> None:
    specs = tmp_path / "specs"
    shutil.copytree(release.specs, specs, symlinks=True)
    (lock,) = (specs / "locks").iterdir()
    text = lock.read_text()
    epoch = int(text.partition("\nEpoch: ")[2].partition("\n")[0])
    older = f"\nEpoch: {epoch}\nEpochs:\n registered {epoch - 10 * 86400}\n"
    lock.write_text(text.replace(f"\nEpoch: {epoch}\n", older))
    again = verify_stack(replace(release.place, specs=specs), MODULES, listen=ignore)
    assert again.failures == found.failures
    days = [
        finding.difference
        for finding in again.findings
        if finding.permission and finding.permission.name == "day of an account"
    ]
    day = epoch // 86400
    assert [(d.subject, d.reference, d.stack) for d in days] == [
        ("user keeper: day of change", str(day), str(day - 10))
    ]


def test_modules_that_exclude_each_other_are_no_stack(
    release: SmallRelease, tmp_path: Path
) -> None:
    specs = shutil.copytree(release.specs, tmp_path / "specs")
    text = (release.specs / "plain.module").read_text()
    (specs / "plain.module").write_text(text.replace("Packages:", "Conflicts: sibling\nPackages:"))
    with pytest.raises(QlumodError) as caught:
        verify_stack(
            Workplace(specs=specs, cache=tmp_path / "cache"), ("plain", "sibling"), listen=ignore
        )
    assert str(caught.value) == (
        "modules plain and sibling exclude each other: no stack has both\n"
        "To mend it: name the modules of one stack"
    )
