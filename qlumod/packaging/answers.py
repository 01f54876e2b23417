"""Answers to what packages ask while they are installed: a secret may be among them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Where a packaging keeps questions and answers, and what finds secrets there."""

    kind: str
    """The kind of state that has the answers."""
    templates_kind: str
    """The kind of state that has the templates of the questions."""
    paths: tuple[str, ...]
    """The files of answers, that of `kind` first."""
    templates: str
    """The file of templates."""
    secrets: Callable[[bytes, bytes, bytes], Iterator[str]]
    """From questions, their templates, and the questions of before: what looks like a secret, as
    ``the answer to NAME: why``."""
