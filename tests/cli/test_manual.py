"""The manual page tells what --help tells, and troff takes it."""

import shutil
import subprocess

import click
import pytest

from qlumod.cli.main import VERBS, cli
from qlumod.cli.manual import page


def test_the_page_names_every_verb_with_its_options_and_examples() -> None:
    written = page().replace(r"\-", "-").replace(r"\(ti", "~").replace(r"\e", "\\")
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        inner = command.commands.values() if isinstance(command, click.Group) else [command]
        for verb in inner:
            assert all(example in written for example in verb.examples)
            for option in verb.params:
                if isinstance(option, click.Option):
                    assert all(spelled in written for spelled in option.opts)


def test_the_sections_are_those_of_help() -> None:
    assert all(f".SH {section.upper()}\n" in page() for section in VERBS)


@pytest.mark.skipif(not shutil.which("groff"), reason="needs groff")
def test_troff_finds_nothing_to_complain_about() -> None:
    done = subprocess.run(
        ["groff", "-k", "-man", "-Tutf8", "-ww"],
        input=page(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
