"""The manual pages tell what --help tells, and troff takes them."""

import subprocess
from pathlib import Path

import click

from qlumod.cli.main import VERBS, cli
from qlumod.cli.manual import EXAMPLE, pages, write
from qlumod.cli.settings.reading import parse
from qlumod.cli.settings.table import SETTINGS

PAGES = pages()


def written(name: str) -> str:
    return PAGES[name].replace(r"\-", "-").replace(r"\(ti", "~").replace(r"\e", "\\")


def verbs() -> list[tuple[str, click.Command]]:
    context = click.Context(cli)
    named = ((name, cli.get_command(context, name)) for name in cli.list_commands(context))
    return [(name, command) for name, command in named if command]


def test_there_is_a_page_for_each_verb_and_one_for_all() -> None:
    assert sorted(PAGES) == sorted(
        ["qlumod.1", "qlumod.conf.5", *(f"qlumod-{name}.1" for name, _ in verbs())]
    )


def test_the_page_of_a_verb_has_its_options_and_examples_and_those_of_a_group_s_verbs() -> None:
    for name, command in verbs():
        page = written(f"qlumod-{name}.1")
        inner = command.commands.values() if isinstance(command, click.Group) else []
        for verb in (command, *inner):
            assert all(example in page for example in verb.examples)  # type: ignore[attr-defined]
            for option in verb.params:
                if isinstance(option, click.Option):
                    assert all(spelled in page for spelled in option.opts)


def test_the_overview_has_the_sections_of_help_and_names_the_page_of_every_verb() -> None:
    overview = written("qlumod.1")
    assert all(f".SH {section.upper()}\n" in overview for section in VERBS)
    assert all(rf"\fBqlumod-{name}\fR(1)" in overview for name, _ in verbs())


def test_a_page_begins_with_what_whatis_reads() -> None:
    assert written("qlumod-lock.1").splitlines()[1:3] == [
        ".SH NAME",
        "qlumod-lock - let apt solve the packages of all modules, and write the lock",
    ]


def test_the_page_of_the_configuration_has_every_setting_and_a_right_example() -> None:
    page = written("qlumod.conf.5")
    for setting in SETTINGS:
        for word in (setting.field, setting.option, setting.variable):
            assert word in page
    said, addresses = parse(EXAMPLE, "qlumod.conf")
    assert (sorted(said), len(addresses)) == (["repository", "specs"], 1)


def test_troff_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    write(tmp_path / "pages")
    done = subprocess.run(
        ["groff", "-k", "-man", "-Tutf8", "-ww", *sorted((tmp_path / "pages").iterdir())],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
