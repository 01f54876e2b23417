"""The blocks of commands in the documentation: what a person types there, and what it prints.

A fenced block of the language ``console`` holds commands. Each begins with the prompt ``$`` or, for
root, ``#``, and goes on over a backslash or a here-document. The other lines are what it prints:
``…`` stands for any lines if it is a line of its own, else for a part of the line; blanks between
words stand for any number of blanks. A command without such lines may print anything.

A comment on the line before a block says what else is to be known of it:

    <!-- not run: why -->           no test runs it
    <!-- exit code: 4 -->           how its last command ends, if not with 0
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.conftest import ROOT

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "tests/README.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
)
COMMANDS = "console"
_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\S*).*\n(?P<text>(?:.*\n)*?) *```$", re.MULTILINE
)
_COMMENT = re.compile(r"<!-- (not run|exit code): (.+) -->")
_HERE_DOCUMENT = re.compile(r"<<(\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A command, and the lines that the page shows below it."""

    command: str
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    text: str
    not_run: str
    """The reason why no test runs it; empty: there is none."""
    status: int
    """The exit code of its last command."""

    @property
    def place(self) -> str:
        """Where it is: the page and the line of its fence."""
        return f"{self.page}:{self.line}"

    @property
    def typed(self) -> tuple[Typed, ...]:
        """Its commands, in order."""
        return tuple(_typed(iter(self.text.splitlines())))


def blocks(page: str, text: str) -> Iterator[Block]:
    """All fenced blocks of a page."""
    for found in _BLOCK.finditer(text):
        before = text[: found.start()].splitlines()
        said = dict(_COMMENT.findall(before[-1])) if before else {}
        yield Block(
            page=page,
            line=len(before) + 1,
            language=found["language"],
            text=re.sub(f"^{found['indent']}", "", found["text"], flags=re.MULTILINE),
            not_run=said.get("not run", ""),
            status=int(said.get("exit code", 0)),
        )


def _typed(lines: Iterator[str]) -> Iterator[Typed]:
    command, shown = "", list[str]()
    for line in lines:
        if not line.startswith(("$ ", "# ")):
            shown.append(line)
            continue
        if command:
            yield Typed(command=command, shown=tuple(shown))
        command, shown = "\n".join(_whole(line[2:], lines)), []
    yield Typed(command=command, shown=tuple(shown))


def _whole(first: str, lines: Iterator[str]) -> Iterator[str]:
    """The lines of a command, of which the first is known."""
    yield first
    if end := _HERE_DOCUMENT.search(first):
        while (line := next(lines)) != end[1]:
            yield line
        yield line
    elif first.endswith("\\"):
        yield from _whole(next(lines), lines)


def is_as_shown(shown: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether a command printed what the page shows below it."""
    pattern = "".join("(?:.*\n)*" if line.strip() == "…" else f"{_line(line)}\n" for line in shown)
    return not shown or bool(re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)))


def _line(shown: str) -> str:
    parts = (re.escape(part) for part in re.split("…", shown.rstrip()))
    return re.sub(r"(?:\\ )+", " +", ".*".join(parts)) + " *"
