"""A run that builds an image is known from the first and the last line of its events."""

import json

import pytest

from qlumod.errors import QlumodError
from qlumod.model.build_run import BuildRun, parse_run

BEGIN = {"format": 1, "event": "begin", "time_utc": 1000, "process": "process 7 on head"}
COMPUTE = {"image": "compute", "generation": "2"}
ERROR = {"code": "refused", "brief": "no"}
UNFINISHED = BuildRun(
    began=1000, process="process 7 on head", ended=None, images=(), errors=()
)  # fmt: skip


def line(**values: object) -> bytes:
    return json.dumps(values).encode()


def test_a_result_and_errors_are_read_with_their_time() -> None:
    document = {"images": [COMPUTE], "errors": [ERROR]}
    run = parse_run(line(**BEGIN), line(event="result", time=2.5, document=document))
    assert (run.ended, run.images, run.errors) == (1002, (COMPUTE,), (ERROR,))
    assert (run.result_of("compute"), run.result_of("login")) == (COMPUTE, None)
    run = parse_run(line(**BEGIN), line(event="error", time=3, errors=[ERROR]))
    assert (run.ended, run.images, run.errors) == (1003, (), (ERROR,))


@pytest.mark.parametrize(
    "last", [line(**BEGIN), line(event="done", time=1), b'{"event": "res', b"", b"3"]
)
def test_a_run_without_a_last_line_has_not_ended(last: bytes) -> None:
    assert parse_run(line(**BEGIN), last) == UNFINISHED


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [
        (b"", b"", "a line is no JSON"),
        (b"[]", b"", "a line is no JSON object"),
        (b"{}", b"", "the first line has not the event 'begin'"),
        (b'{"event": "begin", "time_utc": "x"}', b"", "'time_utc' is no number of seconds"),
        (line(**BEGIN), b'{"event": "error"}', "'time' is no number of seconds"),
        (line(**BEGIN), b'{"event": "error", "time": 1e999}', "'time' is no number of seconds"),
        (line(**BEGIN), b'{"event": "error", "time": 1, "errors": 2}', "'errors' is no list"),
        (
            line(**BEGIN),
            b'{"event": "result", "time": 1, "document": []}',
            "'document' is no JSON object",
        ),
        (
            line(**BEGIN),
            b'{"event": "error", "time": 1, "errors": [2]}',
            "'errors' has no JSON objects",
        ),
    ],
)
def test_lines_that_are_none_of_a_run_are_refused(first: bytes, last: bytes, fault: str) -> None:
    with pytest.raises(QlumodError) as refused:
        parse_run(first, last)
    assert str(refused.value) == fault
