"""No verb runs what lies in the current directory, in the home, or where the environment points."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qlumod.repository.format.layout import Layout
from qlumod.repository.format.snapshots import current_snapshot
from qlumod.surroundings import FORGOTTEN
from qlumod.system.keys.gpg import make_key
from tests.attack.surroundings import Surroundings, verbs
from tests.conftest import ROOT, Answer
from tests.head.head_node import HeadNode
from tests.head.small_payloads import add_core, add_slurm
from tests.layer.conftest import release
from tests.layer.small_release import SmallRelease
from tests.support.debs import make_deb
from tests.support.signing import signing_home

__all__ = ["release"]

pytestmark = [pytest.mark.slow]

KEY = "{key}"
REPOSITORY = ("--repository", "{place}/repository")
SPECS = ("--specs", "{specs}")
HEAD = ("--root", "{head}")
SUITE, PROPOSED = "1.0-bookworm", "1.0-bookworm-proposed-updates"
STORY = {
    "check": SPECS,
    "config": (),
    "completion": ("bash",),
    "lock": SPECS,
    "fetch": SPECS,
    "build": ("plain", *SPECS, "--output", "{place}/packages"),
    "source": ("plain", *SPECS, "--with-packages", "--output", "{place}/sources"),
    "show": ("plain", *SPECS, "--size"),
    "verify-stack": ("core", "plain", *SPECS, "--brief", "--fresh"),
    "new": ("fresh", *SPECS, "--dry-run", "--packages", "sibling"),
    "payload": (
        "--from", "{place}/source/debian/qlumod", "--module", "plain",
        "--destdir", "{place}/payload", "--package", "test-module-plain-bookworm-amd64-1.0.0",
    ),
    "repo key": ("--home", "{keys}", "Another Person <other@example.org>"),
    "repo init": ("{place}/repository", "--key", KEY),
    "publish": (
        *REPOSITORY, "--suite", PROPOSED, "--unproved", "{place}/everyday_1.0_all.deb",
        "{place}/other_1.0_all.deb",
    ),
    "promote": (*REPOSITORY, "--unproved", PROPOSED, SUITE),
    "repo check": ("{place}/repository",),
    "repo keyring": ("{place}/repository", "--output", "{place}/keyring", "--suite", SUITE),
    "repo sources": ("{place}/repository", SUITE, "--dry-run"),
    "snapshot list": REPOSITORY,
    "snapshot show": (*REPOSITORY, "{snapshot}"),
    "snapshot diff": (*REPOSITORY, SUITE, PROPOSED),
    "diff": (*REPOSITORY, SUITE, PROPOSED),
    "remove": (*REPOSITORY, SUITE, "other"),
    "rollback": (*REPOSITORY, SUITE),
    "sign": REPOSITORY,
    "gc": REPOSITORY,
    "register": HEAD,
    "modules": HEAD,
    "accounts check": HEAD,
    "image create": ("compute", "--modules", "slurm", *HEAD),
    "image plan": ("compute", *HEAD),
    "image build": ("compute", *HEAD),
    "image deploy": ("compute", *HEAD),
    "image list": HEAD,
    "image show": ("compute", *HEAD),
    "image edit": ("compute", "--description", "of slurm", *HEAD),
    "image diff": ("--help",),
    "image history": ("compute", *HEAD),
    "image pin": ("compute", "1", *HEAD),
    "image unpin": ("compute", "1", *HEAD),
    "image gc": ("compute", *HEAD),
    "image rollback": ("--help",),
    "image export": ("compute", "{place}/compute.tar", *HEAD),
    "image shell": ("--help",),
    "image copy": ("compute", "copied", *HEAD),
    "image rename": ("copied", "renamed", *HEAD),
    "overview": HEAD,
    "which": ("--help",),
    "image remove": ("compute", *HEAD),
    "serve": ("--help",),
}  # fmt: skip
"""What to call each verb with; one makes what a later one needs."""


@pytest.fixture(scope="module")
def called(
    release: SmallRelease, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[Answer, list[str]]]]:
    """Each verb's answer, and what it ran of its surroundings."""
    place = tmp_path_factory.mktemp("hostile")
    head = HeadNode(place / "head", [])
    add_core(head, place / "core")
    add_slurm(head, place / "slurm")
    for name in ("everyday", "other"):
        make_deb(place, name)
    with signing_home() as keys:
        around = Surroundings(place, {"GNUPGHOME": str(keys), "QLUMOD_CACHE": str(release.cache)})
        around.lay_out()
        shutil.copytree(release.specs, place / "specs")
        given = {
            "place": place, "head": head.root, "specs": place / "specs", "keys": keys,
            "key": make_key(keys, "A Person <person@example.org>").fingerprint,
        }  # fmt: skip
        found = {}
        for verb, words in STORY.items():
            if verb == "payload":
                unpack(next((place / "sources").glob("*.dsc")), place / "source")
            if verb == "snapshot show":
                given["snapshot"] = newest(place / "repository")
            found[verb] = around.qlumod(*verb.split(), *(word.format(**given) for word in words))
        yield found


def newest(repository: Path) -> str:
    """The snapshot that the suite offers."""
    snapshot = current_snapshot(Layout(root=repository), SUITE)
    assert snapshot is not None
    return snapshot.identity


def unpack(source: Path, target: Path) -> None:
    words = ("dpkg-source", "--extract", "--no-check", source, target)
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def test_the_story_has_all_verbs() -> None:
    assert sorted(STORY) == sorted(verbs())


@pytest.mark.parametrize("verb", STORY)
def test_a_verb_works_and_runs_nothing_of_its_surroundings(
    called: dict[str, tuple[Answer, list[str]]], verb: str
) -> None:
    answer, run = called[verb]
    assert run == []
    assert answer.status == 0, answer.err


def test_no_library_brings_code_into_qlumod_itself(tmp_path: Path) -> None:
    around = Surroundings(tmp_path)
    around.lay_out()
    assert set(FORGOTTEN) <= set(around.environment)
    answer, run = around.qlumod("check", "--specs", str(ROOT / "module-specs"))
    assert (answer.status, run) == (0, [])
    # Who does not keep it out has it: the digest is computed by OpenSSL.
    words = [sys.executable, "-I", "-c", "import hashlib; hashlib.sha256(b'').digest()"]
    subprocess.run(words, env=around.environment, check=True)
    assert "provided into" in around.marks.read_text()


def test_what_lies_there_is_run_by_who_does_not_keep_it_out(tmp_path: Path) -> None:
    around = Surroundings(tmp_path)
    around.lay_out()
    for words in (["python3", "-c", ""], ["perl", "-e", ""], ["dpkg-deb"], ["bash", "-c", ":"]):
        around.marks.unlink(missing_ok=True)
        subprocess.run(words, env=around.environment, cwd=around.here, check=False)
        assert len(around.marks.read_text().splitlines()) > 1
