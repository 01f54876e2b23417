"""The tests' own Docker engine leaves this machine as it was, however it ends."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docker.engine import NoEngine, docker, engine, groups
from tests.head.small_payloads import busybox_root
from tests.support.debris import left_running, processes

pytestmark = pytest.mark.slow


@pytest.fixture
def none_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for no other engine: that of the other tests may be there."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent")


def network() -> tuple[str, ...]:
    """All that Docker is known to change of a machine's network."""
    looks = (
        ["ip", "-brief", "link"],
        ["iptables", "--list-rules"],
        ["iptables", "-t", "nat", "-S"],
    )
    return (
        Path("/proc/sys/net/ipv4/ip_forward").read_text(),
        *(
            subprocess.run(words, capture_output=True, text=True, check=True).stdout
            for words in looks
        ),
    )


def own_groups() -> set[Path]:
    """The control groups of this test's engines."""
    return {path for path in groups() if path.name == f"qlumod-tests-{os.getpid()}"}


@contextmanager
def with_container(place: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """An engine in a process of its own, in which a container runs on a network of its own."""
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.docker.engine"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(place)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdin and started.stdout
    try:
        host = started.stdout.readline().strip()
        tree = busybox_root(place)
        subprocess.run(["tar", "-C", tree, "-cf", place / "image.tar", "."], check=True)
        image = docker("import", place / "image.tar", host=host)
        docker("network", "create", "lane", host=host)
        docker("run", "--detach", "--network", "lane", image, "/bin/sleep", "1000", host=host)
        yield started, host
    finally:
        started.kill()
        started.wait()


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    # A socket's path has at most 108 bytes.
    with tempfile.TemporaryDirectory(prefix="qlumod-test-") as directory:
        yield Path(directory)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_engine_whose_tests_end_leaves_no_network_no_mount_and_no_process(
    none_runs: None, place: Path, number: signal.Signals
) -> None:
    before, ours = network(), [process.pid for process in processes()]
    with with_container(place) as (started, _):
        assert network() == before
        started.send_signal(number)
        started.wait(timeout=60)
    assert network() == before
    assert left_running(ours, [place]) == []
    if number is signal.SIGINT:
        assert sorted(path.name for path in place.iterdir()) == ["busybox", "image.tar"]


def test_what_a_killed_one_leaves_of_control_groups_is_removed_by_the_next(
    none_runs: None, place: Path
) -> None:
    with with_container(place) as (started, _):
        mine = f"qlumod-tests-{started.pid}"
        assert [path for path in groups() if path.name == mine]
        started.kill()
        started.wait()
    with engine():
        assert [path for path in groups() if path.name == mine] == []
    assert own_groups() == set()


def test_a_machine_without_docker_is_told_so(
    none_runs: None, monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    monkeypatch.setenv("PATH", str(place))
    with pytest.raises(NoEngine, match=r"there is no docker \(apt install docker.io\)"), engine():
        pass


def test_a_machine_where_docker_cannot_run_is_told_why(
    none_runs: None, monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    broken = place / "dockerd"
    broken.write_text("#!/bin/sh\necho 'failed to mount overlay: not permitted'; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")
    with pytest.raises(NoEngine) as refused, engine():
        pass
    assert str(refused.value).startswith("dockerd does not run here, which these tests need")
    assert str(refused.value).endswith("failed to mount overlay: not permitted")
