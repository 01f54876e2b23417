"""Functions in namespaces of their own: what they see, what they say, and what is left."""

import os
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Event, Listener, Notice, ignore
from qlumod.system.mount import tmpfs
from qlumod.system.namespace import HOST_NAME, call_inside
from qlumod.system.run import CommandFailed, capture, command

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


def test_a_bug_comes_out_as_its_traceback() -> None:
    with pytest.raises(CommandFailed) as caught:
        call_inside(f"{HERE}:crash", {}, listen=ignore)
    assert caught.value.tail[-1] == "ZeroDivisionError: a bug"
