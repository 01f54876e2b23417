"""Whatever is sent to a node that boots is refused in one line, or does no harm."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.node.hostile import (
    Attempt,
    Outcome,
    answers,
    archives,
    booting,
    layer_of,
    place,
    stacks,
    verdict,
)
from tests.node.machine import CANNOT, SCRIPT

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts are made by root")

Boot = Callable[[Attempt], Outcome]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def boot(scratch: Path) -> Iterator[Boot]:
    with booting(scratch) as boot:
        yield boot


def test_hostile_stack_files_are_refused_before_they_are_used(boot: Boot, scratch: Path) -> None:
    assert wrong(boot, stacks(layer_of(scratch))) == {}


def test_hostile_dhcp_servers_reach_no_shell_and_no_console(boot: Boot) -> None:
    assert wrong(boot, answers()) == {}


@pytest.mark.parametrize("attempt", list(archives()), ids=lambda attempt: attempt.what)
def test_hostile_archives_bring_nothing_but_listed_files(tmp_path: Path, attempt: Attempt) -> None:
    assert verdict(attempt, place(tmp_path, attempt)) == ""


def wrong(boot: Boot, attempts: Iterator[Attempt]) -> dict[str, str]:
    """The attempts of which something came that must not, each with what."""
    found = {attempt.what: verdict(attempt, boot(attempt)) for attempt in attempts}
    assert len(found) > 40
    return {what: why for what, why in found.items() if why}


READING = f"""\
. {SCRIPT}
panic() {{ printf '%s\\n' "$*"; exit 3; }}
uname() {{ echo 6.1.0-1-amd64; }}
qlumod_fetch() {{ :; }}
qlumod_here=$1
qlumod_stack=http://host/images/compute/deployed/stack
qlumod_digest=
qlumod_read_stack
qlumod_weigh
while read -r digest size path name; do
    qlumod_address "$path"
    echo "$digest $size $qlumod_url $name"
done <"$qlumod_here/layers"
"""
LAYER = re.compile(
    r"[0-9a-f]{64} [1-9][0-9]{0,14} "
    r"http://host(/[A-Za-z0-9_+@~-][A-Za-z0-9_.+@~-]*)+ [a-z0-9][a-z0-9._+-]*"
)
PIECES = st.sampled_from(
    [
        "0" * 64, "a" * 64, "1", "4096", "../../../layers/x.squashfs", "image.squashfs", "core",
        "$(reboot)", "`reboot`", "a[$(reboot)]", "*", "~", "/", "..", ".", "-e", "\\033[2J", "\x1b",
        "'", '"', ";", "&", "|", ">x", "\0", "\r", "\t", "  ", "#", "Layers:", "0x1", "01", "-1",
    ]
)  # fmt: skip
WORDS = st.lists(PIECES | st.text(max_size=5), max_size=3).map("".join)
LINES = st.lists(WORDS, max_size=6).map(" ".join)
HEAD = "Format: 1\nImage: compute\nKernel-Release: 6.1.0-1-amd64\nLayers:\n"


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(LINES, min_size=1, max_size=4))
def test_whatever_stands_in_a_stack_file_is_a_layer_or_refused(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    here = tmp_path_factory.mktemp("stack")
    text = HEAD + "".join(f" {line}\n" for line in lines)
    (here / "stack").write_bytes(text.encode(errors="replace"))
    done = subprocess.run(
        ["busybox", "sh", "-c", READING, "sh", here],
        env={}, cwd=here, stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    *said, last = done.stdout.decode().splitlines()
    assert done.stderr == b""
    assert said[0].startswith("qlumod: fetching ") if said else False
    if done.returncode == 3:
        assert last.startswith(CANNOT) and last.isprintable() and last.isascii()
    else:
        assert done.returncode == 0
        assert all(LAYER.fullmatch(line) for line in (*said[1:], last))
    assert {path.name for path in here.iterdir()} <= {"stack", "listed", "layers"}
