"""A shell in the stack of an image leaves nothing behind, and ends as its command does."""

import os
import select
import signal
import termios
import time
from dataclasses import replace
from pathlib import Path

import pytest

from qlumod.head.verbs.define_images import NewImage, create_image
from qlumod.model.image import ImageName
from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.head.small_payloads import BASE, NO_CONTENTS, core_with_mkinitramfs, state
from tests.support import debris

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="images are built by root")

COMPUTE = ImageName("compute")


@pytest.fixture
def built(head: HeadNode, tmp_path: Path) -> HeadNode:
    """An image of a core with busybox."""
    files = {
        "layer.squashfs": core_with_mkinitramfs(tmp_path),
        "core.contents.gz": NO_CONTENTS,
        **state(tmp_path / "state", {}, BASE),
    }
    head.add("core", files=files)
    head.look()
    create_image(head.places, NewImage(name=COMPUTE, modules=[]), listen=head.heard.append)
    head.build(COMPUTE)
    return head


@pytest.fixture
def short(qlumod: CommandLine, tmp_path: Path) -> CommandLine:
    """The command line, with a directory for temporary files of its own."""
    (tmp_path / "tmp").mkdir()
    return CommandLine(qlumod.directory, qlumod.cache, {"TMPDIR": str(tmp_path / "tmp")})


def test_a_command_runs_in_the_image_and_its_changes_are_lost(
    short: CommandLine, built: HeadNode, tmp_path: Path
) -> None:
    def inside(script: str) -> tuple[int, str, str]:
        words = ("image", "shell", "compute", "--root", built.root, "--", "sh", "-c", script)
        answer = short(*words)
        return answer.status, answer.out, answer.err

    assert inside("cat /etc/passwd; echo said >&2") == (0, BASE["etc/passwd"], "said\n")
    assert inside("echo new >/etc/passwd; cat /etc/passwd") == (0, "new\n", "")
    assert inside("head -n 1 /etc/passwd; exit 7") == (7, "root:x:0:0:root:/root:/bin/bash\n", "")
    assert inside("kill -9 $$")[0] == 128 + 9
    assert list((tmp_path / "tmp").iterdir()) == []
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()


def test_a_shell_reads_what_is_piped_into_it(short: CommandLine, built: HeadNode) -> None:
    script = "printf 'echo $((6 * 7))\\nexit 3\\n' | \"$@\""
    piped = replace(short, before=("sh", "-c", script, "sh"))
    answer = piped("image", "shell", "compute", "--root", built.root)
    assert answer == (3, "42\n", "")


class Person:
    """Who types at a terminal, and sees what is shown there."""

    def __init__(self, terminal: int) -> None:
        self.terminal = terminal
        self.seen = b""

    def waits_for(self, text: bytes) -> bytes:
        """Read until a text is shown; returns all that was shown since the last one."""
        while text not in self.seen:
            assert select.select([self.terminal], [], [], 30)[0], self.seen
            self.seen += os.read(self.terminal, 1024)
        before, _, self.seen = self.seen.partition(text)
        return before

    def types(self, text: bytes) -> None:
        os.write(self.terminal, text)


def test_at_a_terminal_the_shell_has_one_of_its_own(short: CommandLine, built: HeadNode) -> None:
    terminal, inner = os.openpty()
    # The first program of a session that opens a terminal gets it as the controlling one.
    script = f'exec "$@" <>{os.ttyname(inner)} >&0 2>&1'
    typed = replace(short, before=("sh", "-c", script, "sh"))
    process = typed.start("image", "shell", "compute", "--root", built.root)
    termios.tcsetwinsize(terminal, (43, 91))
    person = Person(terminal)
    person.waits_for(b"# ")
    process.send_signal(signal.SIGWINCH)
    person.types(b"stty size\n")
    person.waits_for(b"43 91\r\n")
    # Ctrl-C ends what runs in the shell, not the shell.
    person.types(b"sleep 600\n")
    person.waits_for(b"sleep 600\r\n")
    time.sleep(0.5)
    person.types(b"\x03")
    person.waits_for(b"# ")
    person.types(b"echo $((6 * 7)) job; exit 5\n")
    person.waits_for(b"42 job\r\n")
    process.communicate()
    assert process.returncode == 5
    os.close(terminal)
    os.close(inner)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_shell_leaves_no_process_and_no_mount(
    short: CommandLine, built: HeadNode, tmp_path: Path, number: signal.Signals
) -> None:
    debris.adopt_orphans()
    ours = {process.pid for process in debris.descendants()}
    words = ("image", "shell", "compute", "--root", built.root, "--")
    process = short.start(*words, "sh", "-c", "echo runs; sleep 600")
    assert process.stdout is not None
    assert process.stdout.readline() == "runs\n"
    os.killpg(process.pid, number)
    process.communicate()
    assert process.returncode == (130 if number is not signal.SIGKILL else -9)
    deadline = time.monotonic() + 5
    while debris.left_running(ours, [built.root]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert debris.left_running(ours, [built.root]) == []
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
    short.must(*words, "true")
    assert list((tmp_path / "tmp").iterdir()) == []
