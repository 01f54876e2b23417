"""What happens to our own packages in clean roots: both suites side by side, each told once."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.conftest import ROOT
from tests.own.older import make_older
from tests.support.roots import SUITES, debian_root, play
from tests.support.transcript import Transcript

SCRIPTS = Path(__file__).parent


class Story:
    """What is done in the roots of one suite, step by step; whoever asks for a step waits for it.

    `packages` is where the suite's own build of our packages lies, a repository for apt.
    """

    def __init__(self, suite: str, root: Path, place: Path) -> None:
        self.suite = suite
        self.root = root
        self.packages = place / "packages"
        self.job = place / "job"
        self.place = place
        self.steps: Mapping[str, Future[Transcript]] = {}

    def told(self, step: str) -> Transcript:
        return self.steps[step].result()

    def play(self, script: str, **options: object) -> Transcript:
        """Run one of the scripts beside this file, with the network."""
        return play(
            self.root,
            (SCRIPTS / script).read_text(),
            scratch=self.place / f"{script}.scratch",
            online=True,
            **options,  # type: ignore[arg-type]
        )


def build(story: Story, source: Path) -> Transcript:
    """Build our packages in a clean root, and have the suite's lintian look at them."""
    story.packages.mkdir()
    capture(command("dpkg-source", "--no-check", "--extract", source, story.packages / "qlumod"))
    told = story.play("build.sh", handed=[(story.packages, "/space")])
    index = capture(command("apt-ftparchive", "packages", ".", directory=story.packages))
    (story.packages / "Packages").write_bytes(index)
    return told


def main_job(story: Story) -> Transcript:
    """Install qlumod, run the build host's part of the main job, purge it; then piuparts."""
    story.steps["build"].result().require()
    story.job.mkdir()
    older = make_older(story.packages, story.place / "older")
    return story.play(
        "main_job.sh",
        shown=[(story.packages, "/own"), (older, "/older"), (ROOT / "debian/tests", "/own-tests")],
        handed=[(story.job, "/job")],
        beside=True,
    )


def autopkgtest(story: Story) -> Transcript:
    """Run the source package's own tests."""
    story.steps["build"].result().require()
    return story.play("autopkgtest.sh", shown=[(story.packages, "/own")], beside=True)


def head_node(story: Story, builder: Story) -> Transcript:
    """Install what the build host published on a head node of this suite."""
    builder.steps["main_job"].result()
    return story.play(
        "head_node.sh",
        shown=[(builder.job, "/job"), (ROOT / "debian/tests", "/own-tests")],
    )


@pytest.fixture(scope="session")
def stories(
    own_packages: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Story]]:
    """Both stories, begun at once: each suite has a processor."""
    if os.geteuid() != 0:
        pytest.skip("building roots needs root")
    (source,) = own_packages.glob("*.dsc")
    told = {
        suite: Story(suite, debian_root(shared_cache, suite), tmp_path_factory.mktemp(suite))
        for suite in SUITES
    }
    bookworm, trixie = told.values()
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:

        def begin(
            pool: ThreadPoolExecutor, **steps: tuple[Callable[..., Transcript], *tuple[object, ...]]
        ) -> Mapping[str, Future[Transcript]]:
            return {name: pool.submit(step[0], *step[1:]) for name, step in steps.items()}

        bookworm.steps = begin(
            first,
            build=(build, bookworm, source),
            main_job=(main_job, bookworm),
            head_node=(head_node, bookworm, bookworm),
        )
        trixie.steps = begin(
            second,
            build=(build, trixie, source),
            autopkgtest=(autopkgtest, trixie),
            head_node=(head_node, trixie, bookworm),
        )
        yield told
        for pool in (first, second):
            pool.shutdown(cancel_futures=True)


@pytest.fixture(params=SUITES)
def story(request: pytest.FixtureRequest, stories: Mapping[str, Story]) -> Story:
    """The story of one suite, then of the other."""
    return stories[request.param]
