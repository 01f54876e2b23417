"""What programs read of a run: lines of JSON, typed errors, and step ids that no title changes."""

import ast
import io
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qlumod.cli.machine import EventLines, errors_document
from qlumod.errors import QlumodError
from qlumod.events import Caution, Notice, Output, Waiting, about_image, step
from qlumod.system.disk.locking import locked
from qlumod.system.processes.command import CommandFailed, command
from tests.conftest import ROOT, CommandLine
from tests.head.head_node import HeadNode


@pytest.fixture
def head(tmp_path: Path) -> HeadNode:
    return HeadNode(tmp_path / "head", [])


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    assert all(line.pop("format") == 1 for line in found)
    assert all(line.pop("time") >= 0 for line in found)
    return found


def test_each_event_is_a_line() -> None:
    out = io.StringIO()
    listen = EventLines(out, verbose=True)
    about = about_image(listen, "compute")
    with step(about, "building image compute", id="building-an-image") as _:
        with step(listen, "verifying modules", total=3, unit="bytes") as advance:
            advance(2)
        about(Caution(text="look"))
    listen(Notice(text="so"))
    listen(Output(program="apt", line="Get:1"))
    listen(Waiting(lock="/l", holder="process 1 on head"))
    listen.end({"images": []})
    found = lines(out)
    keys = [line.pop("key") for line in found if "key" in line]
    assert keys == [keys[0], keys[1], keys[1], keys[1], keys[0]] and keys[0] != keys[1]
    image = {"step": "building-an-image", "title": "building image compute", "image": "compute"}
    verify = {"step": "verifying-modules", "title": "verifying modules", "image": None}
    assert found == [
        {"event": "started", **image, "total": None, "unit": ""},
        {"event": "started", **verify, "total": 3, "unit": "bytes"},
        {"event": "advanced", **verify, "amount": 2},
        {"event": "done", **verify, "note": ""},
        {"event": "caution", "image": "compute", "text": "look"},
        {"event": "done", **image, "note": ""},
        {"event": "notice", "image": None, "text": "so"},
        {"event": "output", "program": "apt", "line": "Get:1"},
        {"event": "waiting", "lock": "/l", "holder": "process 1 on head"},
        {"event": "result", "document": {"format": 1, "images": []}},
    ]


def test_what_programs_print_is_told_only_to_those_who_ask_for_it() -> None:
    out = io.StringIO()
    listen = EventLines(out)
    listen(Output(program="postinst", line="the password is secret"))
    listen(Notice(text="so"))
    error = CommandFailed(command("apt-get", "update"), 100, ["the password is secret"])
    listen.end({"images": [], **errors_document([error])})
    listen = EventLines(out)
    listen.end_with_errors(errors_document([error]))
    (notice, result, failed) = lines(out)
    assert (notice["event"], result["document"]["images"]) == ("notice", [])
    (told,) = failed["errors"]
    assert result["document"]["errors"] == [told]
    assert told["brief"] == "apt-get failed: exit status 100"
    assert told["details"] == ["$ apt-get update"]
    listen = EventLines(out, verbose=True)
    listen.end_with_errors(errors_document([error]))
    assert lines(out)[-1]["errors"][0]["details"][1:] == ["the password is secret"]


def test_a_title_with_a_name_in_it_has_an_id_of_its_own() -> None:
    assert [str(path) for path, call in calls_of_step() if not has_constant_id(call)] == []


