"""Killed, interrupted or failed at any moment, a build leaves nothing; the next one succeeds."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from qlumod.lock.verbs.check import check_specs
from qlumod.lock.verbs.fetch_locked import fetch_locked
from qlumod.workflows.lock import lock
from qlumod.workflows.workplace import Workplace
from tests.conftest import CommandLine
from tests.layer.conftest import release
from tests.layer.small_release import SmallRelease
from tests.support import debris
from tests.support.debs import make_deb

__all__ = ["release"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="building roots needs root"),
]

SERVED = """\
Format: 1
Module: served
Title: Served
Stack-Group: Test
Requires: core
Packages: registered, data
Secrets: /etc/keeper/key site
Description: An account, a secret, many files and a large one
"""
"""A small module above a small core: most builds here are killed."""
QUICKLY = ("--no-lint",)
"""lintian takes longer than all the rest, and is killed by name."""
KILLS = 20
INTERRUPTIONS = 3
SEED = int(os.environ.get("QLUMOD_SEED") or random.SystemRandom().randrange(10**6))


@dataclass(frozen=True)
class UnfinishedJob:
    """A build host of its own: core is built already, the module above it is not."""

    directory: Path
    cache: Path
    temporary: Path
    core: str
    """The name of core's payload directory."""

    def start(self, *options: str) -> "subprocess.Popen[str]":
        qlumod = CommandLine(self.directory, self.cache, {"TMPDIR": str(self.temporary)})
        return qlumod.start("build", "served", "--output", "packages", *options)

    def build(self) -> float:
        """Build to the end; how many seconds it took."""
        began = time.monotonic()
        process = self.start(*QUICKLY)
        said, _ = process.communicate()
        assert process.returncode == 0, said
        return time.monotonic() - began

    def forget_results(self) -> None:
        """Remove the results, and only those: what killed builds left is for the next one."""
        for path in self.results:
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    @contextmanager
    def without_core(self) -> Iterator[None]:
        """As if core were not built yet; if it is built meanwhile, it must be the same."""
        layer, kept = self.cache / "layers" / self.core, self.directory / "core"
        layer.rename(kept)
        try:
            yield
        finally:
            if layer.exists():
                assert bytes_below(layer) == bytes_below(kept)
                shutil.rmtree(layer)
            kept.rename(layer)

    def paths(self) -> list[str]:
        """Every path that a finished build leaves, but for its logs."""
        found = [f"cache/{path}" for path in debris.tree(self.cache / "layers")]
        found += [f"work/{path}" for path in debris.tree(self.cache / "work")]
        found += [f"packages/{path}" for path in debris.tree(self.directory / "packages")]
        return found + [f"temporary/{path}" for path in debris.tree(self.temporary)]

    def paths_but_results(self) -> list[str]:
        """What a build leaves that did not come to its end."""
        called = {"layers": "cache", "packages": "packages"}
        finished = tuple(f"{called[path.parent.name]}/{path.name}" for path in self.results)
        return [path for path in self.paths() if not path.startswith(finished)]

    @property
    def results(self) -> list[Path]:
        """What lies under a final name: finished payloads and packages."""
        return [
            path
            for folder in (self.cache / "layers", self.directory / "packages")
            for path in sorted(folder.glob("[!.]*"))
            if path.name != self.core
        ]


