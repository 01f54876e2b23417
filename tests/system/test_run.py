"""The door to programs: what they get, what is heard of them, and how they fail."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from qlumod.events import Event, Output
from qlumod.system.processes.command import (
    LINE,
    TAIL_LETTERS,
    CommandFailed,
    FellSilent,
    PrintedTooMuch,
    command,
)
from qlumod.system.processes.programs import ProgramMissing, require_programs
from qlumod.system.processes.run import attempt, capture, run


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
    "what is written over": (
        "printf '1%%\\r2%%\\r\\ndone\\r'; sleep 0.1; echo",
        ["1%", "2%", "done"],
    ),
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
    listing = "from qlumod.system.processes.command import command\n"
    listing += "from qlumod.system.processes.run import attempt\n"
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


def heard_of(script: str) -> list[str]:
    return [line.removeprefix("sh: ") for line in heard("sh", "-c", script)]


def test_a_line_without_end_is_cut() -> None:
    lines = heard_of("head -c 50000000 /dev/zero | tr '\\0' x; echo; echo next")
    assert lines == ["x" * LINE + f"… and {50_000_000 - LINE} more bytes", "next"]


def test_a_line_is_cut_between_letters() -> None:
    (line,) = heard_of("printf x; yes ä | head -n 20000 | tr -d '\\n'")
    assert line == "x" + "ä" * (LINE // 2 - 1) + f"… and {40_001 - LINE} more bytes"


def test_an_answer_of_qlumods_own_programs_is_never_cut() -> None:
    lines: list[str] = []
    script = f"print('{'a' * 10}' * 10_000_000); print('carriage\\rreturn')"
    run(command(sys.executable, "-c", script, answers=True), on_line=lines.append)
    assert [len(line) for line in lines] == [100_000_000, 15]


def test_a_failure_shows_as_much_as_a_person_can_read() -> None:
    script = "{ head -c 20000000 /dev/zero | tr '\\0' x; seq 3; } >&2; exit 3"
    for call in (run, capture):
        with pytest.raises(CommandFailed) as caught:
            call(command("sh", "-c", script))  # type: ignore[operator]
        assert len(str(caught.value)) < 2 * TAIL_LETTERS
        assert caught.value.tail[0] == "x" * TAIL_LETTERS + "… and more"
    with pytest.raises(CommandFailed) as caught:
        run(command("sh", "-c", "exit 3", "x" * 100_000))
    assert len(str(caught.value)) < 2 * LINE


def test_who_prints_for_ever_fills_no_log() -> None:
    endless = f"yes {'x' * 4000} | head -n 30000; echo the end"
    with pytest.raises(CommandFailed) as caught:
        heard("sh", "-c", f"{endless}; exit 3")
    assert caught.value.tail[-1] == "the end"
    lines = heard_of(endless)
    assert len(lines) < 20_000
    assert lines[-1] == "… it prints more than 64 MiB: the rest is not kept"


def test_a_program_waits_for_who_listens_to_it() -> None:
    """What nobody has taken yet lies in the pipe, and not in memory."""
    lines: list[str] = []

    def take(line: str) -> None:
        if not lines:
            time.sleep(0.5)
        lines.append(line)

    begun = time.clock_gettime(time.CLOCK_BOOTTIME)
    run(command("sh", "-c", "yes | head -n 300000; cat /proc/uptime"), on_line=take)
    assert float(lines[-1].split()[0]) - begun > 0.45


def test_who_is_slow_to_listen_makes_no_silence() -> None:
    run(replace(command("echo"), silence=1), on_line=lambda _: time.sleep(1.5))
    with pytest.raises(FellSilent):
        run(replace(command("sleep", "20"), silence=1))


def test_what_is_to_be_an_answer_has_an_end() -> None:
    for take in (capture, attempt):
        with pytest.raises(PrintedTooMuch) as caught:
            take(command("yes"), most=10 << 20)  # type: ignore[operator]
        assert str(caught.value).startswith(
            "yes was ended: it wrote more than 10 MiB, where a short answer was expected\n"
        )
    assert (
        len(capture(command("head", "-c", str(10 << 20), "/dev/zero"), most=10 << 20)) == 10 << 20
    )


def test_what_a_program_has_left_running_holds_nobody_up() -> None:
    begun = time.monotonic()
    script = "(while sleep 0.01; do echo still; done) & echo $!; seq 2"
    lines = heard_of(script)
    os.kill(int(lines[0]), signal.SIGKILL)
    assert [line for line in lines if line != "still"][1:] == ["1", "2"]
    assert time.monotonic() - begun < 10
