"""Secrets in what is captured as shared state: debconf's answers, and accounts' hashes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qlumod.secrets.found import Found
from qlumod.secrets.look import look
from qlumod.secrets.text.secret_values import is_password

_NAMED = re.compile(
    r"(?i)(?<![a-z])pass(?:code)?(?![a-z])|passw|passphrase|(?:db|root|user|admin|app)pass(?![a-z])|(?:^|[/_.-])(?:pw|pin|psk)(?=$|[/_.-])|secret"
    r"|token(?!s?[_-]?(?:ttl|type))|credential|private[_-]?key|api[_-]?key"
)
"""What a question that asks for a secret has in its name."""
_ABOUT = re.compile(
    r"(?i)(?:mismatch|empty|method|type|choice|warn|note|title|error|strategy|policy|again_fail|length"
    r"|expire|file|path|dir|source|default|generat\w*|random|auto|invalid|missing|weak|notice|fail\w*)$"
)
"""What a question about secrets, that has no secret for an answer, ends with."""
_PLACE = "/var/cache/debconf/config.dat"
_NO_HASH = re.compile(r"[!*]*|x|!\*|\*LK\*|!!|NP|\*NP\*|!unprovisioned")
"""What in the place of a hash lets nobody in (shadow(5))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of debconf, as a stanza of config.dat or passwords.dat tells it."""

    name: str
    value: str
    type: str = ""
    """The template's type, where the caller knows it: ``password``, ``string`` …"""
    default: str = ""
    """What the template offers; an answer that is just that is no secret."""


def answers(text: str) -> Iterator[Answer]:
    """The answers of a file of debconf's database (debconf-devel(7)): stanzas with Name, Value."""
    for stanza in re.split(r"\n[ \t]*\n", text):
        fields = {
            name: value.strip()
            for name, colon, value in (line.partition(":") for line in stanza.split("\n"))
            if colon and name[:1].strip()
        }
        if fields.get("Name"):
            yield Answer(name=fields["Name"], value=fields.get("Value", ""))


def secret_answer(answer: Answer) -> str:
    """Why an answer is a secret, for people; empty where it is none."""
    value = answer.value.strip()
    if not value or value == answer.default.strip():
        return ""
    if answer.type == "password":
        return "it answers a question for a password"
    told = look(_PLACE, value.encode("utf-8", "surrogateescape"))
    if told.found:
        return f"its value holds {told.found[0].kind}"
    named = _NAMED.search(answer.name) and not _ABOUT.search(answer.name)
    if named and is_password(value.encode("utf-8", "surrogateescape")) and _is_one_word(value):
        return "its name asks for a secret"
    return ""


def _is_one_word(value: str) -> bool:
    """Whether it can be typed as a password; numbers and lists of choices cannot be told apart."""
    return "," not in value and not value.isdigit() and len(value) <= 200


def hashes_of(text: str, file: str) -> Iterator[Found]:
    """The accounts with a real hash in lines of passwd, shadow or gshadow; `file` says which."""
    for number, line in enumerate(text.split("\n"), 1):
        name, _, rest = line.partition(":")
        value = rest.partition(":")[0]
        if name and rest and not _NO_HASH.fullmatch(value):
            where = f"{name} in {file}, line {number}"
            yield Found(kind="a hash of a password", private=False, where=where)
