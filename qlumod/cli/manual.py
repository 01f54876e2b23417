"""The manual pages, made of the verbs themselves: ``python3 -m qlumod.cli.manual DIRECTORY``."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from qlumod import __version__
from qlumod.cli.exits import MEANINGS
from qlumod.cli.main import VERBS, cli
from qlumod.cli.options import Verb, VerbGroup
from qlumod.cli.settings.reading import INSTEAD, SYSTEM, USER
from qlumod.cli.settings.table import SETTINGS

FILES = {
    "module-specs/": "The modules, the release, the accounts, and the locks (--specs).",
    str(USER): "Your settings.",
    str(SYSTEM): "The settings of this host.",
    "/var/cache/qlumod": "Fetched packages, built layers and logs, for root (--cache).",
    "~/.cache/qlumod": "The same for other users.",
    "/usr/share/qlumod/modules": "On a head node: the modules, as apt installed them.",
    "/var/lib/qlumod": "On a head node: registry, images, and the layers in use.",
}
ENVIRONMENT = {
    **{setting.variable: f"The default of {setting.option}." for setting in SETTINGS},
    INSTEAD: "A file that is read instead of all qlumod.conf files.",
}
_SYNOPSIS = r"\fBqlumod\fR \fIVERB\fR [\fIOPTION\fR]... [\fIARGUMENT\fR]..."
_NEIGHBOURS = (
    r"\fBqlumod.conf\fR(5)",
    r"\fBapt\fR(8)",
    r"\fBmmdebstrap\fR(1)",
    r"\fBdh_qlumod\fR(1)",
)


def pages() -> dict[str, str]:
    """All manual pages in the man(7) language, by file name: qlumod.1 and one for each verb."""
    context = click.Context(cli, info_name="qlumod")
    present = cli.list_commands(context)
    made = {"qlumod": _overview(present)}
    for verbs in VERBS.values():
        for name in (name for name in verbs if name in present):
            command = cli.get_command(context, name)
            assert command is not None
            beside = [other for other in verbs if other in present and other != name]
            made[f"qlumod-{name}"] = _page_of(command, context, name, verbs[name], beside)
    return {
        **{f"{name}.1": _text(name, 1, "User Commands", lines) for name, lines in made.items()},
        "qlumod.conf.5": _text("qlumod.conf", 5, "File Formats", _configuration()),
    }


def _text(name: str, section: int, sort: str, lines: Iterable[str]) -> str:
    title = f'.TH {_plain(name.upper())} {section} "" "qlumod {__version__}" "{sort}"'
    return "\n".join((title, *lines)) + "\n"


def _overview(present: Iterable[str]) -> Iterator[str]:
    yield from (".SH NAME", r"qlumod \- make image modules for HPC clusters out of Debian packages")
    yield from (".SH SYNOPSIS", _SYNOPSIS)
    yield ".SH DESCRIPTION"
    yield from _paragraphs(cli.help or "")
    for section, verbs in VERBS.items():
        yield f".SH {section.upper()}"
        for name in (name for name in verbs if name in present):
            yield from (".TP", _reference(name), _plain(verbs[name]))
    yield from _list("EXIT STATUS", {str(int(code)): text for code, text in MEANINGS.items()})
    yield from _list("ENVIRONMENT", ENVIRONMENT)
    yield from _list("FILES", FILES)
    yield from (".SH SEE ALSO", ", ".join(_NEIGHBOURS))


def _page_of(
    command: click.Command, parent: click.Context, name: str, summary: str, beside: Iterable[str]
) -> Iterator[str]:
    synopsis = summary[0].lower() + summary[1:].rstrip(".")
    yield from (".SH NAME", rf"{_plain(f'qlumod-{name}')} \- {_plain(synopsis)}")
    context = click.Context(command, info_name=name, parent=parent)
    yield from (".SH SYNOPSIS", *_usage(command, context), ".SH DESCRIPTION")
    yield from _paragraphs(command.help or "")
    yield from _options(command, context)
    if isinstance(command, click.Group):
        yield ".SH COMMANDS"
        for inner in command.list_commands(context):
            yield from _inner(command.commands[inner], context, inner)
    yield from _examples(command, ".SH EXAMPLES")
    yield from (".SH EXIT STATUS", r"See \fBqlumod\fR(1).")
    references = (r"\fBqlumod\fR(1)", *map(_reference, beside))
    yield from (".SH SEE ALSO", ", ".join(references))


def _inner(command: click.Command, parent: click.Context, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    yield f".SS {_plain(' '.join((context.command_path, *command.collect_usage_pieces(context))))}"
    yield from _paragraphs(command.help or "")
    yield from _options(command, context, heading="")
    yield from _examples(command, ".PP")


EXAMPLE = """\
Format: 1
Specs: ~/cluster/module-specs
Repository: /srv/debian