def calls_of_step() -> Iterator[tuple[Path, ast.Call]]:
    for path in sorted((ROOT / "qlumod").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "step":
                yield path.relative_to(ROOT), node


def has_constant_id(call: ast.Call) -> bool:
    given = [word.value for word in call.keywords if word.arg == "id"] or call.args[1:]
    return isinstance(given[0], ast.Constant)


def test_a_run_tells_its_events_to_a_file_and_its_errors_as_the_last_line(
    qlumod: CommandLine, head: HeadNode, tmp_path: Path
) -> None:
    head.add("slurm")
    head.look()
    events = tmp_path / "events"
    answer = qlumod("image", "build", "compute", "--events", events, "--json", "--root", head.root)
    error = {
        "code": "refused",
        "brief": "there is no image compute (/etc/qlumod/images/compute.image)",
        "details": [],
        "remedy": "make it: qlumod image create compute --modules MODULE,…; "
        "`qlumod image list` tells which there are",
        "where": {},
    }
    assert (answer.status, answer.document) == (
        1, {"format": 1, "images": [], "errors": [error]}
    )  # fmt: skip
    found = lines(io.StringIO(events.read_text()))
    assert (found[0]["event"], found[0]["log"]) == ("begin", None)
    assert re.fullmatch(rf"process \d+ on {os.uname().nodename}", str(found[0]["process"]))
    assert found[-1] == {"event": "result", "document": answer.document}
    assert [path.name for path in tmp_path.iterdir() if "events" in path.name] == ["events"]


def test_a_new_run_leaves_the_events_of_the_old_one_to_their_readers(
    qlumod: CommandLine, head: HeadNode, tmp_path: Path
) -> None:
    head.add("slurm")
    events = tmp_path / "events"
    words = ("register", "--events", events, "--root", head.root)
    qlumod.must(*words)
    with events.open() as old:
        before = events.read_text()
        qlumod.must(*words)
        assert old.read() == before
    assert events.read_text() != before


def test_a_run_that_is_stopped_says_so_in_its_last_line(
    qlumod: CommandLine, head: HeadNode, tmp_path: Path
) -> None:
    head.add("slurm")
    head.look()
    events = tmp_path / "events"
    with locked(head.places.lock, wait=0):
        waiting = qlumod.start("register", "--events", events, "--root", head.root)
        while not (events.exists() and '"waiting"' in events.read_text()):
            time.sleep(0.02)
        waiting.terminate()
        waiting.communicate()
    last = lines(io.StringIO(events.read_text()))[-1]
    error = {
        "code": "interrupted", "brief": "interrupted", "details": [], "remedy": "", "where": {}
    }  # fmt: skip
    assert (waiting.returncode, last) == (130, {"event": "error", "errors": [error]})


def test_lines_on_standard_output_end_with_the_result(qlumod: CommandLine, head: HeadNode) -> None:
    head.add("slurm")
    found = lines(
        io.StringIO(qlumod.must("register", "--progress", "json", "--root", head.root).out)
    )
    assert [line["event"] for line in found] == ["begin", "started", "advanced", "done", "result"]
    assert found[1]["step"] == "verifying-modules"


def test_who_holds_a_lock_is_told_as_it_is(qlumod: CommandLine, head: HeadNode) -> None:
    head.add("slurm")
    head.look()
    with locked(head.places.lock, wait=0):
        waiting = qlumod.start("register", "--progress", "json", "--root", head.root)
        assert waiting.stdout is not None
        told = [json.loads(waiting.stdout.readline()) for _ in range(2)][-1]
    assert waiting.wait() == 0
    assert (told["event"], told["lock"]) == ("waiting", str(head.places.lock))
    assert told["holder"].startswith("process ")
    waiting.communicate()


def test_an_error_of_the_command_line_is_a_document_too(qlumod: CommandLine) -> None:
    answer = qlumod("image", "build", "--json")
    assert answer.status == 2
    assert answer.document["errors"] == [
        {
            "code": "usage",
            "brief": "name the images, or say --all or --outdated",
            "details": [],
            "remedy": "see qlumod image build --help",
            "where": {},
        }
    ]


def test_several_errors_are_several_entries(qlumod: CommandLine, tmp_path: Path) -> None:
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / "release").write_text("Format: 1\nRelase: 1\n")
    answer = qlumod("check", "--json", "--specs", specs)
    assert answer.status == 1
    errors = answer.document["errors"]
    assert len(errors) > 1
    assert {error["code"] for error in errors} == {"document"}
    assert {"file": str(specs / "release"), "line": 2} in [error["where"] for error in errors]


def test_a_code_crosses_processes() -> None:
    error = QlumodError("a", code="busy", where={"file": "/x", "line": 3})
    again = QlumodError(**error.as_json)
    assert again.as_json == error.as_json


def test_an_error_of_the_command_line_is_a_line_where_lines_are_asked_for(
    qlumod: CommandLine,
) -> None:
    (line,) = qlumod("image", "build", "--progress", "json").out.splitlines()
    told = json.loads(line)
    assert (told["event"], told["errors"][0]["code"]) == ("error", "usage")


def test_the_file_of_events_replaces_what_others_have_laid_there(
    qlumod: CommandLine, head: HeadNode, tmp_path: Path
) -> None:
    head.add("slurm")
    victim = tmp_path / "victim"
    victim.write_text("of root\n")
    (tmp_path / "events").symlink_to(victim)
    qlumod.must("register", "--events", tmp_path / "events", "--root", head.root)
    assert victim.read_text() == "of root\n"
    assert not (tmp_path / "events").is_symlink()


def test_what_a_program_printed_is_in_no_event_unless_it_is_asked_for() -> None:
    error = QlumodError("postinst failed", code="program-failed", details=["TOKEN=1", "$ x"])
    command = QlumodError("apt failed", code="program-failed", details=["$ apt", "TOKEN=1"])
    out = io.StringIO()
    EventLines(out).end_with_errors(errors_document([error, command]))
    (line,) = lines(out)
    assert [one["details"] for one in line["errors"]] == [[], ["$ apt"]]  # type: ignore[attr-defined]
