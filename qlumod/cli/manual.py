"""The manual page qlumod(1), made of the verbs themselves: ``python3 -m qlumod.cli.manual``."""

import sys
from collections.abc import Iterator

import click

from qlumod import __version__
from qlumod.cli.exits import MEANINGS
from qlumod.cli.main import VERBS, cli
from qlumod.cli.options import Verb, VerbGroup

FILES = {
    "module-specs/": "The modules, the release, the accounts, and the locks (--specs).",
    "/var/cache/qlumod": "Fetched packages, built layers and logs, for root (--cache).",
    "~/.cache/qlumod": "The same for other users.",
    "/usr/share/qlumod/modules": "On a head node: the modules, as apt installed them.",
    "/var/lib/qlumod": "On a head node: registry, images, and the layers in use.",
}
ENVIRONMENT = {
    "QLUMOD_SPECS": "The default of --specs.",
    "QLUMOD_CACHE": "The default of --cache.",
    "QLUMOD_STORE": "The default of --store.",
}


def page() -> str:
    """The whole manual page, in the man(7) language."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield f'.TH QLUMOD 1 "" "qlumod {__version__}" "User Commands"'
    yield from (".SH NAME", r"qlumod \- make image modules for HPC clusters out of Debian packages")
    yield from (".SH SYNOPSIS", r"\fBqlumod\fR \fIVERB\fR [\fIOPTION\fR]... [\fIARGUMENT\fR]...")
    yield ".SH DESCRIPTION"
    yield from _paragraphs(cli.help or "")
    context = click.Context(cli, info_name="qlumod")
    present = cli.list_commands(context)
    for section, verbs in VERBS.items():
        yield f".SH {section.upper()}"
        for name in (name for name in verbs if name in present):
            command = cli.get_command(context, name)
            assert command is not None
            yield from _verb(command, context, name)
    yield from _list("EXIT STATUS", {str(int(code)): text for code, text in MEANINGS.items()})
    yield from _list("ENVIRONMENT", ENVIRONMENT)
    yield from _list("FILES", FILES)
    yield from (".SH SEE ALSO", r"\fBapt\fR(8), \fBmmdebstrap\fR(1), \fBdh_qlumod\fR(1)")


def _verb(command: click.Command, parent: click.Context, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join(command.collect_usage_pieces(context))
    yield f".SS {_plain(f'{context.command_path} {usage}')}"
    yield from _paragraphs(command.help or "")
    for option in command.get_params(context):
        record = option.get_help_record(context)
        if record and isinstance(option, click.Option) and "--help" not in option.opts:
            yield from (".TP", rf"\fB{_plain(record[0])}\fR", _plain(record[1]))
    if isinstance(command, Verb | VerbGroup):
        yield from (".PP", "Examples:" if len(command.examples) > 1 else "Example:")
        yield from (".nf", ".RS", *map(_plain, command.examples), ".RE", ".fi")
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            yield from _verb(command.commands[inner], context, inner)


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        if number:
            yield ".PP"
        yield from (_plain(line.strip()) for line in paragraph.splitlines() if line.strip(" \b"))


def _list(heading: str, entries: dict[str, str]) -> Iterator[str]:
    yield f".SH {heading}"
    for name, text in entries.items():
        yield from (".TP", rf"\fB{_plain(name)}\fR", _plain(text))


def _plain(text: str) -> str:
    """Text that troff takes as it is: escapes, and no line that looks like a request."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("~", r"\(ti")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    sys.stdout.write(page())
