"""Secrets among debconf's answers (debconf(7)), in its files and in their fragments."""

from collections.abc import Iterator

from qlumod.late import late
from qlumod.packaging.answers import Answers
from qlumod.packaging.debian.state.debconf import CONFIG, PASSWORDS, TEMPLATES
from qlumod.state.fragment import HEADER, fields, stanzas
from qlumod.state.kind import decoded_lines

captured = late("qlumod.secrets.captured")


def secret_answers(questions: bytes, templates: bytes, known: bytes = b"") -> Iterator[str]:
    """Secrets among answers to packages' questions, as ``the answer to NAME: why``.

    All three arguments are stanzas in the format of debconf's files or their fragments; the answers
    in `known` are skipped.
    """
    asked, before = _stanzas(templates), _stanzas(known)
    for name, question in _stanzas(questions).items():
        template = asked.get(question.get("Template", ""), {})
        answer = captured.Answer(
            name=name,
            value=question.get("Value", ""),
            type=template.get("Type", ""),
            default=template.get("Default", ""),
        )
        why = captured.secret_answer(answer) if question != before.get(name) else ""
        if why:
            yield f"the answer to {name}: {why}"


def _stanzas(text: bytes) -> dict[str, dict[str, str]]:
    found = (fields(stanza) for stanza in stanzas(decoded_lines(text).removeprefix(HEADER)))
    return {stanza["Name"]: stanza for stanza in found if "Name" in stanza}


ANSWERS = Answers(
    kind=CONFIG.name,
    templates_kind=TEMPLATES.name,
    paths=(CONFIG.path, PASSWORDS.path),
    templates=TEMPLATES.path,
    secrets=secret_answers,
)
