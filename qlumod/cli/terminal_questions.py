"""Questions to the person at the terminal."""

import sys

import click

from qlumod.errors import QlumodError


def ask(question: str, otherwise: str) -> None:
    """Ask before something is done; returns if the answer is yes.

    Raises `click.Abort` if it is no, and `QlumodError` where nobody can answer: `otherwise` is the
    option to give there.
    """
    if not sys.stdin.isatty():
        raise QlumodError(question, remedy=f"say {otherwise}, since nobody can be asked here")
    click.confirm(question, abort=True, err=True)
