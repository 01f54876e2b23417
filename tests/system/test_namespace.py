"""Functions in namespaces of their own: what they see, what they say, and what is left."""

import os
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Event, Listener, Notice, Output, ignore
from qlumod.system.disk.mount import tmpfs
from qlumod.system.processes.command import CommandFailed, command
from qlumod.system.processes.namespace import HOST_NAME, call_inside
from qlumod.system.processes.run import capture

HERE = "tests.system.test_namespace"


def look(*, listen: Listener, place: str) -> dict[str, object]:
    """Inside: mount something, and tell what there is."""
    with tmpfs(Path(place)):
        Path(place, "written").touch()
        listen(Notice(text="looking"))
        before = os.umask(0)
        return {
            "host": os.uname().nodename,
            "process": os.getpid(),
            "umask": before,
            "home": os.environ.get("HOME"),
            "temporary": os.environ.get("TMPDIR"),
            "interfaces": capture(command("cat", "/proc/net/dev")).decode().count(":"),
        }


def refuse(*, listen: Listener) -> None:
    """Inside: raise an error of ours."""
    raise QlumodError("this is wrong", details=("here",), remedy="do that")


def crash(*, listen: Listener) -> None:
    """Inside: raise what nobody meant to raise."""
    raise ZeroDivisionError("a bug")


def recur(*, listen: Listener) -> None:
    """Inside: go too deep."""
    recur(listen=listen)


def take_all(*, listen: Listener) -> None:
    """Inside: take more memory than there is."""
    raise MemoryError


def quote(*, listen: Listener) -> None:
    """Inside: tell what was read, in many words."""
    raise ValueError(f"not a number:\n{'9' * 5000}")


def be_refused(*, listen: Listener) -> None:
    """Inside: meet what no program of ours can help."""
    raise PermissionError(13, "Permission denied", "/proc/version")


def test_a_function_is_alone_and_its_mounts_are_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    said: list[Event] = []
    before = os.umask(0o077)
    try:
        found = call_inside(f"{HERE}:look", {"place": str(tmp_path)}, listen=said.append)
    finally:
        os.umask(before)
    assert found == {
        "host": HOST_NAME,
        "process": 1,
        "umask": 0o022,
        "home": "/root",
        "temporary": None,
        "interfaces": 1,
    }
    assert said == [Notice(text="looking")]
    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()


def test_an_error_comes_out_with_its_words() -> None:
    with pytest.raises(QlumodError) as caught:
        call_inside(f"{HERE}:refuse", {}, listen=ignore)
    assert str(caught.value) == "this is wrong\n  here\nTo mend it: do that"


@pytest.mark.parametrize(
    ("function", "words", "last"),
    [
        ("crash", "ZeroDivisionError: a bug", "ZeroDivisionError: a bug"),
        ("recur", "RecursionError: maximum recursion depth exceeded", None),
        ("take_all", "MemoryError", "MemoryError"),
        ("quote", f"ValueError: not a number: {'9' * 174}…", None),
        ("missing", "AttributeError: module 'tests.system.test_namespace' has no", None),
    ],
)
def test_what_nobody_meant_comes_out_in_words_and_its_traceback_is_for_the_log(
    function: str, words: str, last: str | None
) -> None:
    said: list[Event] = []
    with pytest.raises(QlumodError) as caught:
        call_inside(f"{HERE}:{function}", {}, listen=said.append)
    error = caught.value
    assert not isinstance(error, CommandFailed)
    assert error.brief.startswith(f"cannot finish {HERE}:{function}: {words}")
    assert "full log" in error.remedy
    assert error.details == ()
    lines = [event.line for event in said if isinstance(event, Output)]
    assert lines[0] == "Traceback (most recent call last):"
    assert last is None or lines[-1] == last


def test_what_the_machine_refuses_is_told_as_outside() -> None:
    said: list[Event] = []
    with pytest.raises(QlumodError, match=r"^cannot use /proc/version: Permission denied$"):
        call_inside(f"{HERE}:be_refused", {}, listen=said.append)
    assert said == []
