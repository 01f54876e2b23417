"""Programs of a root in their enclosure: what they see, what they may take, and how they end."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.system.enclosure.cgroups import cgroup_places
from qlumod.system.processes.namespace import HOST_NAME, call_inside
from tests.head.small_payloads import busybox_root
from tests.support.ordinary import ordinary_user

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the first tests are root's")

Play = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = busybox_root(tmp_path_factory.mktemp("enclosed"))
    for name in ("proc", "sys", "dev", "run", "tmp", "root", "etc"):
        (root / name).mkdir()
    return root


@pytest.fixture
def play(root: Path) -> Play:
    def played(*scripts: str, shown: Sequence[str] = (), **bounds: int) -> dict[str, Any]:
        given = {"root": str(root), "scripts": scripts, "bounds": bounds, "shown": list(shown)}
        found: dict[str, Any] = call_inside("tests.system.enclosing:play", given, listen=ignore)
        assert found.pop("left") == ["busybox"]
        return found

    return played


SEEN = {
    "the host name": ("hostname", [HOST_NAME]),
    "the time that things have": ("echo $SOURCE_DATE_EPOCH", ["7"]),
    "home": ("echo $HOME", ["/root"]),
    "no systemd to ask": ("echo $SYSTEMD_OFFLINE", ["1"]),
    "nobody waits for an answer": ("echo $DEBIAN_FRONTEND", ["noninteractive"]),
    "no processes but its own": ("[ $(ls /proc | grep -c '^[0-9]') -lt 8 ] && echo few", ["few"]),
    "an empty /sys": ("ls -A /sys", []),
    "an empty /tmp": ("ls -A /tmp", []),
    "where locks go": ("ls -A /run; stat -c %a /run/lock /tmp /dev/shm", ["lock"] + ["1777"] * 3),
    "nothing of PID 1": ("ls -A /proc/1", []),
    "a terminal of its own only": ("[ -t 0 ] || echo none", ["none"]),
    "nothing to read": ("cat | wc -c", ["0"]),
}


@pytest.mark.parametrize("what", SEEN)
def test_a_program_sees(play: Play, what: str) -> None:
    script, lines = SEEN[what]
    assert play(script)["printed"] == lines


def test_what_one_program_leaves_in_run_and_tmp_the_next_one_finds(play: Play, root: Path) -> None:
    found = play("echo one >/run/one; echo two >/tmp/two", "cat /run/one /tmp/two")
    assert found["printed"] == ["one", "two"]
    assert [*(root / "run").iterdir(), *(root / "tmp").iterdir()] == []


def test_what_is_shown_is_read_only_unless_it_is_to_be_written(play: Play, tmp_path: Path) -> None:
    for name in ("read", "write"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(f"{name}\n")
    shown = [(str(tmp_path / name), f"/run/{name}", name == "write") for name in ("read", "write")]
    found = play("cat /run/*/file; touch /run/write/new; touch /run/read/new || :", shown=shown)
    assert found["printed"][:2] == ["read", "write"]
    assert [path.name for path in sorted(tmp_path.rglob("new"))] == ["new"]
    assert (tmp_path / "write/new").exists()


def test_loopback_is_up(play: Play) -> None:
    printed = play("ip address show lo; wget http://127.0.0.1/")["printed"]
    assert any("LOOPBACK,UP" in line for line in printed)
    assert any("Connection refused" in line for line in printed)


def test_a_question_to_the_terminal_does_not_wait(play: Play) -> None:
    found = play("read answer </dev/tty || echo nobody is there")
    assert found["printed"][-1] == "nobody is there"


# How it ends.


def test_processes_that_are_left_are_named_and_ended(play: Play) -> None:
    script = "sleep 4711 </dev/null >/dev/null 2>&1 & (exec sleep 4712) & echo done"
    found = play(script)
    assert found["printed"] == ["done"]
    (told,) = found["told"]
    assert told.startswith("sh left processes behind, which were ended: sleep (")
    assert told.count("sleep (") == 2
    assert found["raised"] == {}
    running = subprocess.run(["pgrep", "-f", "sleep 471[12]"], capture_output=True, check=False)
    assert running.stdout == b""


def test_a_process_that_ends_soon_is_waited_for(play: Play) -> None:
    found = play("(sleep 0.3; echo late) & echo soon")
    assert (found["printed"], found["told"]) == (["soon", "late"], [])


def test_a_process_that_will_not_end_ends(play: Play) -> None:
    found = play("trap '' TERM HUP INT; while :; do sleep 1; done & sleep 0.1; echo done")
    assert found["printed"] == ["done"]
    assert "sh (" in found["told"][0]


def test_who_writes_on_after_the_end_writes_nothing_more(play: Play, root: Path) -> None:
    play("(while :; do echo more >>/etc/growing; done) & sleep 0.1")
    before = (root / "etc/growing").stat().st_size
    time.sleep(0.2)
    assert (root / "etc/growing").stat().st_size == before
    (root / "etc/growing").unlink()


def test_a_script_that_kills_all_kills_only_what_is_inside(play: Play) -> None:
    found = play("sleep 100 & kill -9 -1; kill -9 $$")
    assert found["raised"]["text"] == (
        "sh failed: killed by signal 9\n  $ sh -c 'sleep 100 & kill -9 -1; kill -9 $$'\n  Killed"
    )


def test_where_there_is_no_room_it_says_where_some_is_needed(play: Play) -> None:
    found = play("dd if=/dev/zero of=/dev/full count=1 2>&1 | head -n 1; false")
    assert found["raised"]["text"].endswith(
        "No space left on device\n"
        "To mend it: roots are unpacked in memory where there is much of it, else in the work "
        "directory: build with fewer --jobs, or make room there"
    )


def test_a_name_that_is_none_of_a_process_is_not_told(play: Play) -> None:
    found = play("cp /bin/busybox '/tmp/evil\033[31m\n(1)'; '/tmp/evil\033[31m\n(1)' sleep 99 &")
    assert all("\033" not in told for told in found["told"])


def test_the_first_error_is_the_one_that_is_told(root: Path) -> None:
    with pytest.raises(QlumodError) as raised:
        call_inside("tests.system.enclosing:stop_first", {"root": str(root)}, listen=ignore)
    assert str(raised.value) == "the true reason"


LINKED = {
    "in the root": ("rm -r /srv; ln -s /oldroot{host} /srv", "/srv/shown"),
    "in /run": ("ln -s /oldroot{host} /run/shown", "/run/shown/there"),
    "in /tmp": ("ln -s ../oldroot{host} /tmp/shown", "/tmp/shown/there"),
    "the last name": ("ln -s /oldroot{host}/new /run/shown", "/run/shown"),
}
"""How a script turns what something is mounted upon later into a link to the host."""


@pytest.mark.parametrize("where", LINKED)
def test_nothing_is_mounted_where_a_link_leads(root: Path, where: str, tmp_path: Path) -> None:
    host = tmp_path / "host"
    host.mkdir()
    script, name = LINKED[where]
    own = Path(shutil.copytree(root, tmp_path / "root", symlinks=True))
    (own / "srv").mkdir(exist_ok=True)
    given = {"root": str(own), "script": script.format(host=host), "name": name}
    with pytest.raises(QlumodError, match="is no directory, or lies below a link"):
        call_inside("tests.system.enclosing:mount_later", given, listen=ignore)
    assert list(host.iterdir()) == []


@pytest.mark.parametrize("name", ["dev", "proc", "run", "sys", "tmp"])
def test_the_enclosures_own_directories_are_none_that_a_link_leads_to(
    name: str, tmp_path: Path
) -> None:
    host = tmp_path / "host"
    host.mkdir()
    own = busybox_root(tmp_path)
    (own / name).symlink_to(f"/oldroot{host}")
    given = {"root": str(own), "script": "true", "name": "/shown"}
    with pytest.raises(QlumodError) as raised:
        call_inside("tests.system.enclosing:mount_later", given, listen=ignore)
    assert str(raised.value) == (
        f"/{name} within the root is no directory, or lies below a link\n"
        "To mend it: the enclosure of programs is mounted there: see which package's script has "
        "changed it"
    )
    assert list(host.iterdir()) == []


# What it may take.

LIMITS: dict[str, tuple[str, dict[str, int], str]] = {
    "silence": (
        "echo begun; sleep 600",
        {"silence": 1},
        "sh failed: ended, since it printed nothing for 1 seconds\n"
        "  $ sh -c 'echo begun; sleep 600'\n"
        "  begun\n"
        "To mend it: see what it did last in the log of the run; if these packages need more, "
        "allow it: --limit-silence",
    ),
    "processes": (
        "bomb() { bomb | bomb & }; bomb; sleep 0.5; exit 1",
        {"processes": 40},
        "sh failed: it met the limit of 40 processes at the same time",
    ),
    "processes, and all is well": (
        "bomb() { bomb | bomb & }; bomb 2>/dev/null; exit 0",
        {"processes": 40},
        "sh failed: it met the limit of 40 processes at the same time",
    ),
    "memory": (
        "x=x; while :; do x=$x$x$x$x; done",
        {"memory": 64 << 20},
        "sh failed: it met the limit of 64 MiB of memory",
    ),
    "file-size": (
        "truncate -s 10995116277760 /etc/sparse",
        {"file_size": 1 << 20},
        "sh failed: it met the limit of 1 MiB for the size of a file",
    ),
    "file-size, written": (
        "yes | head -c 3000000 >/tmp/large",
        {"file_size": 1 << 20},
        "sh failed: it met the limit of 1 MiB for the size of a file",
    ),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_ends_it_with_an_error_that_says_which(play: Play, root: Path, limit: str) -> None:
    script, bounds, error = LIMITS[limit]
    raised = play(script, **bounds)["raised"]
    (root / "etc/sparse").unlink(missing_ok=True)
    assert raised["class"] == "LimitMet"
    assert raised["limit"] == limit.partition(",")[0]
    assert raised["text"].startswith(error)
    assert f"allow it: --limit-{raised['limit']}" in raised["text"]


@pytest.mark.parametrize("limit", LIMITS)
def test_an_ordinary_user_meets_the_same_limits(root: Path, limit: str) -> None:
    script, bounds, error = LIMITS[limit]
    if limit.startswith("processes, and"):
        pytest.skip("without a cgroup only a failure tells")
    with ordinary_user() as user:
        own = user.home / "busybox"
        subprocess.run(["cp", "-a", root, own], check=True)
        subprocess.run(["chown", "-R", str(user.home.stat().st_uid), own], check=True)
        (user.home / "ask.py").write_text(ASK)
        answer = user.run(
            "/usr/bin/python3", user.home / "ask.py", str(own), script, repr(bounds),
            PYTHONPATH=str(user.tree),
        )  # fmt: skip
    assert answer.status == 0, answer.err
    assert answer.out.startswith(error)


ASK = """\
import sys
from qlumod.events import ignore
from qlumod.system.processes.namespace import call_inside

