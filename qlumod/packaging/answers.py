"""Answers to the questions that packages ask during installation: they may contain secrets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The files in which a packaging keeps questions and answers, and the search for secrets."""

    kind: str
    """The kind of state with the answers."""
    templates_kind: str
    """The kind of state with the templates of the questions."""
    paths: tuple[str, ...]
    """The files of answers; that of `kind` is the first."""
    templates: str
    """The file of templates."""
    secrets: Callable[[bytes, bytes, bytes], Iterator[str]]
    """Suspected secrets, from questions, their templates, and earlier questions, as ``the answer to
    NAME: why``.
    """


NO_ANSWERS = Answers(
    kind="", templates_kind="", paths=(), templates="", secrets=lambda *_: iter(())
)
"""For packages that have no questions."""
