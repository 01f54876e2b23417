"""A built image's stack, mounted as a node has it, for programs to look around in."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from qlumod.events import Listener, ignore
from qlumod.system.disk.mount import all_squashfs, overlay
from qlumod.system.disk.tmpfs import scratch_space
from qlumod.system.processes.namespace import call_inside
from qlumod.system.processes.run import attempt
from tests.support.chroot import in_root, inhabited

Answers = Mapping[str, tuple[int, str, str]]
"""Exit status, standard output and standard error of each question."""


def ask(
    layers: Sequence[Path],
    questions: Mapping[str, str],
    *,
    scratch: Path,
    files: Sequence[Path] = (),
) -> Answers:
    """Run shell scripts in the stack, one after the other; `files` are copied to its root."""
    answers = call_inside(
        "tests.support.stack_root:answer",
        {
            "layers": [str(layer) for layer in layers],
            "questions": dict(questions),
            "scratch": str(scratch),
            "files": [str(file) for file in files],
        },
        listen=ignore,
    )
    return {name: tuple(answer) for name, answer in answers.items()}


def answer(
    *,
    listen: Listener,
    layers: Sequence[str],
    questions: Mapping[str, str],
    scratch: str,
    files: Sequence[str],
) -> dict[str, tuple[int, str, str]]:
    """Mount and ask; called inside."""
    del listen
    with scratch_space(Path(scratch)) as space:
        upper, work, root = (space / name for name in ("upper", "work", "root"))
        for place in (upper, work, root):
            place.mkdir()
        with (
            all_squashfs([Path(layer) for layer in layers], space / "layers") as lower,
            overlay(lower, root, upper=upper, work=work),
        ):
            for file in map(Path, files):
                (root / file.name).write_bytes(file.read_bytes())
            with inhabited(root):
                return {name: _ask(root, script) for name, script in questions.items()}


def _ask(root: Path, script: str) -> tuple[int, str, str]:
    status, out, err = attempt(in_root(root, "/bin/bash", "-c", script, epoch=0))
    return status, out.decode(), err.decode()
