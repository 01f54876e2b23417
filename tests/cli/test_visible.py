"""What other people wrote reaches terminals, logs and JSON without what a terminal obeys."""

import io
import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from qlumod.cli.machine import print_json
from qlumod.cli.screen import LogFile, Plain, Reporter, Reporting, print_error
from qlumod.cli.terminal import Terminal
from qlumod.cli.wording import shown, visible
from qlumod.errors import QlumodError
from qlumod.events import Caution, Notice, Output, StepDone, StepStarted
from tests.conftest import CommandLine
from tests.support.documents import write_specs

TITLE = "\x1b]0;mine\x07"
"""Sets the title of a terminal's window."""
HOSTILE = f"{TITLE}\x9b31m\x7f\r\u202egnp.exe\U000e0041\udcff"
SHOWN = "\\x1b]0;mine\\x07\\x9b31m\\x7f\\x0d\\u202egnp.exe\\U000e0041\\xff"
ANY = st.text(st.characters(exclude_categories=()))
"""Also what stands for bytes that are no text."""


def unseen(text: str) -> set[str]:
    """What a terminal might obey, or cannot be written."""
    bad = {one for one in text if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    return bad - {"\n", "\t"}


@settings(deadline=None)
@given(ANY)
@example(HOSTILE)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    assert unseen(visible(text)) == set()
    assert visible(visible(text)) == visible(text)
    visible(text).encode()


@settings(deadline=None)
@given(
    st.text(
        st.characters(
            categories=("L", "N", "P", "S", "Zs"), exclude_characters="\u115f\u1160\u3164\uffa0"
        )
    )
)
def test_what_people_read_stays_as_it_is(text: str) -> None:
    assert visible(text) == text
    assert visible(f"{text}\n\t{text}") == f"{text}\n\t{text}"


def test_it_is_told_as_an_escape() -> None:
    assert visible(HOSTILE) == SHOWN


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://me:secret@mirror.example/debian", "https://me:…@mirror.example/debian"),
        ("a http://:secret@[::1]:8/ b ftp://u:p@h", "a http://:…@[::1]:8/ b ftp://u:…@h"),
        ("https://mirror.example:8080/a@b", "https://mirror.example:8080/a@b"),
        ("https://me@mirror.example/", "https://me@mirror.example/"),
        ("a: b@c", "a: b@c"),
    ],
)
def test_passwords_of_addresses_are_not_told(text: str, told: str) -> None:
    assert shown(text) == told


JSON = st.recursive(
    ANY | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(ANY, inner),
    max_leaves=10,
)


@settings(deadline=None)
@given(JSON)
@example({HOSTILE: [HOSTILE]})
def test_json_stays_json_and_says_the_same(document: Any) -> None:
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stdout", out)
        print_json({"value": document})
    assert unseen(out.getvalue()) == set()
    out.getvalue().encode()
    assert json.loads(out.getvalue()) == {"format": 1, "value": document}


EVENTS = (
    StepStarted(step=HOSTILE),
    Output(program=HOSTILE, line=HOSTILE),
    Notice(text=HOSTILE),
    Caution(text=HOSTILE),
    StepDone(step=HOSTILE, note=HOSTILE),
)


def test_lines_and_logs_show_it(tmp_path: Path) -> None:
    out = io.StringIO()
    plain, log = Plain(out, verbose=True), LogFile(tmp_path / "log", f"$ qlumod {HOSTILE}")
    for event in EVENTS:
        plain(event)
        log(event)
    log.write(HOSTILE)
    log.close()
    for text in (out.getvalue(), (tmp_path / "log").read_text()):
        assert unseen(text) == set()
        assert text.count(SHOWN) >= 6


def test_a_drawn_terminal_shows_it() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system=None, width=200, height=40)
    with Terminal(console, verbose=True) as terminal:
        for event in EVENTS:
            terminal(event)
    # What rich itself draws with are sequences of its own.
    assert TITLE not in out.getvalue()
    assert "\x9b" not in out.getvalue()
    assert "\u202e" not in out.getvalue()
    assert out.getvalue().count(SHOWN) >= 4


def test_errors_and_answers_show_it(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(QlumodError(HOSTILE, details=(HOSTILE,), remedy=HOSTILE))
    with Reporter(Reporting()) as reporter:
        reporter.result({}, [HOSTILE])
    captured = capsys.readouterr()
    assert unseen(captured.out + captured.err) == set()
    assert (captured.out.count(SHOWN), captured.err.count(SHOWN)) == (1, 3)


def test_a_hostile_name_of_a_file_reaches_neither_terminal_nor_log(
    qlumod: CommandLine, tmp_path: Path
) -> None:
    specs = write_specs(tmp_path / "specs")
    (specs / f"x{TITLE}.module").write_text("Format: 1\n")
    log = tmp_path / "log"
    for more in ((), ("--json",)):
        answer = qlumod("check", "--specs", specs, *more, "--log", log)
        assert answer.status == 1
        assert unseen(answer.out + answer.err + log.read_text()) == set()
        assert "x\\x1b]0;mine\\x07.module" in answer.err
    assert f"x{TITLE}.module" in answer.document["errors"][0]["brief"]
    answer = qlumod("publish", "--repository", tmp_path / "r", f"missing{TITLE}.deb")
    assert answer.status == 2
    assert unseen(answer.err) == set()
