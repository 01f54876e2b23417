"""qlumod: finds the verb, catches what goes wrong, and says it with an exit code."""

import contextlib
import importlib
import importlib.util
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from qlumod import __version__
from qlumod.cli.exits import MEANINGS, ExitCode, FoundWanting, NotAll, PartFailed, ProgramEnded
from qlumod.cli.machine import EventLines, errors_document, print_json
from qlumod.cli.screen import print_error
from qlumod.cli.wording import visible
from qlumod.errors import QlumodError, refusal

VERBS: dict[str, dict[str, str]] = {
    "Making modules": {
        "new": "Write and test the spec of a new module, and the accounts that it needs.",
        "check": "Check release, accounts and module specs, without the network.",
        "lock": "Let apt solve the packages of all modules, and write the lock.",
        "fetch": "Fetch the locked packages into the store.",
        "build": "Build modules: layers, contents and .deb packages.",
        "source": "Write modules as Debian source packages.",
        "show": "Show modules, their packages, and the sizes of their layers.",
        "diff": "Show the differences between two versions of modules.",
        "verify-stack": "Prove that a stack of modules equals one installation.",
        "payload": "Steps of a module's package build, for dh-sequence-qlumod.",
    },
    "Publishing": {
        "publish": "Add module packages to a signed apt repository.",
        "promote": "Offer the packages of one suite in another suite.",
        "repo": "Create and check apt repositories.",
        "snapshot": "Show what was published when.",
        "rollback": "Publish an earlier state of a suite again.",
        "remove": "Remove packages from a suite.",
        "gc": "Remove old snapshots, and the packages that only they contain.",
        "sign": "Sign suites again, before their Valid-Until.",
        "serve": "Serve a repository over HTTP, for trials.",
    },
    "On a head node": {
        "modules": "List the modules of this head node.",
        "register": "Register the modules that dpkg has installed or removed.",
        "image": "Define images of modules, build and deploy them.",
        "overview": "Show modules and images with their states in one answer.",
        "accounts": "Compare the ids of the modules' users and groups with this head node's.",
        "which": "List the modules and images that have a package or a path.",
    },
    "Set-up": {
        "config": "Print each setting, and where its value comes from.",
        "completion": "Print the completion script for a shell.",
    },
}
"""The verbs in the order of the flow. One line each, here and not in the verb's own file, so that
``qlumod --help`` imports none of them."""

_SUMMARIES = {name: text for section in VERBS.values() for name, text in section.items()}


COMPLETING = "_QLUMOD_COMPLETE"
"""Set by a shell that wants words completed (qlumod.cli.completing)."""
UMASK = 0o022
"""Whatever the caller's is: modes are a part of what is made, and nobody else may change it."""


def module_of(verb: str) -> str:
    """Name the Python module of a verb."""
    return f"qlumod.cli.{verb.replace('-', '_')}"


class _Verbs(click.Group):
    """The verbs, each imported only when it is typed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [name for name in _SUMMARIES if importlib.util.find_spec(module_of(name))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _SUMMARIES or not importlib.util.find_spec(module_of(cmd_name)):
            return None
        command: click.Command = importlib.import_module(module_of(cmd_name)).command
        command.name = cmd_name
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches  # noqa: PLC0415 - for typing errors only

            close = get_close_matches(args[0], _SUMMARIES, n=1)
            if close:
                error.message += f" Did you mean '{close[0]}'?"
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        present = self.list_commands(ctx)
        for section, verbs in VERBS.items():
            rows = [(name, text) for name, text in verbs.items() if name in present]
            if rows:
                with formatter.section(section):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Example"):
            formatter.write("  $ qlumod check && qlumod lock && qlumod build core slurm\n")
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), text) for code, text in MEANINGS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        verbs = [
            CompletionItem(name, help=_SUMMARIES[name])
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ]
        # Not the group's own way, which imports every verb.
        return [*verbs, *click.Command.shell_complete(self, ctx, incomplete)]


@click.group(
    cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="qlumod", message="%(prog)s %(version)s")
def cli() -> None:
    """Make image modules for HPC clusters out of Debian packages.

    Every verb has its own --help with an example. Options come after the verb. Options that you
    would type each time can be set once: `qlumod config` prints all settings.
    """


def main() -> NoReturn:
    """Run the command line; the only way out is an exit code."""
    if COMPLETING in os.environ:
        from qlumod.cli.completing import answer  # noqa: PLC0415 - for the shell only

        answer(cli)
        sys.exit(ExitCode.FINE)
    _open_outputs()
    # What is made without a mode of its own is never open to others, nor closed to programs.
    os.umask(UMASK)
    signal.signal(signal.SIGTERM, _terminate)
    _leave(_outcome())


def _outcome() -> int:
    try:
        _run()
    except (FoundWanting, NotAll, PartFailed, ProgramEnded) as found:
        return found.code
    except QlumodError as error:
        print_error(error)
        return ExitCode.ERROR
    except click.ClickException as error:
        error.message = visible(error.message)
        _tell_of_usage(error)
        return ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("qlumod: interrupted\n")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough: `qlumod modules | head`.
        _drop_output()
        return ExitCode.ERROR
    return ExitCode.FINE


def _words() -> list[str]:
    """What was typed, with ``--progress json`` as one word."""
    return " ".join(sys.argv[1:]).replace("--progress json", "--progress=json").split()


def _tell_of_usage(error: click.ClickException) -> None:
    """Print an error of the command line, as a document where the command line says so."""
    lines = "--progress=json" in _words()
    if lines or "--json" in sys.argv:
        verb = getattr(getattr(error, "ctx", None), "command_path", "qlumod")
        fault = QlumodError(error.format_message(), remedy=f"see {verb} --help", code="usage")
        document = errors_document([fault])
        if lines:
            EventLines(sys.stdout).end_with_errors(document)
        else:
            print_json(document)
    error.show()


def _run() -> None:
    try:
        cli.main(prog_name="qlumod", standalone_mode=False)
        _flush()
    except ModuleNotFoundError as error:
        # A head node, or a virtual environment that does not see the system's packages.
        if error.name not in ("apt", "apt_pkg", "apt_inst"):
            raise
        raise QlumodError(
            f"cannot import {error.name}: python3-apt is not installed for {sys.executable}",
            remedy="apt install qlumod (its Python is /usr/bin/python3)",
        ) from error
    except OSError as error:
        # The rest are mistakes of qlumod's own, which show where they are.
        if not (refused := refusal(error)):
            raise
        if not error.filename:
            _drop_output()
        raise refused from error


def _leave(outcome: int) -> NoReturn:
    """End at once.

    To take apart all that a run had takes 30 ms and more, an eighth of the time in which
    one package is published, which has to stay below that of reprepro.
    """
    with contextlib.suppress(OSError):
        _flush()
    os._exit(outcome)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def _open_outputs() -> None:
    """What a shell has closed (``>&-``) goes nowhere, and no file of ours takes its place."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115


def _drop_output() -> None:
    # Python must not complain at its exit of what it could not write.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminate(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
