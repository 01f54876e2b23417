"""Each block of commands in the documentation is run by a test, or says why not."""

import pytest

from tests.conftest import ROOT
from tests.docs.blocks import COMMANDS, PAGES, Block, Typed, blocks, is_as_shown
from tests.docs.sessions import PROJECTS

FOUND = [block for page in PAGES for block in blocks(page, (ROOT / page).read_text())]
PAGE = """\
Text
<!-- exit code: 4 -->
```console
$ cat > spec <<END
$ this is no command
END
$ qlumod lock \\
    --dry-run
…
left out:
```

- in a list

  <!-- not run: it takes hours -->
  ```console
  # make all
  ```

```text title
$ as shown in another page
```
"""


def test_blocks_are_read_with_what_is_said_of_them() -> None:
    first, second, third = blocks("page", PAGE)
    assert first.typed == (
        Typed(command="cat > spec <<END\n$ this is no command\nEND", shown=()),
        Typed(command="qlumod lock \\\n    --dry-run", shown=("…", "left out:")),
    )
    assert (first.place, first.status, first.not_run) == ("page:3", 4, "")
    assert second.typed == (Typed(command="make all", shown=()),)
    assert (second.place, second.status, second.not_run) == ("page:16", 0, "it takes hours")
    assert (third.language, third.text) == ("text", "$ as shown in another page\n")


@pytest.mark.parametrize(
    "shown, printed, same",
    [
        ([], ["anything"], True),
        (["one  two"], ["one two"], True),
        (["one two"], ["one      two "], True),
        (["one two"], ["onetwo"], False),
        (["… KiB"], ["3.5 KiB"], True),
        (["a.b"], ["a+b"], False),
        (["…", "last"], ["last"], True),
        (["…", "last"], ["one", "two", "last"], True),
        (["…", "last"], ["last", "one"], False),
        (["first", "…"], ["first", "two", "three"], True),
        (["first"], ["first", "two"], False),
    ],
)
def test_what_is_shown_is_compared(shown: list[str], printed: list[str], same: bool) -> None:
    assert is_as_shown(shown, printed) == same


@pytest.mark.parametrize("block", FOUND, ids=[block.place for block in FOUND])
def test_a_block_is_run_or_says_why_not(block: Block) -> None:
    """Which language it has says whether it is one of commands."""
    assert block.language, "no language: console for commands, text for what is printed"
    assert block.language not in ("sh", "bash", "shell"), "commands have the language console"
    if block.language == COMMANDS:
        assert block.text.startswith(("$ ", "# ")), "a command begins with '$ ' or '# '"
        assert block.not_run or block.page in PROJECTS, (
            "no test runs this page: add it to PROJECTS in tests/docs/sessions.py, or a comment"
            " <!-- not run: why --> on the line before the block"
        )


def test_a_target_of_make_is_one() -> None:
    """Also where nothing is run."""
    targets = set((ROOT / "Makefile").read_text().replace(":", " : ").split())
    named = {
        typed.command.split()[1]
        for block in FOUND
        for typed in (block.typed if block.language == COMMANDS else ())
        if typed.command.startswith("make ")
    }
    assert named <= targets