given = {"root": sys.argv[1], "scripts": [sys.argv[2]], "bounds": eval(sys.argv[3]), "shown": []}
print(call_inside("tests.system.enclosing:play", given, listen=ignore)["raised"]["text"])
"""


def test_what_talks_is_not_silent(play: Play) -> None:
    found = play("for n in 1 2 3 4 5 6; do echo $n; sleep 0.4; done", silence=1)
    assert (found["printed"], found["raised"]) == (list("123456"), {})


def test_no_limit_is_none(play: Play) -> None:
    found = play("truncate -s 1G /tmp/sparse; echo fine", silence=0, processes=0, file_size=0)
    assert found["printed"] == ["fine"]


@pytest.fixture
def groups() -> Iterator[Callable[[], list[str]]]:
    def there() -> list[str]:
        return [str(path) for place in cgroup_places() for path in place.directory.glob("qlumod-*")]

    yield there


def test_control_groups_go_with_the_program(play: Play, groups: Callable[[], list[str]]) -> None:
    before = groups()
    play("echo x; exit 1")
    play("sleep 100 & :", processes=10)
    # Others on this machine may just have made theirs.
    new = [Path(group) for group in groups() if group not in before]
    left = [group for group in new if not _read(group / "cgroup.procs")]
    time.sleep(1)
    assert [group for group in left if group.exists()] == []


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_groups_of_killed_runs_go_with_the_next(
    play: Play, groups: Callable[[], list[str]]
) -> None:
    if not cgroup_places():
        pytest.skip("there are no control groups here")
    left = cgroup_places()[0].directory / "qlumod-killed"
    left.mkdir()
    os.utime(left, (0, 0))
    play("echo x")
    assert str(left) not in groups()


def test_an_abstract_socket_of_the_host_is_none_inside(play: Play) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0qlumod-test-enclosure")
        server.listen(1)
        assert play("grep -c qlumod-test-enclosure /proc/net/unix || :")["printed"] == ["0"]
