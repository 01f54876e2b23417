"""piuparts installs, upgrades and purges modules, and finds nothing that was left or broken."""

import os
import shlex
from pathlib import Path

import pytest

from tests.support.roots import HEAD_NODE, debian_root, play
from tests.upkeep.conftest import Offers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="piuparts works in a root of its own"),
]

SCRIPT = """
echo 'APT::Sandbox::User "root";' > "$ROOT/etc/apt/apt.conf.d/sandbox"
echo "deb [signed-by={archive}/keyring.gpg] file:{archive} stable main" \
    > "$ROOT/etc/apt/sources.list"
piuparts --existing-chroot="$ROOT" --keep-sources-list --distribution=bookworm --no-eatmydata \
    --skip-logrotatefiles-test --tmpdir="$TMPDIR" --bindmount={place} {options} {debs}
"""


def piuparts(
    offers: Offers, cache: Path, scratch: Path, *, archive: str, version: str, options: str = ""
) -> list[str]:
    """Let piuparts upgrade from what an archive has to a version's packages; what has passed."""
    script = SCRIPT.format(
        archive=offers.place / archive,
        place=offers.place,
        debs=shlex.join(map(str, offers.new(version))),
        options=options,
    )
    root = debian_root(cache, "bookworm", HEAD_NODE)
    lines = play(root, script, scratch=scratch, beside=True).require().lines
    return [line.partition("PASS: ")[2] for line in lines if "PASS: " in line]


def test_a_module_is_installed_upgraded_to_a_new_revision_and_purged(
    offers: Offers, shared_cache: Path, tmp_path: Path
) -> None:
    passed = piuparts(
        offers, shared_cache, tmp_path / "scratch", archive="first", version="14.0.0-2"
    )
    assert passed == [
        "Installation and purging test.",
        "Installation, upgrade and purging tests.",
        "All tests.",
    ]


def test_modules_are_upgraded_to_a_new_release_through_the_meta_packages_and_purged(
    offers: Offers, shared_cache: Path, tmp_path: Path
) -> None:
    passed = piuparts(
        offers,
        shared_cache,
        tmp_path / "scratch",
        archive="second",
        version="14.0.1-1",
        options="--no-install-purge-test",
    )
    assert passed == ["Installation, upgrade and purging tests.", "All tests."]
