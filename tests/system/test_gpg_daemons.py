"""gpg's agent and keyboxd: what we start ends with us, however we end; what ran before goes on."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.system.keys import gpg
from qlumod.system.keys import signers as keys
from qlumod.system.keys.gpg_daemons import daemons
from tests.conftest import ROOT
from tests.support.debris import PATIENCE, adopt_orphans, descendants
from tests.support.debs import make_deb
from tests.support.signing import signing_home

KEYBOXD = Path("/usr/lib/gnupg/keyboxd")


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that nothing runs for, with a path that a socket's fits below."""
    path = Path(tempfile.mkdtemp(prefix="qlumod-test-"))
    yield path
    assert agent(path) is None, "something outlived the test"
    subprocess.run(["rm", "-rf", path], check=True)


def agent(home: Path) -> int | None:
    """The process that is the agent of a home."""
    asked = ["gpg-connect-agent", "--homedir", home, "--no-autostart", "GETINFO pid", "/bye"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    found = re.search(r"^D (\d+)", told, re.MULTILINE)
    return int(found[1]) if found else None


def gone(home: Path) -> bool:
    """Whether the agent of a home ends soon."""
    deadline = time.monotonic() + PATIENCE
    while agent(home) is not None and time.monotonic() < deadline:
        descendants()  # buries what has died
        time.sleep(0.02)
    return agent(home) is None


def test_an_agent_that_was_started_ends_with_the_block(home: Path) -> None:
    with daemons(home) as ready:
        ready()
        assert agent(home) is not None
    assert gone(home)
    assert [path.name for path in home.glob("S.*")] == []


def test_one_that_ran_before_goes_on() -> None:
    with signing_home() as home:
        before = agent(home)
        assert before is not None
        with daemons(home) as ready:
            ready()
        assert agent(home) == before


def test_the_users_own_agent_goes_on_when_keys_were_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with signing_home() as home:
        monkeypatch.setenv("GNUPGHOME", str(home))
        key = gpg.make_key(home, "Mine").fingerprint
        before = agent(home)
        with keys.signing([key]) as signers:
            assert [one.fingerprint for one in signers().keys] == [key]
        assert agent(home) == before is not None


def test_an_agent_ends_also_after_an_error_and_one_inside_another_is_the_same(home: Path) -> None:
    with pytest.raises(KeyboardInterrupt), daemons(home) as outer:
        outer()
        running = agent(home)
        with daemons(home) as inner:
            inner()
            assert agent(home) == running
        assert agent(home) == running
        raise KeyboardInterrupt
    assert gone(home)


def test_gpg_itself_starts_none(home: Path) -> None:
    with daemons(home, secret=False) as ready:
        ready()
        assert gpg.all_fingerprints(b"") == frozenset()
        assert agent(home) is None
    made = gpg.make_key(home, "Alone")
    assert gone(home)
    gpg.export_key(made)
    with pytest.raises(QlumodError):
        gpg.clearsign(made, b"nobody can")
    assert agent(home) is None


HOLDER = """
import sys, time
from pathlib import Path
from qlumod.system.keys.gpg_daemons import daemons
with daemons(Path(sys.argv[1])) as ready:
    ready()
    print("ready", flush=True)
    time.sleep(600)
"""


def holder(home: Path) -> "subprocess.Popen[str]":
    """A process that has started an agent; it leads a process group."""
    started = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def test_an_agent_does_not_outlive_a_process_that_was_killed(home: Path) -> None:
    adopt_orphans()
    process = holder(home)
    assert agent(home) is not None
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert gone(home)


def test_nor_does_it_where_its_watcher_was_killed_as_well(home: Path) -> None:
    adopt_orphans()
    process = holder(home)
    ours = [one for one in descendants(of=process.pid) if one.name != "gpg-agent"]
    # sh's newer versions make no group for each program, where setsid needs no process of its own.
    assert "xargs" in {one.name for one in ours} <= {"setsid", "xargs"}
    for pid in (*(one.pid for one in ours), process.pid):
        os.kill(pid, signal.SIGKILL)
    process.communicate()
    assert gone(home)


def test_an_interrupted_process_ends_its_agent(home: Path) -> None:
    process = holder(home)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate()
    assert gone(home)


def test_throw_away_keys_leave_no_agent_however_their_maker_ends() -> None:
    adopt_orphans()
    code = (
        "import os\nfrom qlumod.system.keys import gpg\n"
        "with gpg.throw_away_key() as key:\n"
        "    gpg.clearsign(key, b'x')\n    print(key.home, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    home = Path(done.stdout.strip())
    assert home.is_dir()
    assert gone(home)
    subprocess.run(["rm", "-rf", home], check=True)


PUBLISHER = """
import os, sys
from qlumod.repository.publishing import publication
signing = publication.clearsign
def killed(*given, **named):
    signing(*given, **named)
    os.kill(os.getpid(), 9)
publication.clearsign = killed
from qlumod.cli.main import main
main()
"""


def test_a_publisher_that_is_killed_while_it_signs_leaves_no_agent(
    home: Path, tmp_path: Path
) -> None:
    adopt_orphans()
    key = gpg.make_key(home, "Publisher <publisher@example.org>").fingerprint
    assert gone(home)
    deb = make_deb(tmp_path, "everyday")
    words = ["publish", "--repository", tmp_path / "repository", "--suite", "14.0-bookworm"]
    done = subprocess.run(
        [sys.executable, "-c", PUBLISHER, *words, "--key", key, deb],
        cwd=ROOT,
        env={**os.environ, "GNUPGHOME": str(home)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert gone(home)


@pytest.mark.skipif(not KEYBOXD.exists(), reason="gpg 2.4 and later have keyboxd")
def test_keyboxd_ends_with_the_block_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def runs() -> bool:
        words = ["gpg-connect-agent", "--homedir", home, "--keyboxd", "--no-autostart", "/bye"]
        return subprocess.run(words, capture_output=True, check=False).stderr == b""

    (home / "common.conf").write_text("use-keyboxd\n")
    monkeypatch.setenv("GNUPGHOME", str(home))
    key = gpg.make_key(home, "Boxed").fingerprint
    with keys.signing([key]) as signers:
        assert signers().public
        assert runs()
    deadline = time.monotonic() + PATIENCE
    while runs() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not runs()
