"""The door to programs: what they get, what is heard of them, and how they fail."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from qlumod.events import Event, Output
from qlumod.system.run import (
    CommandFailed,
    ProgramMissing,
    attempt,
    capture,
    command,
    require_programs,
    run,
)


def heard(*words: str, **options: str) -> list[str]:
    lines: list[str] = []

    def listen(event: Event) -> None:
        assert isinstance(event, Output)
        lines.append(f"{event.program}: {event.line}")

    run(command(*words, environment=options), listen=listen)
    return lines


OUTPUTS = {
    "lines": ("printf 'a\\nb\\n'", ["sh: a", "sh: b"]),
    "no newline at the end": ("printf 'a\\nb'", ["sh: a", "sh: b"]),
    "nothing": ("true", []),
    "both streams in their order": ("echo out; echo err >&2; echo out", ["out", "err", "out"]),
    "bytes that are not UTF-8": ("printf '\\377\\n'", ["\ufffd"]),
}


@pytest.mark.parametrize(("script", "lines"), OUTPUTS.values(), ids=OUTPUTS)
def test_every_line_of_a_program_is_announced(script: str, lines: list[str]) -> None:
    expected = [line if line.startswith("sh: ") else f"sh: {line}" for line in lines]
    assert heard("sh", "-c", script) == expected


def test_no_line_is_lost_however_slow_the_listener_is() -> None:
    lines: list[str] = []

    def take(line: str) -> None:
        time.sleep(0.1)
        lines.append(line.lstrip("0"))

    # More than sh reads at once, and three seconds for all of it.
    run(command("seq", "-f", "%01000g", "30"), on_line=take)
    assert lines == [str(number) for number in range(1, 31)]


def test_what_goes_wrong_with_a_line_is_raised() -> None:
    def take(line: str) -> None:
        raise ValueError(line)

    with pytest.raises(ValueError, match="1"):
        run(command("seq", "3"), on_line=take)


def test_a_program_gets_a_clean_environment_and_no_input(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("SECRET", "x")
    lines = heard("env", EXTRA="1")
    names = {line.removeprefix("env: ").partition("=")[0] for line in lines}
    assert names <= {"HOME", "TMPDIR", "GNUPGHOME", "PATH", "LC_ALL", "TZ", "EXTRA"}
    assert "env: LC_ALL=C.UTF-8" in lines
    assert heard("sh", "-c", "cat; test -t 1 || echo no terminal") == ["sh: no terminal"]


def test_a_failure_tells_the_call_and_its_last_lines() -> None:
    with pytest.raises(CommandFailed) as caught:
        run(command("sh", "-c", "seq 1 25; echo why >&2; exit 3"))
    assert caught.value.status == 3
    assert caught.value.tail == (*(str(n) for n in range(7, 26)), "why")
    assert str(caught.value).splitlines()[:2] == [
        "sh failed: exit status 3",
        "  $ sh -c 'seq 1 25; echo why >&2; exit 3'",
    ]


def test_a_program_that_was_killed_is_told_by_its_signal() -> None:
    with pytest.raises(CommandFailed, match=r"^sh failed: killed by signal 9\n"):
        run(command("sh", "-c", "kill -9 $$"))


def test_a_missing_program_is_told_with_its_package() -> None:
    with pytest.raises(ProgramMissing) as caught:
        require_programs("sh", "no-such-program")
    assert str(caught.value) == (
        "cannot run no-such-program: it is not installed\nTo mend it: apt install no-such-program"
    )


def test_what_a_program_writes_is_returned_as_it_is() -> None:
    data = bytes(range(256)) * 300
    assert capture(command("cat", stdin=data)) == data
    assert attempt(command("sh", "-c", "echo out; echo err >&2; exit 4")) == (
        4,
        b"out\n",
        b"err\n",
    )


def test_a_program_runs_where_it_is_told_to(tmp_path: Path) -> None:
    assert capture(command("pwd", directory=tmp_path)) == f"{tmp_path}\n".encode()


def test_an_interruption_takes_the_program_along(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        run(command("sh", "-c", f"echo $$ > {told}; exec sleep 60"))
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)


def test_a_program_has_none_of_the_files_that_others_opened(tmp_path: Path) -> None:
    listing = "from qlumod.system.run import attempt, command\n"
    listing += "print(attempt(command('ls', '/proc/self/fd'))[1].split())"
    with (tmp_path / "lock").open("wb") as lock:
        told = subprocess.run(
            [sys.executable, "-c", listing],
            pass_fds=[lock.fileno()],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    # The last one is that by which ls lists them.
    assert told.stdout == "[b'0', b'1', b'2', b'3']\n"