@pytest.fixture(scope="module")
def unfinished(
    release: SmallRelease, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> UnfinishedJob:
    """The core of the small release, and one module above it."""
    place = tmp_path_factory.mktemp("unfinished")
    specs = place / "module-specs"
    shutil.copytree(release.specs, specs, ignore=shutil.ignore_patterns("locks"))
    for spec in specs.glob("*.module"):
        if spec.stem != "core":
            spec.unlink()
    (specs / "served.module").write_text(SERVED)
    data = {f"/usr/share/data/{number}": f"{number}\n" for number in range(1000)}
    large = {"/usr/share/data/large": random.Random(1).randbytes(16 << 20)}
    make_deb(specs / "debs", "data", files={**data, **large})
    workplace = Workplace(specs=specs, cache=shared_cache)
    made, project = lock(workplace), check_specs(specs)
    fetch_locked(workplace, made.lock, project.release)
    own = SmallRelease(specs=specs, project=project, lock=made.lock, cache=shared_cache)
    core = own.build("core")
    (place / "temporary").mkdir()
    cache = place / "cache"
    (cache / "layers").mkdir(parents=True)
    (cache / "packages").symlink_to(shared_cache / "packages")
    shutil.copytree(core, cache / "layers" / core.name)
    return UnfinishedJob(place, cache, place / "temporary", core.name)


@pytest.fixture(scope="module")
def whole(unfinished: UnfinishedJob) -> tuple[float, dict[str, bytes], list[str]]:
    """An undisturbed build: its seconds, its results, and every path it leaves."""
    seconds = unfinished.build()
    return seconds, contents(unfinished.results), unfinished.paths()


@pytest.fixture
def watched(unfinished: UnfinishedJob) -> Iterator[Callable[[], list[str]]]:
    """Tells what is left of all that was started since, in the kernel."""
    debris.adopt_orphans()
    before = [process.pid for process in debris.descendants()]
    yield lambda: debris.left_running(before, [unfinished.directory])
    assert debris.left_running(before, [unfinished.directory]) == []


def contents(results: list[Path]) -> dict[str, bytes]:
    """The bytes of every file of some results, except what tells the time of a build."""
    files = [file for path in results for file in (path, *path.rglob("*")) if file.is_file()]
    return {
        f"{file.parent.name}/{file.name}": file.read_bytes()
        for file in files
        if file.suffix not in (".buildinfo", ".changes")
    }


def bytes_below(directory: Path) -> dict[str, bytes]:
    """The bytes of every file of a directory."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(file.relative_to(directory)): file.read_bytes() for file in files}


def test_killed_at_any_moment_a_build_leaves_nothing_running_and_no_half_result(
    unfinished: UnfinishedJob,
    whole: tuple[float, dict[str, bytes], list[str]],
    watched: Callable[[], list[str]],
) -> None:
    seconds, expected, paths = whole
    chance = random.Random(SEED)
    for number in range(KILLS):
        unfinished.forget_results()
        from_the_ground = number % 5 == 4
        moment = chance.uniform(0, 3 * seconds if from_the_ground else seconds)
        told = f"after {moment:.2f} s (kill {number + 1}, QLUMOD_SEED={SEED})"
        print(told, "of making core" if from_the_ground else f"of {seconds:.2f} s", flush=True)
        with unfinished.without_core() if from_the_ground else nullcontext():
            _kill(unfinished, after=moment)
        assert watched() == [], told
        for name, data in contents(unfinished.results).items():
            assert data == expected[name], f"{name} is half written, {told}"
    unfinished.build()
    assert contents(unfinished.results) == expected
    assert unfinished.paths() == paths, "the next build removes what the killed ones left"


def _kill(unfinished: UnfinishedJob, *, after: float) -> None:
    process = unfinished.start(*QUICKLY)
    time.sleep(after)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_interrupted_a_build_takes_everything_down_itself(
    unfinished: UnfinishedJob,
    whole: tuple[float, dict[str, bytes], list[str]],
    watched: Callable[[], list[str]],
) -> None:
    chance = random.Random(SEED)
    for number in range(INTERRUPTIONS):
        unfinished.forget_results()
        clean = unfinished.paths()
        moment = chance.uniform(0.0, whole[0] * 0.8)
        print(f"seed {SEED}, Ctrl-C {number + 1}: at {moment:.2f} of {whole[0]:.2f} s")
        process = _begun(unfinished, moment)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate()
        assert (process.returncode, said.splitlines()[-1]) == (130, "qlumod: interrupted"), said
        assert watched() == []
        assert unfinished.paths_but_results() == clean


def _begun(unfinished: UnfinishedJob, seconds: float) -> "subprocess.Popen[str]":
    """A build that has been at work for that long; shorter where it is done by then."""
    while True:
        process = unfinished.start(*QUICKLY)
        assert process.stdout is not None
        first = process.stdout.readline()
        try:
            said, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return process
        assert process.returncode == 0, first + said
        unfinished.forget_results()
        seconds /= 2


@pytest.mark.parametrize("victim", ["apt-get", "mksquashfs"])
def test_when_a_program_dies_the_build_says_so_and_leaves_nothing(
    unfinished: UnfinishedJob,
    whole: tuple[float, dict[str, bytes], list[str]],
    watched: Callable[[], list[str]],
    victim: str,
) -> None:
    unfinished.forget_results()
    clean = unfinished.paths()
    process = unfinished.start()
    os.kill(_found_below(process, victim), signal.SIGKILL)
    said, _ = process.communicate()
    assert process.returncode == 1
    assert f"{victim} failed: killed by signal 9" in said
    assert "The full log: " in said
    assert watched() == []
    assert unfinished.paths() == clean


def test_when_lintian_dies_no_package_is_handed_on_and_nothing_is_left_but_the_layer(
    unfinished: UnfinishedJob,
    whole: tuple[float, dict[str, bytes], list[str]],
    watched: Callable[[], list[str]],
) -> None:
    unfinished.forget_results()
    clean = unfinished.paths()
    process = unfinished.start()
    os.kill(_found_below(process, "lintian"), signal.SIGKILL)
    said, _ = process.communicate()
    assert process.returncode == 1, said
    assert watched() == []
    assert not [path for path in unfinished.results if path.parent.name == "packages"]
    assert unfinished.paths_but_results() == clean


def _found_below(process: "subprocess.Popen[str]", name: str) -> int:
    while process.poll() is None:
        for candidate in debris.descendants(of=process.pid):
            if candidate.name == name:
                return candidate.pid
        time.sleep(0.005)
    raise AssertionError(f"{name} never ran:\n{process.communicate()[0]}")
