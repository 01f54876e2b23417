"""qlumod completion: words completed by the shell."""

import sys

import click
from click.shell_completion import get_completion_class

from qlumod.cli import options


@options.verb(
    examples=[
        'eval "$(qlumod completion bash)"',
        "qlumod completion fish > ~/.config/fish/completions/qlumod.fish",
    ]
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(*, shell: str) -> None:
    """Print the script that makes a shell complete qlumod's words.

    Put the first example into ~/.bashrc to have it always.
    """
    completion = get_completion_class(shell)
    assert completion is not None
    root = click.get_current_context().find_root().command
    sys.stdout.write(completion(root, {}, "qlumod", "_QLUMOD_COMPLETE").source())
