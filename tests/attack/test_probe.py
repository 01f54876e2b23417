"""What programs of a root reach, in every place where any is started: nothing of the host."""

import os
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from qlumod.head.generations import read_newest
from qlumod.head.places import Places
from qlumod.model.image import ImageName
from qlumod.system.enclosure.bubblewrap import CAPABILITIES
from tests.attack.host import marked_host
from tests.attack.probing import (
    Reached,
    asked_as_user,
    asked_while_assembling,
    asked_while_building,
    asked_while_proving,
)
from tests.attack.release import AROUND, probing_release
from tests.layer.small_release import SmallRelease
from tests.support.contents import paths_in
from tests.support.ordinary import ordinary_user

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="the host is marked by root"),
]

PLACES = {
    "build core: essential-preinst",
    "build core: essential-postinst",
    "build core: preinst",
    "build core: postinst",
    "build core: ldconfig",
    "build core: initramfs-hook",
    "build probing: ldconfig",
    "build probing: apt-hook",
    "build probing: dkms",
    "build probing: preinst",
    "build probing: postinst",
    "build probing: trigger",
    "verify-stack: essential-preinst",
    "verify-stack: essential-postinst",
    "verify-stack: ldconfig",
    "verify-stack: preinst",
    "verify-stack: postinst",
    "verify-stack: initramfs-hook",
    "image build: ldconfig",
    "as a user: build: postinst",
    "as a user: build: dkms",
    "as a user: build: ldconfig",
    "as a user: image: ldconfig",
}
"""Where programs of a root are started. `make attack` asks at all that a user can do besides."""
VISIBLE = "visible-"
"""How questions begin whose answer is yes: SECURITY.md lists them with their reasons."""
QUESTIONS = 60
"""At least so many are asked in each place."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> SmallRelease:
    return probing_release(tmp_path_factory.mktemp("probing") / "specs", shared_cache)


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attack")


@pytest.fixture(scope="module")
def payloads_and_answers(release: SmallRelease, top: Path) -> tuple[dict[str, Path], list[Reached]]:
    with marked_host():
        payloads, built = asked_while_building(release, top / "cache")
        proved = asked_while_proving(release, top / "cache")
        assembled = asked_while_assembling(payloads, top / "head")
        with ordinary_user() as user:
            by_user = asked_as_user(release, user, payloads["core"])
    return payloads, [*built, *proved, *assembled, *by_user]


@pytest.fixture(scope="module")
def answers(
    payloads_and_answers: tuple[dict[str, Path], list[Reached]],
) -> dict[str, dict[str, Reached]]:
    """The answers by place and question."""
    found: dict[str, dict[str, Reached]] = defaultdict(dict)
    for one in payloads_and_answers[1]:
        found[one.place][one.question] = one
    return found


def test_programs_of_a_root_were_asked_in_all_places(
    answers: dict[str, dict[str, Reached]],
) -> None:
    assert answers.keys() >= PLACES
    assert min(len(asked) for asked in answers.values()) >= QUESTIONS


def test_nothing_of_the_host_is_reached(answers: dict[str, dict[str, Reached]]) -> None:
    reached = {one.question: one for asked in answers.values() for one in asked.values() if one.yes}
    assert [one for question, one in reached.items() if not question.startswith(VISIBLE)] == []
    assert len(reached) == 7


def test_no_program_of_a_root_goes_around_the_door(
    payloads_and_answers: tuple[dict[str, Path], list[Reached]], top: Path
) -> None:
    payloads, _ = payloads_and_answers
    for payload in payloads.values():
        assert AROUND not in paths_in(payload)
    places = Places(top / "head")
    current = read_newest(places, ImageName("probed"))
    assert current
    generation, _ = current
    image = places.built / "probed" / generation
    assert AROUND.encode() not in (image / "image.contents.gz").read_bytes()


def test_the_witness_sees_a_program_that_goes_around_the_door(
    release: SmallRelease, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    (root / "usr/share/probe").mkdir(parents=True)
    words = ("unshare", "--mount", "sh", "-ec", GO_AROUND, "sh", root, release.specs / "programs")
    subprocess.run(words, check=True)
    assert (root / "usr/share/probe/around-the-door").read_text() == "/bin/true\n"


GO_AROUND = """\
cd "$1"
for part in bin lib lib64; do
	[ ! -e "/$part" ] || { mkdir -p "$part"; mount --rbind "/$part" "$part"; }
done
cp "$2/witness" .
LD_PRELOAD=/witness chroot . /bin/true
"""


def test_the_probe_knows_the_capabilities_that_are_left() -> None:
    names = subprocess.run(
        ["capsh", "--decode=00000000a80005fb"], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert names.partition("=")[2].upper().split(",") == sorted(CAPABILITIES, key=_number)


def _number(name: str) -> int:
    shown = subprocess.run(["capsh", "--print"], capture_output=True, text=True, check=True).stdout
    return shown.find(name.lower())