Archive: debian
URI: https://mirror.example.org/debian
"""
CONFIGURATION = """\
A setting is a value for a host or a user, in an environment variable or in a file. The first of
these that sets a value counts: the command line, the environment, the user's file, the host's file,
the default. qlumod config prints each value and where it comes from.

The file is deb822, like debian/control. It begins with Format: 1; an unknown field is refused, with
file and line. Paths begin with / or ~/.
"""
ARCHIVES = """\
A stanza with Archive gives the address of an archive of the release, instead of the address in this
host's apt configuration or in the release. URI is the address of a mirror, Directory a directory of
.deb files, and Key the keyring or fingerprint of the key that signs there, if it differs from the
key in the release.
"""


def _configuration() -> Iterator[str]:
    yield from (".SH NAME", r"qlumod.conf \- settings of qlumod, of a host or a user")
    yield from (".SH SYNOPSIS", *map(_bold, (str(USER), ".br", str(SYSTEM))), ".SH DESCRIPTION")
    yield from _paragraphs(CONFIGURATION)
    yield ".SH SETTINGS"
    for setting in (setting for setting in SETTINGS if not setting.stanza):
        yield from (".TP", rf"{_bold(setting.field)}: \fI{_plain(setting.kind.name)}\fR")
        yield from (_plain(setting.help), f"The default is: {_plain(setting.otherwise)}.")
        yield f"({_bold(setting.option)}, {_bold(setting.variable)})"
    yield from (".SH ARCHIVES", *_paragraphs(ARCHIVES))
    yield f"({_bold('--archive')}, {_bold('QLUMOD_ARCHIVE')})"
    yield from (".SH EXAMPLE", ".nf", ".RS", *map(_plain, EXAMPLE.splitlines()), ".RE", ".fi")
    yield from (".SH SEE ALSO", ", ".join((r"\fBqlumod\fR(1)", _reference("config"))))


def _bold(text: str) -> str:
    return text if text.startswith(".") else rf"\fB{_plain(text)}\fR"


def _usage(command: click.Command, context: click.Context) -> Iterator[str]:
    pieces = " ".join(command.collect_usage_pieces(context))
    yield rf"\fB{_plain(context.command_path)}\fR {_plain(pieces)}"


def _options(
    command: click.Command, context: click.Context, heading: str = ".SH OPTIONS"
) -> Iterator[str]:
    for option in command.get_params(context):
        record = option.get_help_record(context)
        if record and isinstance(option, click.Option) and "--help" not in option.opts:
            if heading:
                yield heading
            heading = ""
            yield from (".TP", rf"\fB{_plain(record[0])}\fR", _plain(record[1]))


def _examples(command: click.Command, heading: str) -> Iterator[str]:
    if isinstance(command, Verb | VerbGroup):
        yield heading
        if heading == ".PP":
            yield "Examples:" if len(command.examples) > 1 else "Example:"
        yield from (".nf", ".RS", *map(_plain, command.examples), ".RE", ".fi")


def _reference(verb: str) -> str:
    return rf"\fB{_plain(f'qlumod-{verb}')}\fR(1)"


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


def write(directory: Path) -> None:
    """Write all pages into a new directory."""
    directory.mkdir(parents=True)
    for name, text in pages().items():
        (directory / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
