"""What an administrator sees of modules that apt keeps: changelogs, checksums, nothing left."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.roots import HEAD_NODE, debian_root, play
from tests.support.transcript import Transcript
from tests.upkeep.conftest import Offers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="apt works in a root of its own"),
]

PAYLOAD = "qlustar-module-slurm-bookworm-amd64-14.0.1"
HOME = "/usr/share/qlumod/modules/slurm/bookworm/amd64/14.0.1"

STORY = f"""
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q -y install apt-listchanges debsums
sed -i 's/^frontend=.*/frontend=text/; s/^which=.*/which=changelogs/' /etc/apt/listchanges.conf
find / -xdev -not -path '/offers/*' | sort > /tmp/before
offer() {{
    echo "deb [signed-by=/offers/$1/keyring.gpg] file:/offers/$1 stable main" \\
        > /etc/apt/sources.list
    apt-get -q update
}}
sums() {{ debsums "$@" $(dpkg-query -f '${{db:Status-Abbrev}} ${{Package}}\\n' -W 'qlustar*' \\
    | sed -n 's/^ii *//p'); }}
offer first
apt-get -q -y install qlustar-module-slurm
echo == sums; sums --silent
echo == listed; sums | grep -c {HOME.replace("14.0.1", "14.0.0")}
echo == without; debsums --list-missing
echo == second; offer second; apt-get -q -y dist-upgrade
echo == third; offer third; apt-get -q -y dist-upgrade
echo == sums later; sums --silent
echo == damaged; echo x >> {HOME}/left-out.gz; sums --silent || echo "status $?"
echo == purged; apt-get -q -y --purge autoremove qlustar-module-slurm
echo == left; find / -xdev -not -path '/offers/*' | sort | comm -13 /tmp/before - \\
    | grep qlu || true
"""


@pytest.fixture(scope="module")
def printed(
    offers: Offers, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Transcript:
    """What was printed in each part of the story."""
    return play(
        debian_root(shared_cache, "bookworm", HEAD_NODE),
        STORY,
        scratch=tmp_path_factory.mktemp("apt") / "scratch",
        shown=[(offers.place, "/offers")],
        online=True,
    ).require()


DPKG = ("(Reading database", "Selecting previously")
"""How the lines begin that dpkg prints first."""


def shown_by_listchanges(lines: Sequence[str]) -> str:
    """What apt-listchanges printed among what apt printed."""
    head = lines.index("apt-listchanges: Changelogs")
    end = next(n for n, line in enumerate(lines) if line.startswith(DPKG))
    kept = (line for line in lines[head + 2 : end] if not line.startswith("debconf: "))
    return "\n".join(kept).strip()


def test_debsums_knows_every_file_of_a_module_and_finds_them_whole(
    printed: Transcript,
) -> None:
    assert printed.after("sums") == []
    assert printed.after("without") == []
    assert printed.after("listed") == ["7"]
    assert printed.after("sums later") == []


def test_debsums_finds_a_damaged_file(printed: Transcript) -> None:
    assert printed.after("damaged") == [
        f"debsums: changed file {HOME}/left-out.gz (from {PAYLOAD} package)",
        "status 2",
    ]


def test_apt_listchanges_shows_a_new_revision_once(printed: Transcript) -> None:
    assert shown_by_listchanges(printed.after("second")) == (
        "qlustar-module-slurm-bookworm-amd64 (14.0.0-2) bookworm; urgency=medium\n"
        "\n"
        "  * Slurm 14.0.0 for bookworm amd64: 3 packages.\n"
        "  * Against 14.0.0-1: 1 package upgraded.\n"
        "    - munge 0.5.14-1 → 0.5.15-2\n"
        "\n"
        " -- Release Engineers <engineers@qlumod.example>  Sun, 23 Nov 2025 12:00:00 +0000"
    )


def test_apt_listchanges_shows_a_new_release_through_the_meta_packages(
    printed: Transcript,
) -> None:
    assert f"Setting up {PAYLOAD} (14.0.1-1) ..." in printed.after("third")
    assert shown_by_listchanges(printed.after("third")) == (
        "qlustar-module-slurm-bookworm-amd64 (14.0.1-1) bookworm; urgency=medium\n"
        "\n"
        "  * Slurm 14.0.1 for bookworm amd64: 3 packages.\n"
        "  * No package has changed since 14.0.0-2.\n"
        "\n"
        " -- Release Engineers <engineers@qlumod.example>  Mon, 24 Nov 2025 12:00:00 +0000"
    )


def test_purging_leaves_nothing(
    printed: Transcript,
) -> None:
    assert any(f"Removing {PAYLOAD} " in line for line in printed.after("purged"))
    assert printed.after("left") == []
