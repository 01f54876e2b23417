"""Secrets in captured shared state: answers of debconf, and password hashes of accounts."""

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
"""Parts of names of questions that ask for a secret."""
_ABOUT = re.compile(
    r"(?i)(?:mismatch|empty|method|type|choice|warn|note|title|error|strategy|policy|again_fail|length"
    r"|expire|file|path|dir|source|default|generat\w*|random|auto|invalid|missing|weak|notice|fail\w*)$"
)
"""Endings of names of questions about secrets whose answer is not a secret."""
_PLACE = "/var/cache/debconf/config.dat"
_NO_HASH = re.compile(r"[!*]*|x|!\*|\*LK\*|!!|NP|\*NP\*|!unprovisioned")
"""Values in the place of a hash that prevent a login (shadow(5))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of debconf, from a stanza of config.dat or passwords.dat."""

    name: str
    value: str
    type: str = ""
    """The type of the template, if the caller knows it: ``password``, ``string`` …"""
    default: str = ""
    """The default of the template; an answer equal to it is no secret."""


def answers(text: str) -> Iterator[Answer]:
    """The answers in a file of debconf's database (debconf-devel(7)): stanzas with Name, Value."""
    for stanza in re.split(r"\n[ \t]*\n", text):
        fields = {
            name: value.strip()
            for name, colon, value in (line.partition(":") for line in stanza.split("\n"))
            if colon and name[:1].strip()
        }
        if fields.get("Name"):
            yield Answer(name=fields["Name"], value=fields.get("Value", ""))


def secret_answer(answer: Answer) -> str:
    """The reason why an answer is a secret, as text for people; "" if it is none."""
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
    """Whether a value may be a password; numbers and lists of choices are excluded as ambiguous."""
    return "," not in value and not value.isdigit() and len(value) <= 200


def hashes_of(text: str, file: str) -> Iterator[Found]:
    """The accounts with a real hash in lines of passwd, shadow or gshadow; `file` is its name."""
    for number, line in enumerate(text.split("\n"), 1):
        name, _, rest = line.partition(":")
        value = rest.partition(":")[0]
        if name and rest and not _NO_HASH.fullmatch(value):
            where = f"{name} in {file}, line {number}"
            yield Found(kind="a hash of a password", private=False, where=where)
